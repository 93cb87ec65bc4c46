package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/storage"
)

// Sentinels. Errors of this package wrap them; test with errors.Is.
var (
	// ErrClosed is the end of a channel or of its session. The error is a
	// *ClosedError, which says why. That of packages bus and webview is the same.
	ErrClosed = errors.New("transport: closed")
	// ErrFull comes from calls that don't wait, and from Send on a channel with Fail: the ring has
	// no space, or not for events. Wait with Send or EventContext, send less, or configure the
	// channel with Latest.
	ErrFull = errors.New("transport: ring is full")
	// ErrTooLarge is a message over Options.MaxMessage.
	ErrTooLarge = errors.New("transport: message is over MaxMessage")
	// ErrMemory is a session that holds Options.SessionBytes already; SessionStats.Held says by
	// what.
	ErrMemory = budget.ErrMemory
	// ErrUnbound is a Channel or Stream that no command's arguments brought. The
	// page makes a channel and passes it to invoke.
	ErrUnbound = errors.New("transport: channel is not connected to a page: it must come in a " +
		"command's arguments")
	// ErrInUse is a Configure after the first message.
	ErrInUse = errors.New("transport: channel is in use already: configure it before its first " +
		"message")
	// ErrLost is a batch that did not reach Go whole. Port.Receive gives it to a carrier, which
	// has the page send the batch again.
	ErrLost = wire.ErrLost
	// ErrStore is a store of the app's that failed. The error of Send wraps what the store gave,
	// too.
	ErrStore = storage.Err
	// ErrCanceled is the cause of a command's context after the page cancelled it.
	ErrCanceled = fmt.Errorf("transport: cancelled by the page: %w", context.Canceled)
)

// RuleError is a rule of the wire that the page has broken, which ends its session: it is the Cause
// of the *ClosedError. Rule says which one, with the numbers.
type RuleError = wire.RuleError

// errTooLargeToTry is a message that would not fit into an empty ring at once.
var errTooLargeToTry = fmt.Errorf("%w: or over half of the ring, which a call that doesn't wait "+
	"can't send: use one that waits, or a larger ring", ErrTooLarge)

// Error is an error that crosses to the other side with a code and any JSON detail. A handler that
// returns one rejects the page's promise with it; EvalResult gives one for a script that threw. Any
// other error of a handler crosses with its text, and with CodeError or, when it is ErrClosed or
// context.Canceled, with the code that says so.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  any    `json:"detail,omitempty"`
}

func (e *Error) Error() string {
	if e == nil {
		return "transport: a nil *Error"
	}
	return fmt.Sprintf("transport: %s: %s", e.Code, e.Message)
}

// Codes of the errors that this package makes itself.
const (
	CodeError = "error" // a handler returned an ordinary error
	// a handler panicked, or its error: the log has the stack
	CodePanic          = "panic"
	CodeUnknownCommand = "unknown_command" // no handler has that name
	CodeBadArguments   = "bad_arguments"   // the arguments don't decode into the handler's type
	CodeBadResult      = "bad_result"      // the handler's result can't be encoded
	CodeBusy           = "busy"            // Options.Pending commands run already
	CodeTooManyLanes   = "too_many_lanes"  // Options.Lanes channels are open already
	CodeCanceled       = "cancelled"       // the page cancelled the command
	CodeProtocol       = "protocol"        // a rule of the wire was broken; the session is over
	CodeForbidden      = "forbidden"       // the request is not allowed

	// CodeChannelEnded: a channel that has ended was passed again, or Go has closed the one that
	// the command sent on.
	CodeChannelEnded = "channel_ended"

	// CodeChannelClosed: the page has closed the channel that the command sent on or received from.
	CodeChannelClosed = "channel_closed"

	// CodeClosed: the session is over; from a handler: that of the other page, or the window, that
	// it dealt with.
	CodeClosed = "closed"

	// CodeDenied: Options.Policy does not allow it; the message names the permission.
	CodeDenied = "denied"
)

// ErrClosedByPage is a channel that its page has closed, itself or by leaving a `for await`. It is
// ErrClosed, too: the end of the page, or Go's own Close, are not ErrClosedByPage.
var ErrClosedByPage = fmt.Errorf("transport: closed by the page: %w", ErrClosed)

