package transport

import (
	"context"
	"errors"
	"fmt"
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
