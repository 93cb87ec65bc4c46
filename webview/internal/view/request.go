package view

import (
	"fmt"
	"io"
	"net/http"

	"github.com/tailrace-go/tailrace/transport"
)

// Request is one request of a page over the custom scheme.
type Request struct {
	Method, URI string
	// Active is the URI of the main frame as the view shows it: that of a navigation in progress,
	// if there is one.
	Active string
	// Headers of the client's requests; "" if missing.
	Origin, Version, Session, Memory string
	// Body is that of the client's requests.
	Body       []byte
	TooLarge   bool // the body is over View.LimitBodies, and not read
	Unreadable bool // WebKit can't read the body

	// Header has the headers of requests that are not the client's own; nil: it is the client's.
	Header   http.Header
	LongHead bool // the headers are over MaxHead, and not there
	// Take gives the body of such a request, on the main thread. It gives nil and false when there
	// is none, nil and true when it can't be read. A body may have a method Until, which has reads
	// fail when a channel is closed, and is called before the first one.
	Take func() (body io.ReadCloser, unreadable bool)
}

// ErrGone is a page that is gone, or does not want the rest of an answer.
var ErrGone = fmt.Errorf("%w: the page is gone", transport.ErrClosed)

// MaxHead bounds the URL and the headers of a request, in bytes.
const MaxHead = 64 << 10

// Responder answers one request, by one call of one method, from any goroutine.
type Responder interface {
	// Control answers with n bytes of body, which may be reused after it returns.
	Control(status int, k ContentKind, cors bool, body [][]byte, n int)
	// Answer answers with headers of its own. read is called once, on any thread, when the body was
	// read, or nobody wants it.
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
