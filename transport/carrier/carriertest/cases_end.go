package carriertest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

const endReason = "the test ends it"

// ending is a session in full use: a command that waits, channels both ways, one of which is full.
type ending struct {
	*stand
	cs      []*transporttest.Channel
	down    *transport.Channel[[]byte]
	up      *stream
	call    *transporttest.Call
	handler chan error // how the command's context ended
}

func openEnding(t testing.TB, s Setup) *ending {
	t.Helper()
	grabbed := make(chan args, 1)
	e := &ending{handler: make(chan error, 1)}
	begun := make(chan bool, 1)
	o := flowing
	o.Hold = time.Hour // nobody hears of the end only because a request was held long enough
	e.stand = open(t, s, o, func(engine *transport.Engine) {
		grabber(engine, grabbed)
		transport.Handle(engine, "wait", func(ctx context.Context, _ struct{}) (int, error) {
			begun <- true
			<-ctx.Done()
			e.handler <- context.Cause(ctx)
			return 0, nil
		})
	}, nil)
	e.cs = e.channels(2)
	got := e.grab(pageArgs{C: e.cs[:1], S: e.cs[1:]}, grabbed)
	e.down, e.up = got.C[0], got.S[0]
	e.call = e.page.Start(transporttest.Request{Command: "wait", Args: struct{}{}})
	if !e.within("the command's begin", func() { <-begun }) {
		t.FailNow()
	}
	return e
}

// over checks that everything on both sides has ended. says is what the page must be told.
func (e *ending) over(says string) {
	t := e.t
	t.Helper()
	e.ended = true
	if !e.eventually("the page is told of the end", func() bool { return e.page.Err() != nil }) {
		return
	}
	if err := e.page.Err(); !strings.Contains(err.Error(), says) {
		t.Errorf("the page is told %v, want %q", err, says)
	}
	if _, err := e.call.Wait(); !errors.Is(err, transporttest.ErrEnded) {
		t.Errorf("the page's call gave %v", err)
	}
	for i, c := range e.cs {
		for err := error(nil); ; {
			if _, err = c.Next(); err == nil {
				continue // what had come before
			} else if !errors.Is(err, transporttest.ErrEnded) {
				t.Errorf("the page's channel %d gave %v", i, err)
			}
			break
		}
	}
	if err := e.down.Send(e.soon(), []byte("late")); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Go's send gave %v", err)
	}
	if _, err := e.up.Receive(e.soon()); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Go's receive gave %v", err)
	}
	e.within("the command's end", func() {
		if err := <-e.handler; !errors.Is(err, transport.ErrClosed) {
			t.Errorf("the command's context ended with %v", err)
		}
	})
	e.watch.mu.Lock()
	defer e.watch.mu.Unlock()
	if len(e.watch.closed) != 1 || e.watch.closed[0] != e.session.Err() {
		t.Errorf("the carrier was closed with %v, the session ended with %v", e.watch.closed,
			e.session.Err())
	}
}

// Go ends the session: both sides hear it, with the reason, and what waits returns.
func goEnds(t testing.TB, s Setup) {
	e := openEnding(t, s)
	if !e.within("End", func() { e.session.End(endReason) }) {
		return
	}
	e.over(endReason)
}

// Go ends the session of a page that takes nothing: nobody waits for it.
func goEndsStandstill(t testing.TB, s Setup) {
	e := openEnding(t, s)
	e.page.Stall(true)
	e.fill(e.down, 1000)
	if !e.within("End", func() { e.session.End(endReason) }) {
		return
	}
	e.page.Stall(false)
	e.over(endReason)
}

// The page breaks a rule of the wire: the session ends, with the rule, and the page is told so.
func pageBreaksRule(t testing.TB, s Setup) {
	e := openEnding(t, s)
	if err := e.cs[1].Send(wire.Eval, []byte("what a page never sends")); err != nil {
		t.Fatal(err)
	}
	e.eventually("the session ends", func() bool { return e.session.Err() != nil })
	var rule *transport.RuleError
	if err := e.session.Err(); !errors.As(err, &rule) {
		t.Errorf("the session ended with %v, and no broken rule", err)
	}
	e.over(transport.CodeProtocol)
}

// The session ends at any moment while both sides send and call: all returns, and nothing is left.
func endWhileSending(t testing.TB, s Setup) {
	for round := range 12 {
		st := open(t, s, smallRings, func(e *transport.Engine) {
			transport.Handle(e, "send", func(ctx context.Context, a args) (int, error) {
				return 0, produce(2, 1<<20, func(b []byte) error { return a.C[0].Send(ctx, b) })
			})
			transport.Handle(e, "echo", func(ctx context.Context, a args) (int, error) {
				for m, err := range a.S[0].All(ctx) {
					if err == nil {
						err = a.S[0].Send(ctx, m)
					}
					if err != nil {
						return 0, err
					}
				}
				return 0, nil
			})
			transport.Handle(e, "id", func(_ context.Context, n int) (int, error) { return n, nil })
		}, nil)
		st.ended = true
		cs := st.channels(2)
		st.page.Start(request("send", pageArgs{C: cs[:1]}))
		st.page.Start(request("echo", pageArgs{S: cs[1:]}))
		var all sync.WaitGroup
		reads := func(c *transporttest.Channel, enough int, then func()) {
			all.Go(func() {
				o := order{}
				for n := 0; ; n++ {
					m, err := c.Next()
					if err == nil {
						err = o.check(m.Data)
					}
					if err != nil {
						if !errors.Is(err, transporttest.ErrEnded) {
							t.Errorf("round %d, message %d: %v", round, n, err)
						}
						return
					}
					if n == enough {
						then()
					}
				}
			})
		}
		reads(cs[0], 10*round, func() {
			go st.session.End(endReason)
		})
		reads(cs[1], 0, func() {})
		all.Go(func() {
			err := produce(1, 1<<20, func(b []byte) error { return cs[1].Send(bytesKind, b) })
			if !errors.Is(err, transporttest.ErrEnded) {
				t.Errorf("round %d, the page's send: %v", round, err)
			}
		})
		all.Go(func() {
			for {
				_, err := st.page.Invoke(transporttest.Request{Command: "id", Args: 1})
				if err == nil {
					continue
				}
				if !errors.Is(err, transporttest.ErrEnded) {
					t.Errorf("round %d, the page's call: %v", round, err)
				}
				return
			}
		})
		if !st.within("the end of all that the page does", all.Wait) {
			return
		}
		st.close()
	}
}
