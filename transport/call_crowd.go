package transport

import "github.com/tailrace-go/tailrace/internal/ranked"

// crowd tells when as many commands run as may.
type crowd struct {
	mu      ranked.Mutex[ranked.Leaf]
	reached chan struct{} // closed when they do; nil: nobody has asked
}

// full notes that they do.
func (c *crowd) full() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reached != nil {
		close(c.reached)
		c.reached = nil
	}
}

// Crowded gives a channel that is closed when as many of the page's commands run as Options.Pending
// lets. The page calls nothing more then until one is answered: whoever delays an answer until the
// page says something must not delay it further.
func (s *Session) Crowded() <-chan struct{} {
	c := &s.calls.crowd
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reached == nil {
		c.reached = make(chan struct{})
	}
	reached := c.reached
	if s.calls.pending.Load() >= int64(s.opt.Pending) { // before the lock, full had nobody to tell
		close(reached)
		c.reached = nil
	}
	return reached
}
