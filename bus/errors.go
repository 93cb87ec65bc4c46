package bus

import (
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/transport"
)

// Sentinels. Errors of this package wrap them; test with errors.Is.
var (
	// ErrName is an event name that can't be used.
	ErrName = errors.New("bus: bad event name: Unicode letters, digits and - / : _ may stand in it")
	// ErrLabel is a target's label that can't be used.
	ErrLabel = errors.New("bus: bad label: Unicode letters, digits and - / : _ may stand in it")
	// ErrTarget is what is no target.
	ErrTarget = errors.New("bus: bad target")
	// ErrPayload is a payload that is no JSON, or can't be encoded.
	ErrPayload = errors.New("bus: payload can't be encoded")
	// ErrFull is a window without room: its page does not read, or is not ready and
	// Options.PendingBytes are kept for it. Emit less, or wait with EmitContext. It is
	// transport.ErrFull, too.
	ErrFull = fmt.Errorf("bus: the window has no room for the event: %w", transport.ErrFull)
	// ErrClosed is transport.ErrClosed: a window that is closed, or a page that is gone.
	ErrClosed = transport.ErrClosed
	// ErrNoWindow is an emit to a label that no window has. Listeners for Any have got it all the
	// same.
	ErrNoWindow = errors.New("bus: no window has that label")
	// ErrForeign is an eval in a window whose page is not the app's.
	ErrForeign = errors.New("bus: the window shows a page that is not the app's")
	// ErrQueueFull is a Go listener that is slower than its events: make it faster, raise
	// Options.QueueLen or QueueBytes, or wait with EmitContext.
	ErrQueueFull = errors.New("bus: the queue of a Go listener is full")
	// ErrSticky is a sticky event too many: ClearSticky some, or raise Options.Sticky or
	// StickyBytes.
	ErrSticky = errors.New("bus: no more sticky events can be kept")
	// ErrUIThread is a call that would wait on the thread that drives the windows.
	ErrUIThread = errors.New("bus: it would wait on the UI thread: call it from another goroutine")
	// ErrHandler is a listener without a function, or On without something to listen at.
	ErrHandler = errors.New("bus: a listener needs a function, and something to listen at")
)

// errWindowGone is a window that is closed.
var errWindowGone = fmt.Errorf("bus: the window is gone: %w", ErrClosed)

// WindowError says why one window did not get an event or eval.
type WindowError struct {
	Label string
	// ErrFull, ErrClosed, ErrNoWindow, ErrForeign, transport.ErrTooLarge, a context's cause
	Err error
}

func (e *WindowError) Error() string { return fmt.Sprintf("window %q: %v", e.Label, e.Err) }

// Unwrap gives Err.
func (e *WindowError) Unwrap() error { return e.Err }

// ListenerError names the Go listeners that did not get an event because their queues are full.
// It is ErrQueueFull, or a context's cause.
type ListenerError struct {
	Name string // of the event
	IDs  []ID
	Err  error
}

func (e *ListenerError) Error() string {
	return fmt.Sprintf("event %q: %d listeners did not get it: %v", e.Name, len(e.IDs), e.Err)
}

// Unwrap gives Err.
func (e *ListenerError) Unwrap() error { return e.Err }

// Codes of the *transport.Error with which a page's call is refused, besides those of package
// transport: transport.CodeBadArguments, CodeDenied, CodeClosed.
const (
	CodeName            = "bad_name"           // what is no event name
	CodeTarget          = "bad_target"         // what is no target
	CodeNoWindow        = "unknown_target"     // no window has the target's label
	CodeUnknownListener = "unknown_listener"   // unlisten of what the page has not registered
	CodeListeners       = "too_many_listeners" // Options.MaxListeners are registered already
	// a window or listener had no room; the others got the event
	CodeFull = "full"
	// a window can't take an event of that size from a page, now or later; the others got it
	CodeTooLarge = "too_large"
)

// refusal is the error that a page's call is answered with.
func refusal(code, format string, a ...any) error {
	return &transport.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}
