package transport

import "sync/atomic"

// ChannelStats are the figures of one channel.
type ChannelStats struct {
	// Messages and Bytes count what is in batches, on its way or arrived; Bytes with frame headers
	// and padding.
	Messages, Bytes uint64
	// Credited is how many of these bytes the page has consumed.
	Credited uint64
	// Depth is how many bytes of the ring are claimed: not sent yet, or without receipt.
	Depth int
	// Ring is the ring's size now: it grows up to RingBytes. 0 before the first message.
	Ring int
	// Replaced counts the values that a latest-only channel replaced before they were sent.
	Replaced uint64
}

func (l *lane) stats() ChannelStats {
	st := ChannelStats{
		Messages: l.seq.Load() - uint64(min(l.extra.Load(), int64(l.seq.Load()))),
		Bytes:    l.sent.Load(), Credited: l.credited.Load(), Replaced: l.replaced.Load(),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rings {
		st.Depth += r.Len()
		st.Ring = r.Cap()
	}
	return st
}

// SessionStats are the figures of one session.
type SessionStats struct {
	// Carrier is the carrier's name, which may change in a session's life; Reason says why it is this one, "" when the
	// carrier does not say.
	Carrier, Reason string
	// Batches and Bytes count what was handed to the carrier, what was sent again included.
	Batches, Bytes uint64
	// Resent counts batches that were sent again.
	Resent uint64
	// Unreceipted is the number of batches without receipt now.
	Unreceipted int
	// Opened counts the channels so far, Lanes those that are open.
	Opened uint64
	Lanes  int
	// Events counts what Event and EventContext accepted so far, EventsRefused what they did not: no room,
	// a context that ended, too large, or the session's end.
	Events, EventsRefused uint64
	// NativeEvals counts the scripts that were evaluated natively, because the page's
	// Content-Security-Policy forbids eval.
	NativeEvals uint64
	// Commands counts the calls so far, Running those that run now.
	Commands uint64
	Running  int
	// Memory is the bytes of rings, stamps and messages of the page.
	Memory int64
}

type figures struct {
	batches, bytes, resent, opened, commands atomic.Uint64
	events, eventsRefused, nativeEvals       atomic.Uint64
}

// Stats returns the session's figures.
func (s *Session) Stats() SessionStats {
	s.outMu.Lock()
	unreceipted := len(s.outstanding)
	s.outMu.Unlock()
	reason := ""
	if c, ok := s.carrier.(interface{ Reason() string }); ok {
		reason = c.Reason()
	}
	return SessionStats{
		Carrier: s.carrier.Name(), Reason: reason,
		Batches: s.figures.batches.Load(), Bytes: s.figures.bytes.Load(), Resent: s.figures.resent.Load(),
		Unreceipted: unreceipted, Opened: s.figures.opened.Load(), Lanes: s.lanes.Size(),
		Events: s.figures.events.Load(), EventsRefused: s.figures.eventsRefused.Load(), NativeEvals: s.figures.nativeEvals.Load(),
		Commands: s.figures.commands.Load(), Running: int(s.pending.Load()), Memory: s.memory.Load(),
	}
}
