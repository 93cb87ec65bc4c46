//go:build ringdebug

package ranked

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
)

// Mutex is a mutex of rank R. The zero value is unlocked.
type Mutex[R Rank] struct{ mu sync.Mutex }

// Lock waits for the mutex. It panics when the goroutine holds one of the same or a higher rank.
func (m *Mutex[R]) Lock() {
	g := goroutine()
	check[R](g)
	m.mu.Lock()
	take[R](g, m)
}

// TryLock takes the mutex if that needs no waiting, and reports whether it did. It may be out of
// order: who does not wait keeps nobody waiting.
func (m *Mutex[R]) TryLock() bool {
	if !m.mu.TryLock() {
		return false
	}
	take[R](goroutine(), m)
	return true
}

// Unlock unlocks the mutex, which the goroutine holds.
func (m *Mutex[R]) Unlock() {
	release(goroutine(), m)
	m.mu.Unlock()
}

// hold is a mutex that a goroutine holds.
type hold struct {
	mutex any
	rank  Rank
	at    []uintptr // the callers of Lock
}

var (
	mu   sync.Mutex
	held = map[uintptr][]hold{} // by the goroutine
)

func check[R Rank](g uintptr) {
	var wanted R
	mu.Lock()
	holds := held[g]
	mu.Unlock() // only the goroutine itself changes them
	for _, h := range holds {
		if h.rank.rank() >= wanted.rank() {
			panic(fmt.Sprintf("%T (%d) is locked under %T (%d), which was locked at\n%s",
				wanted, wanted.rank(), h.rank, h.rank.rank(), places(h.at)))
		}
	}
}

func take[R Rank](g uintptr, mutex any) {
	var rank R
	at := make([]uintptr, 8)
	at = at[:runtime.Callers(3, at)]
	mu.Lock()
	defer mu.Unlock()
	held[g] = append(held[g], hold{mutex, rank, at})
}

func release(g uintptr, mutex any) {
	mu.Lock()
	defer mu.Unlock()
	holds := held[g]
	for i := len(holds) - 1; i >= 0; i-- {
		if holds[i].mutex != mutex {
			continue
		}
		rest := append(holds[:i:i], holds[i+1:]...)
		if held[g] = rest; len(rest) == 0 {
			delete(held, g)
		}
		return
	}
	panic("a mutex is unlocked by a goroutine that does not hold it")
}

// places are the lines of a stack.
func places(at []uintptr) string {
	var b bytes.Buffer
	for frames := runtime.CallersFrames(at); ; {
		f, more := frames.Next()
		fmt.Fprintf(&b, "\t%s\n\t\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return b.String()
		}
	}
}
