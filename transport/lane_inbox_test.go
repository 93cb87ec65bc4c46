package transport

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// The tests of this file force interleavings of an end with what it meets.

// openUpward makes a lane on which the page sends.
func openUpward(t *testing.T) (*Session, *lane) {
	t.Helper()
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	l.in.window.Store(1 << 20)
	return s, l
}

// frames has the session take frames of the lane apart, up to where their messages would be queued.
func (a *arrivals) frames(t *testing.T, frames ...wire.Frame) {
	t.Helper()
	a.most = len(frames)
	for _, f := range frames {
		if err := a.lane.s.frame(a, f, wire.Stride(len(f.Payload), 8)); err != nil {
			t.Fatal(err)
		}
	}
}

func message8(n byte) wire.Frame {
	return wire.Frame{Kind: wire.Bytes, Payload: []byte{n, 0, 0, 0, 0, 0, 0, 0}}
}

// wantNothing checks that the lane gives no message any more, and that none is counted.
func wantNothing(t *testing.T, l *lane, memory int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if m, err := l.receive(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("receive gave message %v, %v, and the one before it was dropped", m.data, err)
	}
	if now := l.s.budget.Used(); now != memory {
		t.Errorf("the session holds %d bytes, before the messages it held %d", now, memory)
	}
}

// TestMessageBesideEnd: a message is on its way into the queue when Go ends the lane, which drops
// what stands there. It is dropped, too: else a receiver would get it after a gap.
func TestMessageBesideEnd(t *testing.T) {
	begin := make([]byte, wire.BeginSize+8)
	wire.PutBegin(begin, 16, wire.Bytes)
	fragments := []wire.Frame{
		{Kind: wire.Begin, Payload: begin},
		{Kind: wire.End, Payload: make([]byte, 8)},
	}
	for name, end := range map[string]func(l *lane){
		"close":   func(l *lane) { l.finish(&ClosedError{Reason: "closed by Go"}, true) },
		"session": func(l *lane) { l.s.End("reload") },
		"return": func(l *lane) {
			(&invocation{s: l.s, args: arguments{lanes: []*lane{l}}}).release()
		},
	} {
		for kind, late := range map[string][]wire.Frame{
			"whole": {message8(2)}, "fragments": fragments,
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				s, l := openUpward(t)
				l.state.uses = 1
				memory := s.budget.Used()
				if name == "session" {
					memory -= ringCost(s.lanes.control.out.ring.Load().Cap()) + laneCost
				}
				s.up.mu.Lock()
				early, a := arrivals{lane: l}, arrivals{lane: l}
				early.frames(t, message8(0), message8(1))
				if err := early.deliver(); err != nil {
					t.Error(err)
				}
				a.frames(t, late...)
				end(l)
				if err := a.deliver(); err != nil {
					t.Error(err)
				}
				s.up.mu.Unlock()
				if name == "session" {
					<-s.down.drained
				}
				wantNothing(t, l, memory)
				if taken := l.in.credit.consumed.Load(); taken != l.in.from.received {
					t.Errorf("%d of %d bytes are credited", taken, l.in.from.received)
				}
			})
		}
	}
}

// atGap has something come in when the engine first passes a gap, which the test must see.
func atGap(t *testing.T, e *Engine, at gap, comes func()) {
	t.Helper()
	passed := false
	e.inGap = func(g gap) {
		if g == at && !passed {
			passed = true
			comes()
		}
	}
	t.Cleanup(func() {
		if !passed {
			t.Errorf("gap %d was not passed", at)
		}
	})
}

// TestReceiveBesidePagesClose: a receiver has found nothing. Then a message comes, and the page's
// close. It gets the message first.
func TestReceiveBesidePagesClose(t *testing.T) {
	s, l := openUpward(t)
	atGap(t, s.engine, gapNothingFound, func() {
		s.up.mu.Lock()
		defer s.up.mu.Unlock()
		a := arrivals{lane: l}
		a.frames(t, message8(7), wire.Frame{Kind: wire.Close})
	})
	m, err := l.receive(t.Context())
	if err != nil || m.data[0] != 7 {
		t.Errorf("receive gave message %v, %v", m.data, err)
	}
	wantNothing(t, l, s.budget.Used())
}

