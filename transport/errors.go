package transport

import (
	"context"
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
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
