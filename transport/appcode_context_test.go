package transport_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// badContext is a context of the app whose Done panics, or ends the goroutine, from the n-th call
// on.
type badContext struct {
	context.Context
	n     int
	exits bool
}

func (c *badContext) Done() <-chan struct{} {
	if c.n--; c.n >= 0 {
		return c.Context.Done()
	}
	if c.exits {
		runtime.Goexit()
	}
	panic("in Done")
}

// TestContextsThatPanic: a context of the app that panics where somebody waits leaves nothing
// behind that stops others: no place in a queue, no turn, and no message of which a part was
// accepted.
func TestContextsThatPanic(t *testing.T) {
	for _, exits := range []bool{false, true} {
		for calls := range 6 {
			t.Run(fmt.Sprint("exits ", exits, ", calls ", calls), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { contextPanics(t, exits, calls) })
			})
		}
	}
}

func contextPanics(t *testing.T, exits bool, calls int) {
	e := newEngine(t, narrow)
	transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
	p := openPage(t, e, transporttest.Config{})
	ch, page := grabbed[[]byte](t, e, p)
	r, err := transport.NewResumable[[]byte](e, "r", transport.ResumableOptions{
		HistoryBytes: 256 << 10, WaitForReader: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Stall(true)
	for ch.TrySend(make([]byte, 500)) == nil {
	}
	for p.Session.Event([]uint32{1}, false, []byte(`"small"`)) == nil {
	}
	for r.TrySend(make([]byte, 50_000)) == nil {
	}
	for name, call := range map[string]func(context.Context) error{
		"Send": func(ctx context.Context) error { return ch.Send(ctx, []byte("bad")) },
		"Send in parts": func(ctx context.Context) error {
			return ch.Send(ctx, make([]byte, 50_000))
		},
		"Flush":         ch.Flush,
		"Session.Flush": p.Session.Flush,
		"an event": func(ctx context.Context) error {
			return p.Session.EventContext(ctx, []uint32{1}, false, []byte(`"bad"`))
		},
		"an event in two": func(ctx context.Context) error {
			return p.Session.EventContext(ctx, []uint32{1}, true, make([]byte, 10_000))
		},
		"an event in many": func(ctx context.Context) error {
			return p.Session.EventContext(ctx, []uint32{1}, true, make([]byte, 100_000))
		},
		"Eval": func(ctx context.Context) error { return p.Session.EvalContext(ctx, "1") },
		"EvalResult": func(ctx context.Context) error {
			_, err := p.Session.EvalResult(ctx, "1")
			return err
		},
		"Resumable.Send": func(ctx context.Context) error {
			return r.Send(ctx, make([]byte, 50_000))
		},
	} {
		over := make(chan bool)
		go func() {
			defer close(over)
			limited, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			appcode.Call(func() { _ = call(&badContext{limited, calls, exits}) })
		}()
		synctest.Wait()
		if calls == 0 {
			select {
			case <-over:
			default:
				t.Fatalf("%s waits without having asked the context", name)
			}
		}
	}
	// Each kind goes on for others.
	sent := make(chan error, 5)
	forHours, cancel := context.WithTimeout(context.Background(), 3*time.Hour)
	defer cancel()
	go func() { sent <- ch.Send(forHours, []byte("good")) }()
	go func() { sent <- ch.Send(forHours, make([]byte, 40_000)) }()
	go func() { sent <- p.Session.EventContext(forHours, []uint32{1}, false, []byte(`"good"`)) }()
	go func() {
		sent <- p.Session.EventContext(forHours, []uint32{1}, true, make([]byte, 100_001))
	}()
	go func() { sent <- p.Session.Flush(forHours) }()
	p.Stall(false)
	go func() {
		for {
			if _, err := page.Next(); err != nil {
				return
			}
		}
	}()
	go func() {
		for {
			if _, err := p.NextEvent(); err != nil {
				return
			}
		}
	}()
	for range cap(sent) {
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
	lasts(t, p)
	if st := ch.Stats(); st.Waiting != 0 {
		t.Errorf("%d senders wait", st.Waiting)
	}
	r.Discard()
}