// TestChannelPassedBesideReturn: a command returns, and ends the channels that it alone held;
// meanwhile the page passes one of them to another. Either that one is refused, or it has a channel
// that lives.
func TestChannelPassedBesideReturn(t *testing.T) {
	for name, at := range map[string]gap{
		"passed while it is let go": gapLetGo,
		"let go while it is passed": gapHold,
	} {
		t.Run(name, func(t *testing.T) {
			s, l := openUpward(t)
			l.state.uses = 1
			s.up.lanes = 1
			before, next := &invocation{s: s, args: arguments{lanes: []*lane{l}}}, &invocation{s: s}
			pass := func() {
				if err := next.channel(1, false); err != nil {
					t.Error(err)
				}
			}
			if at == gapLetGo {
				atGap(t, s.engine, at, pass)
				before.release()
			} else {
				atGap(t, s.engine, at, before.release)
				pass()
			}
			if next.refused == nil && l.err() != nil {
				t.Errorf("it has a channel with %v", l.err())
			}
			r := next.refused
			if r != nil && (r.Code != CodeChannelEnded || len(next.args.lanes) > 0) {
				t.Errorf("it was refused with %v and has %d channels", r, len(next.args.lanes))
			}
		})
	}
}

// TestAttachBesideDiscard: a page attaches while the channel is discarded, and its name is not free
// yet. Either it is told so, or Discard ends its channel.
func TestAttachBesideDiscard(t *testing.T) {
	s, l := openUpward(t)
	ch, err := NewResumable[[]byte](s.engine, "flow", ResumableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	atGap(t, s.engine, gapDiscarded, func() { _, err = ch.r.attach(t.Context(), s, resumeTo(l)) })
	ch.Discard()
	var e *Error
	if refused := errors.As(err, &e) && e.Code == CodeUnknownChannel; !refused && l.err() == nil {
		t.Errorf("attach gave %v, and the channel lives", err)
	}
}

// TestForgottenBesideEnd: the session forgets a lane while its end is still about to drop what is
// unread, while a message is on its way into the queue, or before somebody receives one. Each
// message is counted once, and given back once.
func TestForgottenBesideEnd(t *testing.T) {
	for name, after := range map[string]func(t *testing.T, l *lane){
		"drop": func(_ *testing.T, l *lane) { l.dropUnread() },
		"message": func(t *testing.T, l *lane) {
			a := arrivals{lane: l}
			a.frames(t, message8(3))
			if err := a.deliver(); err != nil {
				t.Error(err)
			}
		},
		"receive": func(t *testing.T, l *lane) {
			if m, err := l.receive(t.Context()); err != nil || m.data[0] != 1 {
				t.Errorf("receive gave %v, %v", m.data, err)
			}
			l.dropUnread()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := openUpward(t)
			before := s.budget.Used()
			a := arrivals{lane: l}
			a.frames(t, message8(1), message8(2))
			if err := a.deliver(); err != nil {
				t.Fatal(err)
			}
			if s.budget.Used() <= before {
				t.Fatal("unread messages are not counted")
			}
			l.forgetUnread()
			after(t, l)
			if now := s.budget.Used(); now != before {
				t.Errorf("the session holds %d bytes, before the messages it held %d", now, before)
			}
			l.forgetUnread() // nothing: the end of the session sees what is given back twice
		})
	}
}

// TestReceiveBesideLeave: a receiver has found nothing. Then the last message of a page that is
// left comes, and its session ends, and with it the receiver's context. It gets the message first.
func TestReceiveBesideLeave(t *testing.T) {
	for range 50 { // a receiver that looks at either first would miss it half of the time
		s, l := openUpward(t)
		ctx, cancel := context.WithCancelCause(s.ctx)
		defer cancel(nil)
		atGap(t, s.engine, gapNothingFound, func() {
			s.up.mu.Lock()
			a := arrivals{lane: l}
			a.frames(t, message8(7))
			if err := a.deliver(); err != nil {
				t.Error(err)
			}
			s.up.mu.Unlock()
			s.left("left")
		})
		m, err := l.receive(ctx)
		if err != nil || m.data[0] != 7 {
			t.Fatalf("receive gave message %v, %v", m.data, err)
		}
		if _, err := l.receive(ctx); !errors.Is(err, ErrClosed) {
			t.Fatalf("then %v", err)
		}
	}
}
