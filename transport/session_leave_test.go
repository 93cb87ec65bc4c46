package transport

import (
	"errors"
	"testing"
)

// TestLeave: a page that is left has said what its last batch is. The session ends behind it, and
// behind the ordered commands in it; what the page had sent is received before ErrClosed.
func TestLeave(t *testing.T) {
	s, l := openUpward(t)
	a := arrivals{lane: l}
	a.frames(t, message8(1), message8(2))
	if err := a.deliver(); err != nil {
		t.Fatal(err)
	}
	s.Leave(3, "left")
	turn := &invocation{command: &command{CommandOptions: CommandOptions{Ordered: true}}}
	s.calls.turns.Add(turn, true)
	s.handled(2)
	s.calls.turns.Next()
	if err := s.Err(); err != nil {
		t.Fatalf("the session has ended before its last batch: %v", err)
	}
	s.calls.turns.Add(turn, true)
	s.handled(3)
	if err := s.Err(); err != nil {
		t.Fatalf("the session has ended before its ordered commands: %v", err)
	}
	s.calls.turns.Next()
	<-s.Done()
	<-s.down.drained
	for _, n := range []byte{1, 2} {
		if m, err := l.receive(t.Context()); err != nil || m.data[0] != n {
			t.Fatalf("receive gave %v, %v, not message %d", m, err, n)
		}
	}
	closed := new(ClosedError)
	if _, err := l.receive(t.Context()); !errors.As(err, &closed) || closed.Reason != "left" {
		t.Errorf("behind the last message: %v", err)
	}
	s.Leave(0, "once more") // does nothing
}

// TestLeaveAtOnce: a page that has sent nothing, or does not say what, is not waited for.
func TestLeaveAtOnce(t *testing.T) {
	s, _ := openUpward(t)
	s.Leave(7, "its last batch is lost")
	s.Leave(0, "time is over")
	if err := s.Err(); err == nil || err.Error() != "transport: closed: time is over" {
		t.Errorf("the session's end: %v", err)
	}
}
