// Package turns keeps the order of a page's commands. Ordered ones have turns, one after the other;
// ordinary ones begin in the order in which they came, and behind the ordered ones before them.
package turns

import (
	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
)

// Turns are a session's ordered commands, and the commands that came behind them. The zero value
// has none. Any goroutine may call its methods, under any lock of ours but a leaf.
type Turns[C any] struct {
	mu    ranked.Mutex[ranked.Leaf]
	queue fifo.Queue[C] // the first one has its turn
	last  func()        // called, on a goroutine of its own, when the queue is empty
}

// Behind has f called once, on a goroutine of its own, when every turn is over.
func (t *Turns[C]) Behind(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue.Len() == 0 {
		go f()
		return
	}
	t.last = f
}

// Add queues c if it has to wait for its turn: if it is ordered, or others wait. first: nobody was
// waiting, and it has its turn now.
func (t *Turns[C]) Add(c C, ordered bool) (queued, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first = t.queue.Len() == 0
	if first && !ordered {
		return false, false
	}
	t.queue.Push(c)
	return true, first
}

// Next ends a turn and gives the command that has the next one; false: there is none.
func (t *Turns[C]) Next() (c C, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue.Pop()
	if t.queue.Len() > 0 {
		return *t.queue.Front(), true
	}
	if t.last != nil {
		go t.last()
		t.last = nil
	}
	return c, false
}

// Begins starts ordinary commands in the order in which they came, each on a goroutine of its own:
// a goroutine takes the first command that waits when it begins to run. So the order does not hang
// on which goroutine the scheduler takes first. The zero value has none.
type Begins[C interface{ Run() }] struct {
	mu      ranked.Mutex[ranked.Leaf]
	waiting fifo.Queue[C]
}

// Add starts c behind those that came before. The caller may hold locks.
func (b *Begins[C]) Add(c C) {
	b.mu.Lock()
	b.waiting.Push(c)
	b.mu.Unlock()
	go b.begin()
}

func (b *Begins[C]) begin() {
	b.mu.Lock()
	c := b.waiting.Pop()
	b.mu.Unlock()
	c.Run()
}
