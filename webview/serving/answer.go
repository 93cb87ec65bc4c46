package serving

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/tailrace-go/tailrace/transport"
)

// Responder answers one request, by one call of one method, from any goroutine. With cors, the
// answer is for another origin of the app's own, and needs Access-Control-Allow-Origin.
type Responder interface {
	// Control answers a request of the client with n bytes of body, which may be reused after it
	// returns. The answer is not to be kept, and no page of the app.
	Control(status int, k ContentKind, cors bool, body [][]byte, n int)
	// Answer answers with headers of its own. read is called once, when the body was read, or
	// nobody wants it.
	Answer(status int, h http.Header, cors bool, body []byte, read func())
	// Stream answers with n bytes that are written to what it returns; -1: their number is not
	// known.
	Stream(status int, h http.Header, cors bool, n int64) (Body, error)
}

// Body is the body of an answer that is streamed. One goroutine uses it, which calls End exactly
// once. When the page does not want the rest, writing gives an error.
type Body interface {
	io.Writer
	// WhenGone has f called, on another goroutine, when the page does not want the rest.
	WhenGone(f func())
	// End ends the body; not whole: the page is to get an error, instead of the end.
	End(whole bool)
}

// ContentKind is the content type of a control answer.
type ContentKind int

// The kinds.
const (
	KindBytes ContentKind = iota // application/octet-stream
	KindJSON                     // application/json
)

// String gives the content type.
func (k ContentKind) String() string {
	if k == KindJSON {
		return "application/json"
	}
	return "application/octet-stream"
}

// Reply is the way of a control answer.
type Reply struct {
	To   Responder
	CORS bool
}

// JSON answers with a JSON text, or without a body if it is empty.
func (r Reply) JSON(status int, text []byte) {
	if len(text) == 0 {
		r.To.Control(status, KindJSON, r.CORS, nil, 0)
		return
	}
	r.To.Control(status, KindJSON, r.CORS, [][]byte{text}, len(text))
}

// Refuse answers with an error, as JSON.
func (r Reply) Refuse(status int, code, message string) {
	body, err := json.Marshal(transport.Error{Code: code, Message: message})
	if err != nil {
		panic(err) // strings always encode
	}
	r.JSON(status, body)
}
