//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/shm"
)

// TestSentinels: an error is what its name says under the name of each package that has one.
func TestSentinels(t *testing.T) {
	app := newApp(t, Options{}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	if _, err := p.EvalResult(testContext(t), "1"); err != nil {
		t.Fatal(err)
	}
	session := p.Session()
	late, cancel := context.WithCancelCause(t.Context())
	errLate := errors.New("too late")
	cancel(errLate)
	_, lateShot := p.Screenshot(late)
	p.shutDown()
	_, state := p.State()
	waits := make(chan error, 2)
	if err := loop.call(func() error {
		waits <- p.EvalContext(t.Context(), "1")
		waits <- app.Bus().EmitContext(t.Context(), "e", 1)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	closed := []error{ErrClosed, bus.ErrClosed, transport.ErrClosed}
	for _, c := range []struct {
		what string
		err  error
		is   []error
	}{
		{"State of a closed window", state, closed},
		{"Eval in a closed window", p.Eval("1"), closed},
		{"Eval of a session that has ended", session.Eval("1"), closed},
		{"the end of a session", session.Err(), closed},
		{"a full window", fmt.Errorf("app: %w", bus.ErrFull), []error{
			bus.ErrFull, transport.ErrFull,
		}},
		{"a region without room", shm.ErrRegionFull, []error{transport.ErrMemory}},
		{"a label", checkLabel("*"), []error{ErrLabel, bus.ErrLabel}},
		{"a call that waits on the main thread", <-waits, []error{ErrMainThread, bus.ErrUIThread}},
		{"the bus's own", <-waits, []error{bus.ErrUIThread}},
		{"a cause", lateShot, []error{errLate}},
	} {
		for _, want := range c.is {
			if !errors.Is(c.err, want) {
				t.Errorf("%s: %v is not %v", c.what, c.err, want)
			}
		}
	}
}
