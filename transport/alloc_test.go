package transport

import (
	"context"
	"testing"
)

// idleCarrier never takes a batch, so that only Send runs.
type idleCarrier struct{ HeapMemory }

var _ Carrier = idleCarrier{}

func (idleCarrier) Name() string        { return "idle" }
func (idleCarrier) Bind(Port, Options)  {}
func (idleCarrier) Ready() bool         { return false }
func (idleCarrier) Deliver(*Batch) bool { return false }
func (idleCarrier) Close(*ClosedError)  {}

func idleSession(t testing.TB, o Options) *Session {
	t.Helper()
	e, err := NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Open(SessionConfig{Carrier: idleCarrier{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.End("test is over") })
	return s
}

func TestSendDoesNotAllocate(t *testing.T) {
	s := idleSession(t, Options{})
	ch := &Channel[[]byte]{}
	ch.lane, ch.codec = s.addLane(1, &s.lanes.channels), JSONCodec{}
	body := make([]byte, 64)
	ctx := context.Background()
	send := func() {
		if err := ch.Send(ctx, body); err != nil {
			t.Fatal(err)
		}
		if err := ch.TrySend(body); err != nil {
			t.Fatal(err)
		}
	}
	send() // makes the ring
	if n := testing.AllocsPerRun(1000, send); n != 0 {
		t.Errorf("Send and TrySend allocate %v times", n)
	}
}

func TestEventDoesNotAllocate(t *testing.T) {
	s := idleSession(t, Options{})
	body := make([]byte, 100)
	ctx := context.Background()
	subs := []uint32{1, 2, 3}
	if n := testing.AllocsPerRun(1000, func() {
		if err := s.Event(subs, false, body); err != nil {
			t.Fatal(err)
		}
		if err := s.EventContext(ctx, subs, true, body); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Event and EventContext allocate %v times", n)
	}
}
