package bus_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// TestDeadlines: every call that waits for a page or for a listener ends at its deadline, with the
// cause, and what it would have sent never comes.
func TestDeadlines(t *testing.T) {
	errLate := errors.New("too late")
	late := func(t *testing.T, call func(context.Context) error) {
		t.Helper()
		const patience = 1500 * time.Millisecond
		ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errLate)
		defer cancel()
		start := time.Now()
		if err := call(ctx); !errors.Is(err, errLate) || time.Since(start) != patience {
			t.Fatalf("%v after %v, want the deadline's cause after %v", err, time.Since(start),
				patience)
		}
	}
	long := strings.Repeat("x", 1000)

	t.Run("a page that takes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{})
			w := readyWindow(t, e, b, "main")
			w.listen("e", nil, 1)
			w.page.Stall(true)
			for b.Emit("e", long) == nil {
			}
			late(t, func(ctx context.Context) error { return b.EmitContext(ctx, "e", "late"+long) })
			late(t, func(ctx context.Context) error {
				return b.EmitToContext(ctx, bus.WebviewWindow("main"), "e", "late"+long)
			})
			for w.Eval(long) == nil {
			}
			late(t, func(ctx context.Context) error { return w.EvalContext(ctx, "late"+long) })
			late(t, func(ctx context.Context) error {
				_, err := w.EvalResult(ctx, "late"+long)
				return err
			})
			late(t, w.Flush)
			w.page.Stall(false)
			if err := w.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, ev := range w.page.Events() {
				if strings.Contains(string(ev.Payload), "late") {
					t.Errorf("the page got %.20s", ev.Payload)
				}
			}
		})
	})
	t.Run("a page that is not ready", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e, b := newBus(t, transport.Options{}, bus.Options{PendingBytes: 4 << 10})
			w := openWindow(t, e, b, "main")
			n := 0
			for ; b.EmitTo(bus.WebviewWindow("main"), "e", long) == nil; n++ {
			}
			late(t, func(ctx context.Context) error {
				return b.EmitToContext(ctx, bus.WebviewWindow("main"), "e", "late"+long)
			})
			late(t, func(ctx context.Context) error { return w.EvalContext(ctx, "late"+long) })
			late(t, w.Flush)
			if st := b.Stats(); st.Windows[0].Kept != n {
				t.Errorf("%d events were accepted: %+v", n, st.Windows[0])
			}
		})
	})
	t.Run("a listener that is slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 2})
			var got []string
			goOn := make(chan struct{})
			_, err := b.Listen(bus.App, "e", func(ev bus.Event) {
				got = append(got, string(ev.Payload))
				<-goOn
			})
			noError(t, err)
			var want []string
			for _, v := range []string{"a", "b", "c"} {
				noError(t, b.EmitContext(t.Context(), "e", v))
				want = append(want, `"`+v+`"`)
				synctest.Wait()
			}
			late(t, func(ctx context.Context) error { return b.EmitContext(ctx, "e", "late") })
			close(goOn)
			synctest.Wait()
			if !slices.Equal(got, want) {
				t.Errorf("the listener got %q, want %q", got, want)
			}
		})
	})
}
