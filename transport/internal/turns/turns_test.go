package turns

import (
	"slices"
	"sync"
	"testing"
)

// TestTurns: ordinary commands wait for ordered ones before them, and for nobody else; who is told
// when every turn is over is told once, behind the last one.
func TestTurns(t *testing.T) {
	var turns Turns[int]
	add := func(c int, ordered, queued, first bool) {
		t.Helper()
		if q, f := turns.Add(c, ordered); q != queued || f != first {
			t.Errorf("command %d: queued %v, first %v", c, q, f)
		}
	}
	add(0, false, false, false)
	add(1, true, true, true)
	add(2, false, true, false)
	add(3, true, true, false)
	over := make(chan bool, 2)
	turns.Behind(func() { over <- true })
	var got []int
	for c, ok := turns.Next(); ok; c, ok = turns.Next() {
		if got = append(got, c); len(over) > 0 {
			t.Errorf("over before command %d", c)
		}
	}
	if want := []int{2, 3}; !slices.Equal(got, want) {
		t.Errorf("the turns behind the first one are %v, want %v", got, want)
	}
	<-over
	add(4, false, false, false)
	turns.Behind(func() { over <- true })
	<-over
}

// begun is a command that notes when it runs.
type begun struct {
	n     int
	mu    *sync.Mutex
	order *[]int
	all   *sync.WaitGroup
}

func (b begun) Run() {
	defer b.all.Done()
	b.mu.Lock()
	defer b.mu.Unlock()
	*b.order = append(*b.order, b.n)
}

// TestBegins: each command begins once.
func TestBegins(t *testing.T) {
	var begins Begins[begun]
	var mu sync.Mutex
	var order []int
	var all sync.WaitGroup
	const count = 1000
	all.Add(count)
	for n := range count {
		begins.Add(begun{n, &mu, &order, &all})
	}
	all.Wait()
	slices.Sort(order)
	for n := range count {
		if order[n] != n {
			t.Fatalf("command %d where %d is due", order[n], n)
		}
	}
}
