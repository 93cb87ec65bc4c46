package transport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

type updates struct{ Updates *transport.Channel[int] }

// start calls a command with a channel, and waits until it stands still.
func start(p *transporttest.Page, command string) (*transporttest.Call, *transporttest.Channel) {
	ch := p.NewChannel()
	call := p.Start(transporttest.Request{
		Command: command, Args: map[string]any{"Updates": ch},
		Channels: []*transporttest.Channel{
			ch,
		},
	})
	synctest.Wait()
	return call, ch
}

// TestPageCloseHasACode: a handler that returns what its channel gave after the page's close
// rejects the call with a code of its own, however it learns of the close and whatever it wraps the
// error in; other ends have other codes.
func TestPageCloseHasACode(t *testing.T) {
	send := func(ctx context.Context, a updates) error {
		for ctx.Err() == nil {
			if err := a.Updates.Send(ctx, 1); err != nil {
				return err
			}
			time.Sleep(time.Second) // the pace of the updates
		}
		return context.Cause(ctx)
	}
	byGo := func(ctx context.Context, a updates) error {
		a.Updates.Close()
		return a.Updates.Send(ctx, 1)
	}
	for name, c := range map[string]struct {
		handler func(ctx context.Context, a updates) error
		code    string
	}{
		"Send": {send, transport.CodeChannelClosed},
		"wrapped": {
			func(ctx context.Context, a updates) error {
				return fmt.Errorf("app: %w", send(ctx, a))
			},
			transport.CodeChannelClosed,
		},
		"Err": {
			func(_ context.Context, a updates) error { <-a.Updates.Done(); return a.Updates.Err() },
			transport.CodeChannelClosed,
		},
		"Flush": {
			func(ctx context.Context, a updates) error {
				<-a.Updates.Done()
				return a.Updates.Flush(ctx)
			},
			"",
		},
		"its context": {
			func(ctx context.Context, a updates) error { return send(a.Updates.Context(ctx), a) },
			transport.CodeChannelClosed,
		},
		"ctx.Err": {func(ctx context.Context, a updates) error {
			ctx = a.Updates.Context(ctx)
			<-ctx.Done()
			return ctx.Err()
		}, transport.CodeChannelClosed},
		"Go's own": {byGo, transport.CodeChannelEnded},
		"another error": {
			func(_ context.Context, a updates) error { <-a.Updates.Done(); return errors.New("x") },
			transport.CodeError,
		},
		"its own code": {func(ctx context.Context, a updates) error {
			return &transport.Error{Code: "mine", Message: send(ctx, a).Error()}
		}, "mine"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				transport.Handle(e, "watch", func(ctx context.Context, a updates) (any, error) {
					return nil, c.handler(ctx, a)
				})
				call, ch := start(openPage(t, e, transporttest.Config{}), "watch")
				ch.Close()
				_, err := call.Wait()
				if c.code == "" && err == nil {
					return
				}
				wantCode(t, err, c.code)
			})
		})
	}
}

// TestOtherSessionsEnd: a handler that deals with another page, which goes, has an error that is
// not its own page's close.
func TestOtherSessionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		kept := make(chan *transport.Channel[int], 1)
		transport.Handle(e, "keep", func(_ context.Context, a updates) (any, error) {
			a.Updates.Keep()
			kept <- a.Updates
			return nil, nil
		})
		transport.Handle(e, "tell", func(ctx context.Context, _ struct{}) (any, error) {
			return nil, (<-kept).Send(ctx, 1)
		})
		other := openPage(t, e, transporttest.Config{Label: "other"})
		start(other, "keep")
		other.Close()
		_, err := openPage(t, e, transporttest.Config{}).Invoke(transporttest.Request{
			Command: "tell",
		})
		wantCode(t, err, transport.CodeClosed)
	})
}

// TestChannelContext: a context of a channel ends with it, with the reason; with the context that
// it is made of; and holds nothing then.
func TestChannelContext(t *testing.T) {
	type end struct {
		what string
		end  func(p *transporttest.Page, call *transporttest.Call, ch *transporttest.Channel,
			own *transport.Channel[int])
		is  error
		not error
	}
	for _, c := range []end{
		{"the page closes it",
			func(_ *transporttest.Page, _ *transporttest.Call, ch *transporttest.Channel,
				_ *transport.Channel[int]) {
				ch.Close()
			}, transport.ErrClosedByPage, transport.ErrCanceled},
		{"Go closes it",
			func(_ *transporttest.Page, _ *transporttest.Call, _ *transporttest.Channel,
				own *transport.Channel[int]) {
				own.Close()
			}, transport.ErrClosed, transport.ErrClosedByPage},
		{"the page is gone",
			func(p *transporttest.Page, _ *transporttest.Call, _ *transporttest.Channel,
				_ *transport.Channel[int]) {
				p.Close()
			}, transport.ErrClosed, transport.ErrClosedByPage},
		{"the page cancels the call",
			func(_ *transporttest.Page, call *transporttest.Call, _ *transporttest.Channel,
				_ *transport.Channel[int]) {
				call.Cancel()
			}, transport.ErrCanceled, transport.ErrClosed},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				var own *transport.Channel[int]
				var causes []error
				transport.Handle(e, "wait", func(ctx context.Context, a updates) (any, error) {
					own = a.Updates
					ctx = own.Context(ctx)
					if s := transport.SessionFrom(ctx); s == nil {
						t.Error("it has no session")
					}
					<-ctx.Done()
					causes = append(causes, context.Cause(ctx), context.Cause(own.Context(ctx)))
					if own.Err() != nil {
						late := own.Context(t.Context())
						if late.Err() == nil {
							t.Error("a context that is made after the end has not ended")
						}
						causes = append(causes, context.Cause(late))
					}
					return nil, nil
				})
				p := openPage(t, e, transporttest.Config{})
				call, ch := start(p, "wait")
				c.end(p, call, ch, own)
				synctest.Wait()
				if len(causes) < 2 {
					t.Fatal("the handler's context did not end")
				}
				for _, err := range causes {
					if !errors.Is(err, c.is) || errors.Is(err, c.not) {
						t.Errorf("the cause is %v, want %v and not %v", err, c.is, c.not)
					}
				}
			})
		})
	}
	err := context.Cause(new(transport.Channel[int]).Context(none))
	if !errors.Is(err, transport.ErrUnbound) {
		t.Errorf("a channel without a page: %v", err)
	}
}
