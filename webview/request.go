package webview

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// controlPath is where everything but assets lives.
const controlPath = "/.tailrace/"

// incoming is request, except that a test program's faults come between.
func (w *Window) incoming(in *view.Request, r view.Responder) {
	if i := faults.Active(); i != nil {
		if r = disturb(i, w, in, r); r == nil {
			return
		}
	}
	w.request(in, r)
}

// request answers one request of the window's page. It runs on the main thread and does not block.
func (w *Window) request(in *view.Request, r view.Responder) {
	if navigates(in.Header) {
		r = noting{r, &w.noted, in.URI}
	}
	g := w.app.origins
	cors := g.cross(in.Origin)
	if !g.allows(in.Origin) {
		refuse(r, false, http.StatusForbidden, transport.CodeForbidden, "this origin is not the "+
			"app's own")
		return
	}
	rest, ok := served(in.URI)
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
		case w.origin == "" || g.own(in.Active) == "":
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
func (w *Window) inSession(in *view.Request, r view.Responder, cors bool) *page {
	if !allowed(in, r, cors) {
		return nil
	}
	if in.Session == "" {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the header "+
			"Tailrace-Session is missing")
		return nil
	}
	p := w.current()
	if p == nil || subtle.ConstantTimeCompare([]byte(in.Session), []byte(p.session.ID())) != 1 {
		refuse(r, cors, http.StatusGone, transport.CodeClosed, "the session is over")
		return nil
	}
	if in.Unreadable {
		refuse(r, cors, http.StatusUnsupportedMediaType, transport.CodeProtocol, unreadableBody)
		return nil
	}
	if in.TooLarge {
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
func (w *Window) batch(in *view.Request, r view.Responder, cors bool) {
	p := w.inSession(in, r, cors)
	if p == nil {
		return
	}
	p.pulls.Request(in.Body, func(a pulls.Answer) {
		k := view.KindJSON
		if a.Status == http.StatusOK {
			k = view.KindBytes
		}
		r.Control(a.Status, k, cors, a.Body, a.Len)
	})
}

// allowed checks what every control request needs, and refuses one that lacks it. Requests that
// need no CORS, as forms, images and no-cors fetches make them, can't have the header. One of a
// foreign page that has it comes without a preflight, since WebKit makes none for the scheme, but
// with its Origin, and was refused for that.
func allowed(in *view.Request, r view.Responder, cors bool) bool {
	switch {
	case in.Method != http.MethodPost:
		refuse(r, cors, http.StatusMethodNotAllowed, "method", "this path takes POST only")
	case in.Version != "1":
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the header "+
			"Tailrace-Version: 1 is missing, or of another version")
	default:
		return true
	}
	return false
}

// refuse answers with an error, as JSON.
func refuse(r view.Responder, cors bool, status int, code, message string) {
	body, err := json.Marshal(transport.Error{Code: code, Message: message})
	if err != nil {
		panic(err) // strings always encode
	}
	r.Control(status, view.KindJSON, cors, [][]byte{body}, len(body))
}

func withoutFragment(uri string) string {
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}
