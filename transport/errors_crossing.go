package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

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
			CodePanic, fmt.Sprintf("a method of an error of type %T panicked: see the app's log",
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
