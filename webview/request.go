package webview

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// incoming is one request of a window's page.
type incoming struct {
	method, uri string
	// URI of the main frame as the view shows it: that of a navigation in progress, if there is one
	active string
	// Headers; "" if missing.
	origin, version, session, memory string
	body                             []byte
	tooLarge                         bool // the body is over the limit, and not read
	unreadable                       bool // WebKit can't read the body
	// Of requests that are not the client's own.
	header   http.Header
	longHead bool // the headers are over the limit, and not there
	// gives the body, on the main thread; no body: nil, false
	take func() (body io.ReadCloser, unreadable bool)
}

// responder answers one request, by one call of one method, from any goroutine.
type responder interface {
	// control answers with n bytes of body, which may be reused after it returns.
	control(status int, k contentKind, cors bool, body [][]byte, n int)
	// answer answers with headers of its own. read is called once, when the body was read, or
	// nobody wants it.
	answer(status int, h http.Header, cors bool, body []byte, read func())
	// stream answers with n bytes that are written to what it returns; -1: their number is not
	// known.
	stream(status int, h http.Header, cors bool, n int64) (answerBody, error)
}

// answerBody is the body of an answer that is streamed. One goroutine uses it, which calls end
// exactly once. When the page does not want the rest, writing gives an error.
type answerBody interface {
	io.Writer
	// whenGone has f called, on another goroutine, when the page does not want the rest.
	whenGone(f func())
	// end ends the body; not whole: the page is to get an error, instead of the end.
	end(whole bool)
}

// contentKind is the content type of a control answer.
type contentKind int

const (
	kindBytes contentKind = iota // application/octet-stream
	kindJSON                     // application/json
)

// controlPath is where everything but assets lives.
const controlPath = "/.tailrace/"

// request answers one request of the window's page. It runs on the main thread and does not block.
func (w *Window) request(in *incoming, r responder) {
	if navigates(in.header) {
		r = noting{r, &w.noted, in.uri}
	}
	g := w.app.origins
	cors := g.cross(in.origin)
	if !g.allows(in.origin) {
		refuse(r, false, http.StatusForbidden, transport.CodeForbidden, "this origin is not the "+
			"app's own")
		return
	}
	rest, ok := served(in.uri)
	if !ok {
		refuse(r, cors, http.StatusNotFound, "not_found", "there is only "+Origin)
		return
	}
	switch rest {
	case controlPath + "batch":
		w.batch(in, r, cors)
	case controlPath + "hello":
		switch {
		case !allowed(in, r, cors):
		case w.origin == "" || g.own(in.active) == "":
			refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the window shows a "+
				"page of a foreign origin")
		default:
			w.greet(in, r, cors)
		}
	case controlPath + "carrier":
		w.left(in, r, cors)
	case controlPath + "leave":
		w.saysLast(in, r, cors)
	default:
		w.asset(in, rest, r, cors)
	}
}

// inSession gives the page whose session a request belongs to, or refuses it and gives nil.
func (w *Window) inSession(in *incoming, r responder, cors bool) *page {
	if !allowed(in, r, cors) {
		return nil
	}
	if in.session == "" {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the header "+
			"Tailrace-Session is missing")
		return nil
	}
	p := w.current()
	if p == nil || subtle.ConstantTimeCompare([]byte(in.session), []byte(p.session.ID())) != 1 {
		refuse(r, cors, http.StatusGone, transport.CodeClosed, "the session is over")
		return nil
	}
	if in.unreadable {
		refuse(r, cors, http.StatusUnsupportedMediaType, transport.CodeProtocol, unreadableBody)
		return nil
	}
	if in.tooLarge {
		refuse(r, cors, http.StatusRequestEntityTooLarge, transport.CodeProtocol,
			"the batch is larger than maxBatch")
		return nil
	}
	return p
}

// current gives the page whose requests are served: what the window shows, or has just left.
func (w *Window) current() *page {
	if p := w.page.Load(); p != nil {
		return p
	}
	return w.former.page
}

// unreadableBody says what WebKit can't read.
const unreadableBody = "the body has a Blob or File in it, which WebKit can't hand to a scheme: " +
	"send its arrayBuffer()"

// batch hands a request for data to the session.
func (w *Window) batch(in *incoming, r responder, cors bool) {
	p := w.inSession(in, r, cors)
	if p == nil {
		return
	}
	p.pulls.Request(in.body, func(a pulls.Answer) {
		k := kindJSON
		if a.Status == http.StatusOK {
			k = kindBytes
		}
		r.control(a.Status, k, cors, a.Body, a.Len)
	})
}

// allowed checks what every control request needs, and refuses one that lacks it. Requests that
// need no CORS, as forms, images and no-cors fetches make them, can't have the header. One of a
// foreign page that has it comes without a preflight, since WebKit makes none for the scheme, but
// with its Origin, and was refused for that.
func allowed(in *incoming, r responder, cors bool) bool {
	switch {
	case in.method != http.MethodPost:
		refuse(r, cors, http.StatusMethodNotAllowed, "method", "this path takes POST only")
	case in.version != "1":
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the header "+
			"Tailrace-Version: 1 is missing, or of another version")
	default:
		return true
	}
	return false
}

// refuse answers with an error, as JSON.
func refuse(r responder, cors bool, status int, code, message string) {
	body, err := json.Marshal(transport.Error{Code: code, Message: message})
	if err != nil {
		panic(err) // strings always encode
	}
	r.control(status, kindJSON, cors, [][]byte{body}, len(body))
}

func withoutFragment(uri string) string {
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}
