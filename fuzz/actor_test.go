package fuzz

import "sync"

// actor does one thing after the other on a goroutine of its own, for what may block.
type actor struct {
	mu   sync.Mutex
	more *sync.Cond
	work []func()
	over bool
}

func newActor() *actor {
	a := &actor{}
	a.more = sync.NewCond(&a.mu)
	go a.run()
	return a
}

func (a *actor) run() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		for len(a.work) == 0 && !a.over {
			a.more.Wait()
		}
		if len(a.work) == 0 {
			return
		}
		f := a.work[0]
		a.work = a.work[1:]
		a.mu.Unlock()
		f()
		a.mu.Lock()
	}
}

func (a *actor) do(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.work = append(a.work, f)
	a.more.Signal()
}

// end lets it do what it was given, and then end.
func (a *actor) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	a.more.Signal()
}
