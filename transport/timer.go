package transport

import (
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
)

// timer runs a function once after a while; starting it again while it waits does nothing.
type timer struct {
	mu      ranked.Mutex[ranked.Leaf]
	t       *time.Timer
	stopped bool
}

func (t *timer) start(after time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.t != nil || t.stopped {
		return
	}
	t.t = time.AfterFunc(after, func() {
		t.mu.Lock()
		t.t = nil
		stopped := t.stopped
		t.mu.Unlock()
		if !stopped {
			f()
		}
	})
}

// stop ends the timer for good.
func (t *timer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.t != nil {
		t.t.Stop()
		t.t = nil
	}
}
