package webview

import (
	"context"
	"encoding/json"
)

// Eval has the page run a script in the global scope, in order with the window's events and other
// evals; it does not wait for that. While the window has no page that is ready, before the first
// one and between two, scripts are kept for the next one, in their order among the events, up to
// Options.Bus.PendingBytes. A page whose Content-Security-Policy forbids eval gets the script
// natively, in the same place. What the script throws is logged, and shows in the page as an
// uncaught error.
//
// Errors: bus.ErrFull, bus.ErrClosed, bus.ErrForeign (the page is not the app's), or a
// *transport.Error with CodeDenied.
func (w *Window) Eval(js string) error { return w.events.Eval(js) }

// EvalContext is Eval, but waits for room. Don't call it on the main goroutine (ErrMainThread).
func (w *Window) EvalContext(ctx context.Context, js string) error {
	if err := mayWait("EvalContext"); err != nil {
		return err
	}
	return w.events.EvalContext(ctx, js)
}

// EvalResult has the page run a script and waits for its value, as JSON; a promise is awaited. It
// waits until the page is ready, too. Don't call it on the main goroutine (ErrMainThread). A script
// that throws gives a *transport.Error with the code "eval", the message, and name and stack as its
// detail.
//
// Natively (see Eval) the value is that of the last statement, if that is an expression, and null
// otherwise. Functions that are async or generators don't stay in the global scope, which those of
// an eval do; var and other functions stay in both, and let, const and class in neither.
func (w *Window) EvalResult(ctx context.Context, js string) (json.RawMessage, error) {
	if err := mayWait("EvalResult"); err != nil {
		return nil, err
	}
	return w.events.EvalResult(ctx, js)
}
