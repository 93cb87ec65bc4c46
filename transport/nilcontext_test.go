package transport_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// none is the context that an app forgot: a nil one.
var none context.Context

// nilContext is what a function does with a nil context: it waits, until something happens that
// ends the wait.
type nilContext struct {
	// call is begun where it has to wait, unless end is nil.
	call func() error
	// end is what it waits for.
	end func()
}

// TestNilContext: in every exported function a nil context is one that never ends. It waits, it
// does not panic, and it is not taken for a call that does not wait.
func TestNilContext(t *testing.T) {
	large := bytes.Repeat([]byte(" "), 30_000)
	stalled := func(t *testing.T, p *transporttest.Page) func() {
		p.Stall(true)
		return func() { p.Stall(false) }
	}
	channel := func(t *testing.T) (*transport.Channel[[]byte], func()) {
		p, page, ch := grab[[]byte](t, narrow, transporttest.Config{})
		goOn := stalled(t, p)
		for ch.TrySend(large[:1000]) == nil {
		}
		return ch, func() {
			goOn()
			for {
				if _, err := page.Next(); err != nil {
					return
				}
			}
		}
	}
	page := func(t *testing.T) (*transport.Session, func()) {
		p := openPage(t, newEngine(t, narrow), transporttest.Config{
			Eval: func(string) (any, error) { return 7, nil },
		})
		synctest.Wait()
		goOn := stalled(t, p)
		for p.Session.Event([]uint32{1}, true, large[:500]) == nil {
		}
		for p.Session.Eval(string(large[:500])) == nil {
		}
		return p.Session, goOn
	}
	cases := map[string]func(t *testing.T) nilContext{
		"Channel.Send": func(t *testing.T) nilContext {
			ch, end := channel(t)
			return nilContext{func() error { return ch.Send(none, large) }, func() { go end() }}
		},
		"Channel.Flush": func(t *testing.T) nilContext {
			ch, end := channel(t)
			return nilContext{func() error { return ch.Flush(none) }, func() { go end() }}
		},
		"Stream.Send": func(t *testing.T) nilContext {
			ch, end := channel(t)
			return nilContext{func() error { return stream(ch).Send(none, large) }, func() {
				go end()
			}}
		},
		"Stream.Flush": func(t *testing.T) nilContext {
			ch, end := channel(t)
			return nilContext{func() error { return stream(ch).Flush(none) }, func() { go end() }}
		},
		"Channel.Context": func(t *testing.T) nilContext {
			page, s := converse(t)
			ctx := s.Channel.Context(none)
			return nilContext{func() error {
				<-ctx.Done()
				return nil
			}, page.Close}
		},
		"Stream.Context": func(t *testing.T) nilContext {
			page, s := converse(t)
			ctx := stream(&s.Channel).Context(none)
			return nilContext{func() error {
				<-ctx.Done()
				return nil
			}, page.Close}
		},
		"Stream.Receive": func(t *testing.T) nilContext {
			page, s := converse(t)
			return nilContext{func() error {
				_, err := s.Receive(none)
				return err
			}, func() { _ = page.Send(wire.JSON, []byte("7")) }}
		},
		"Stream.All": func(t *testing.T) nilContext {
			page, s := converse(t)
			return nilContext{func() error {
				for _, err := range s.All(none) {
					return err
				}
				return nil
			}, func() { _ = page.Send(wire.JSON, []byte("7")) }}
		},
		"Resumable.Send": func(t *testing.T) nilContext {
			e := newEngine(t, transport.Options{})
			r := newResumable[[]byte](t, e, "r", transport.ResumableOptions{
				WaitForReader: true, HistoryBytes: 256 << 10,
			})
			for n := uint64(1); r.TrySend(numberedMessage(n)) == nil; n++ {
			}
			return nilContext{func() error { return r.Send(none, large) }, func() {
				p := openPage(t, e, transporttest.Config{})
				c := mustResume(t, p, resumeArgs{Name: "r"}, 1)
				go func() {
					for {
						if _, err := c.Next(); err != nil {
							return
						}
					}
				}()
			}}
		},
		"Session.EventContext": func(t *testing.T) nilContext {
			s, end := page(t)
			return nilContext{
				func() error { return s.EventContext(none, []uint32{1}, true, large) }, end,
			}
		},
		"Session.EvalContext": func(t *testing.T) nilContext {
			s, end := page(t)
			return nilContext{func() error { return s.EvalContext(none, string(large)) }, end}
		},
		"Session.EvalResult": func(t *testing.T) nilContext {
			s, end := page(t)
			return nilContext{func() error {
				_, err := s.EvalResult(none, string(large))
				return err
			}, end}
		},
		"Session.Flush": func(t *testing.T) nilContext {
			s, end := page(t)
			return nilContext{func() error { return s.Flush(none) }, end}
		},
		"SessionFrom": func(t *testing.T) nilContext {
			if s := transport.SessionFrom(none); s != nil {
				t.Errorf("it gave %v", s)
			}
			return nilContext{}
		},
		"Header": func(t *testing.T) nilContext {
			if h := transport.Header(none, "a"); h != "" {
				t.Errorf("it gave %q", h)
			}
			return nilContext{}
		},
	}
	apitest.Each(t, ".", []string{"context.Context"}, cases,
		func(t *testing.T, begin func(*testing.T) nilContext) {
			synctest.Test(t, func(t *testing.T) {
				c := begin(t)
				if c.call == nil {
					return
				}
				done := make(chan error, 1)
				go func() { done <- c.call() }()
				synctest.Wait()
				if len(done) > 0 {
					t.Fatalf("it did not wait: %v", <-done)
				}
				c.end()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
}

// stream is a stream with that channel.
func stream[T any](ch *transport.Channel[T]) *transport.Stream[T, T] {
	return &transport.Stream[T, T]{Channel: *ch}
}
