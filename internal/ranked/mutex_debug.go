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

// held are the mutexes that goroutines hold. There are many lists, so that a goroutine that loses
// its processor while it has one rarely stops others, and what they do keeps its order.
var held [256]struct {
	sync.Mutex
	holds map[uintptr][]hold // by the goroutine
}

// of gives the mutexes that the goroutine holds to f, and keeps what that makes of them.
func of(g uintptr, f func([]hold) []hold) {
	h := &held[(g*0x9e3779b1>>12)%uintptr(len(held))]
	h.Lock()
	defer h.Unlock()
	holds := f(h.holds[g])
	if len(holds) == 0 {
		delete(h.holds, g)
		return
	}
	if h.holds == nil {
		h.holds = make(map[uintptr][]hold)
	}
	h.holds[g] = holds
}

func check[R Rank](g uintptr) {
	var wanted R
	var above *hold
	of(g, func(holds []hold) []hold {
		for i := range holds {
			if holds[i].rank.rank() >= wanted.rank() {
				above = &hold{rank: holds[i].rank, at: holds[i].at}
			}
		}
		return holds
	})
	if above != nil {
		panic(fmt.Sprintf("%T (%d) is locked under %T (%d), which was locked at\n%s",
			wanted, wanted.rank(), above.rank, above.rank.rank(), places(above.at)))
	}
}

func take[R Rank](g uintptr, mutex any) {
	var rank R
	at := make([]uintptr, 8)
	h := hold{mutex, rank, at[:runtime.Callers(3, at)]}
	of(g, func(holds []hold) []hold { return append(holds, h) })
}

func release(g uintptr, mutex any) {
	found := false
	of(g, func(holds []hold) []hold {
		for i := len(holds) - 1; i >= 0 && !found; i-- {
			if holds[i].mutex == mutex {
				holds, found = append(holds[:i], holds[i+1:]...), true
			}
		}
		return holds
	})
	if !found {
		panic("a mutex is unlocked by a goroutine that does not hold it")
	}
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
