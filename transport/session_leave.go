package transport

// leaving is what a page has said as it is being left: the number of its last batch.
type leaving struct {
	last   uint64
	reason string
}

// Leave ends the session of a page that is gone. With last 0 it ends at once; else when the page's
// batch of that number has been handled, and its ordered commands, too. What the page had sent by
// then is not lost: commands run, though their context has ended, and messages are received, before
// ErrClosed. After End neither is.
//
// A batch that never comes ends nothing: call End, or Leave with 0, after a while.
func (s *Session) Leave(last uint64, reason string) {
	// before the look: who handles the batch looks here after
	s.up.leaving.Store(&leaving{last, reason})
	if last == 0 {
		s.left(reason)
		return
	}
	s.handled(s.up.receipt.Load())
}

// handled ends the session of a page that is being left, and has sent nothing beyond that batch. It
// may be called under up.mu: the end has a goroutine of its own.
func (s *Session) handled(number uint64) {
	if l := s.up.leaving.Load(); l != nil && number >= l.last {
		s.calls.turns.Behind(func() { s.left(l.reason) })
	}
}

func (s *Session) left(reason string) { s.over(&ClosedError{Reason: reason}, true) }
