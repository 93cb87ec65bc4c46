package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestFlush waits for the page that comes, until it has what was kept and what its session
// accepted.
func TestFlush(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := openWindow(t, e, b, "main")
	noError(t, w.Flush(within(t)))
	for range 3 {
		noError(t, b.Emit("e", 1))
	}
	flushed := make(chan error, 1)
	go func() { flushed <- w.Flush(within(t)) }()
	w.load(transporttest.Config{})
	w.listen("e", nil, 1)
	if len(flushed) > 0 {
		t.Fatalf("flushed before the page is ready: %v", <-flushed)
	}
	w.ready()
	noError(t, receive(t, flushed))
	for range 2 {
		noError(t, b.Emit("e", 2))
	}
	noError(t, w.Flush(within(t)))
	if n := len(w.page.Events()); n != 5 {
		t.Fatalf("the page has %d events of 5", n)
	}
	w.page.Session.End("gone")
	noError(t, w.Flush(within(t)))
}

// TestFlushSaysWhatIsLost: without a page to come, and when the window goes meanwhile.
func TestFlushSaysWhatIsLost(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	for name, c := range map[string]struct {
		end  func(*bus.Page, context.CancelFunc)
		want error
	}{
		"ctx":     {func(_ *bus.Page, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"closed":  {func(w *bus.Page, _ context.CancelFunc) { w.Close() }, bus.ErrClosed},
		"foreign": {func(w *bus.Page, _ context.CancelFunc) { w.SetForeign(true) }, bus.ErrForeign},
	} {
		w := b.Open(name)
		noError(t, b.EmitTo(bus.AnyLabel(name), "e", 1))
		noError(t, b.EmitTo(bus.AnyLabel(name), "e", 2))
		noError(t, w.Eval("3"))
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		waits := &firstDone{ctx, make(chan struct{}, 100)}
		flushed := make(chan error)
		go func() { flushed <- w.Flush(waits) }()
		receive(t, waits.asked)
		c.end(w, cancel)
		err := receive(t, flushed)
		var at *bus.WindowError
		if !errors.Is(err, c.want) || !errors.As(err, &at) || at.Label != name ||
			!strings.Contains(err.Error(), "3 events and scripts") {
			t.Errorf("%s: %v", name, err)
		}
		if name != "ctx" {
			noError(t, w.Flush(within(t))) // nothing is kept any more
		}
	}
}

// firstDone is a context that tells when somebody waits for its end.
type firstDone struct {
	context.Context
	asked chan struct{}
}

func (c *firstDone) Done() <-chan struct{} {
	c.asked <- struct{}{}
	return c.Context.Done()
}

// TestFlushStalled: the page has not taken what its session accepted.
func TestFlushStalled(t *testing.T) {
	onUI := false
	e, b := newBus(t, transport.Options{}, bus.Options{OnUI: func() bool { return onUI }})
	w := readyWindow(t, e, b, "main")
	w.listen("e", nil, 1)
	w.page.Stall(true)
	noError(t, b.Emit("e", 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := w.Flush(ctx)
	var at *bus.WindowError
	if !errors.Is(err, context.Canceled) || !errors.As(err, &at) {
		t.Fatalf("flush: %v", err)
	}
	w.page.Stall(false)
	noError(t, w.Flush(within(t)))
	onUI = true
	wantIs(t, w.Flush(within(t)), bus.ErrUIThread)
}