// ClosedError says why a channel or a session ended. It is ErrClosed.
type ClosedError struct {
	// Reason is a short text: "page was reloaded", "closed by the page", …
	Reason string
	// Cause is the error behind it, if there is one: a broken rule of the wire
	// (*RuleError), or what CloseWithError was given.
	Cause error

	by       closer
	farewell []byte // what the page is told of the cause
}

// closer is who ended a channel.
type closer uint8

const (
	closedByGo closer = iota // Close, or the end of its command
	closedByPage
	closedWithSession
)

func (e *ClosedError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("transport: closed: %s: %v", e.Reason, e.Cause)
	}
	return "transport: closed: " + e.Reason
}

// Is makes every ClosedError an ErrClosed, and that of a channel which the page closed an
// ErrClosedByPage.
func (e *ClosedError) Is(target error) bool {
	return target == ErrClosed || target == ErrClosedByPage && e.by == closedByPage
}

// Unwrap gives the cause.
func (e *ClosedError) Unwrap() error { return e.Cause }

// codeOf is the code with which an error that has none crosses to the page.
func codeOf(err error) string {
	var closed *ClosedError
	switch {
	case errors.Is(err, ErrClosedByPage):
		return CodeChannelClosed
	case errors.As(err, &closed) && closed.by == closedByGo:
		return CodeChannelEnded
	case errors.Is(err, ErrClosed):
		return CodeClosed
	case errors.Is(err, context.Canceled):
		return CodeCanceled
	}
	return CodeError
}

// explain gives an error its reason: a handler whose context ended with its channel, and which
// returns context.Canceled, did not hear that the page has cancelled the call.
func (inv *invocation) explain(e *Error) *Error {
	if e.Code != CodeCanceled || inv.ctx.Err() != nil {
		return e
	}
	for _, l := range inv.args.lanes {
		if end := l.end.why.Load(); end != nil && end.by == closedByPage {
			return &Error{CodeChannelClosed, e.Message, e.Detail}
		}
	}
	return e
}

// crossing is an error of the app as it crosses to the page: a code, a message, and a detail that
// is encoded already. It is made where the app gives the error, once: the error's methods, and its
// detail's, are the app's, and may panic, wait, or read what others change. Nobody calls them
// later, but a log.
func crossing(log *slog.Logger, err error) *Error {
	var e *Error
	var detail any
	if f := appcode.Call(func() { e, detail = asError(err) }); f != nil {
		log.Error("an error's methods panicked", "type", fmt.Sprintf("%T", err), "panic", f.Panic,
			"stack", f.Stack)
		return &Error{
			CodePanic,
			fmt.Sprintf("a method of an error of type %T panicked: see the app's log",
				err), nil,
		}
	}
	if detail == nil {
		return e
	}
	data, err := encode(JSONCodec{}, nil, detail)
	if err != nil {
		log.Error("error detail can't be encoded", "code", e.Code, "error", err.Error())
		return e
	}
	e.Detail = json.RawMessage(data)
	return e
}

// asError turns an error into what crosses to the page, but for its detail. It calls methods of the
// app.
func asError(err error) (crosses *Error, detail any) {
	var e *Error
	switch {
	case !errors.As(err, &e):
	case e == nil: // which has no code
		return &Error{CodeError, e.Error(), nil}, nil
	default:
		return &Error{e.Code, e.Message, nil}, e.Detail
	}
	return &Error{codeOf(err), err.Error(), nil}, nil
}

// maxFarewell bounds the payload of a close frame, which goes into any batch.
const maxFarewell = 4 << 10

// closing is the end of a channel by Go with an error, which the page is told.
func closing(log *slog.Logger, cause error) *ClosedError {
	c := &ClosedError{Reason: "closed by Go", Cause: cause}
	e := crossing(log, cause)
	data, err := JSONCodec{}.Append(nil, e)
	if err != nil || len(data) > maxFarewell {
		short := Error{Code: e.Code, Message: e.Message}
		if len(short.Code) > maxFarewell/64 {
			short.Code = CodeError
		}
		// six bytes at most for each of these
		short.Message = short.Message[:min(len(short.Message), maxFarewell/8)]
		data, _ = JSONCodec{}.Append(nil, &short) // two strings: cannot fail
	}
	c.farewell = data
	return c
}
