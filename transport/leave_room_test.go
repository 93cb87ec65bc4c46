package transport_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// TestLeaveWithoutRoom: the last commands of a page that has left run, though results that it never
// took stand in the way of others. Those of a page that is gone without a word do not.
func TestLeaveWithoutRoom(t *testing.T) {
	for _, says := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{SessionBytes: 2 << 20, ControlBytes: 64 << 10})
			transport.Handle(e, "large", func(context.Context, any) ([]byte, error) {
				return make([]byte, 4<<20), nil
			})
			ran := make(chan struct{}, 1)
			transport.Handle(e, "bye", func(context.Context, any) (any, error) {
				ran <- struct{}{}
				return nil, nil
			})
			p := openUpWith(t, e, transport.SessionConfig{})
			for id, name := range []string{"large", "large", "bye"} {
				p.invoke(uint32(id+1), `{"cmd":"`+name+`","body":"json"}`, "{}")
				synctest.Wait()
			}
			if len(ran) > 0 {
				t.Fatal("the results do not stand in the way")
			}
			if says {
				p.s.Leave(p.number, "left")
			} else {
				p.s.End("gone")
			}
			synctest.Wait()
			if got := len(ran) > 0; got != says {
				t.Errorf("the page says its last batch: %v; its last command runs: %v", says, got)
			}
		})
	}
}

// TestValueBesideLeave: the value of a script comes with the last that a page sends before it is
// left. Who waits for it gets it.
func TestValueBesideLeave(t *testing.T) {
	for range 50 { // who looks at either first would miss it half of the time
		u := openUp(t, newEngine(t, transport.Options{}))
		ctx := whenAwaited{t.Context(), func() {
			u.send(0, wire.Frame{Kind: wire.Result, Payload: words(1, 0, "7")})
			u.s.Leave(u.number, "left")
			<-u.s.Done()
		}}
		if value, err := u.s.EvalResult(ctx, "7"); err != nil || string(value) != "7" {
			t.Fatalf("the value is %q, %v", value, err)
		}
	}
}

// whenAwaited is a context that calls a function when somebody begins to wait for its end.
type whenAwaited struct {
	context.Context
	call func()
}

func (c whenAwaited) Done() <-chan struct{} {
	c.call()
	return nil
}
