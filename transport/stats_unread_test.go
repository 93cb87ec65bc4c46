package transport

import "testing"

// TestUnreadOfRun: while a run is handled, its first messages may be taken before the run is
// counted.
func TestUnreadOfRun(t *testing.T) {
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	l.in.credit.consumed.Add(64)
	if n := l.stats().Unread; n != 0 {
		t.Errorf("%d bytes are unread", n)
	}
	if n := s.Stats().Channels.Unread; n != 0 {
		t.Errorf("%d bytes are unread, all together", n)
	}
}
