package pulls

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/tailrace-go/tailrace/transport"
)

// Answer is the answer to one request of the page.
type Answer struct {
	// Status is an HTTP status: 200 with a body, 204 without, others with a JSON error.
	Status int
	// Body is the answer's bytes, in order; it may be read only during the call.
	Body [][]byte
	// Len is their number.
	Len int
}

// whole is the answer that brings a batch.
func whole(b *transport.Batch) Answer {
	return Answer{Status: http.StatusOK, Body: b.Segments, Len: b.Len}
}

// errorAnswer is an answer that carries an error.
func errorAnswer(status int, code, message string) Answer {
	body, err := json.Marshal(transport.Error{Code: code, Message: message})
	if err != nil {
		panic(err) // two strings: cannot fail
	}
	return Answer{Status: status, Body: [][]byte{body}, Len: len(body)}
}

// busy has the page send its request again.
func busy(message string) Answer {
	return errorAnswer(http.StatusTooManyRequests, transport.CodeBusy, message)
}

// over is the answer after the end of the session.
func over(err error) Answer {
	code := transport.CodeClosed
	var rule *transport.RuleError
	if errors.As(err, &rule) {
		code = transport.CodeProtocol
	}
	return errorAnswer(http.StatusGone, code, err.Error())
}

// empty is the answer without a batch of its own. It still brings the receipt: batches that the
// page has sent along with a pull would wait for that until the next one is answered.
func empty(got transport.Received) Answer {
	b := got.Reply()
	if b == nil {
		return Answer{Status: http.StatusNoContent}
	}
	return Answer{Status: http.StatusOK, Body: [][]byte{b}, Len: len(b)}
}
