package meter

import (
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
)

// Waits sums up how long senders wait. Any goroutine may call its methods.
type Waits struct {
	mu      ranked.Mutex[ranked.Leaf]
	waiting int
	total   time.Duration // of those that don't wait any more
	since   time.Duration // the sum of the times at which those that do have begun
}

// Enter notes that one begins to wait.
func (w *Waits) Enter(now time.Duration) {
	w.mu.Lock()
	w.waiting++
	w.since += now
	w.mu.Unlock()
}

// Leave notes that one who began then does not wait any more.
func (w *Waits) Leave(began, now time.Duration) {
	w.mu.Lock()
	w.waiting--
	w.since -= began
	w.total += now - began
	w.mu.Unlock()
}

// Read is how long all have waited, those that wait now included, and how many do.
func (w *Waits) Read(now time.Duration) (total time.Duration, waiting int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total + time.Duration(w.waiting)*now - w.since, w.waiting
}
