package bus_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// none is the context that an app forgot: a nil one.
var none context.Context

// TestNilContext: in every exported function a nil context is one that never ends: it waits for a
// page that stands still.
func TestNilContext(t *testing.T) {
	long := strings.Repeat("x", 1000)
	all := func(bus.Target) bool { return true }
	apitest.Each(t, ".", []string{"context.Context"}, map[string]func(b *bus.Bus, w *window) error{
		"Bus.EmitContext": func(b *bus.Bus, _ *window) error {
			return b.EmitContext(none, "e", long)
		},
		"Bus.EmitToContext": func(b *bus.Bus, _ *window) error {
			return b.EmitToContext(none, bus.AnyLabel("main"), "e", long)
		},
		"Bus.EmitFilterContext": func(b *bus.Bus, _ *window) error {
			return b.EmitFilterContext(none, "e", long, all)
		},
		"Page.EvalContext": func(_ *bus.Bus, w *window) error { return w.EvalContext(none, long) },
		"Page.EvalResult": func(_ *bus.Bus, w *window) error {
			_, err := w.EvalResult(none, long)
			return err
		},
		"Page.Flush": func(_ *bus.Bus, w *window) error { return w.Flush(none) },
	}, func(t *testing.T, call func(*bus.Bus, *window) error) {
		synctest.Test(t, func(t *testing.T) {
			e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{})
			w := openWindow(t, e, b, "main")
			w.load(transporttest.Config{Eval: func(string) (any, error) { return 7, nil }})
			w.ready()
			w.listen("e", nil, 1)
			w.page.Stall(true)
			for b.Emit("e", long) == nil {
			}
			for w.Eval(long) == nil {
			}
			done := make(chan error, 1)
			go func() { done <- call(b, w) }()
			synctest.Wait()
			if len(done) > 0 {
				t.Fatalf("it did not wait: %v", <-done)
			}
			w.page.Stall(false)
			noError(t, <-done)
		})
	})
}
