package ranked_test

import (
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/ranked"
)

// TestMutex: it excludes others, with the tag and without.
func TestMutex(t *testing.T) {
	var mu ranked.Mutex[ranked.Leaf]
	n := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if n != 8000 {
		t.Errorf("%d of 8000 were counted", n)
	}
	mu.Lock()
	if mu.TryLock() {
		t.Error("it is locked twice")
	}
	mu.Unlock()
	if !mu.TryLock() {
		t.Fatal("it is not unlocked")
	}
	mu.Unlock()
}
