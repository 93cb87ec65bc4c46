package webview

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tailrace-go/tailrace/client"
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
)

// incoming is one request of a window's page.
type incoming struct {
	method, uri string
	active      string // URI of the main frame as the view shows it: that of a navigation in progress, if there is one
	// Headers; "" if missing.
	origin, version, session, memory                 string
	byteRange, ifRange, ifNoneMatch, ifModifiedSince string
	body                                             []byte
	tooLarge                                         bool // the body is over the limit, and not read
}

// responder answers one request, by one call of one method, from any goroutine.
type responder interface {
	// control answers with n bytes of body, which may be reused after it returns.
	control(status int, k contentKind, cors bool, body [][]byte, n int)
	// answer answers with headers of its own.
	answer(status int, h http.Header, cors bool, body []byte)
	// stream answers with n bytes that are written to what it returns. Close ends it. When the page does
	// not want them any more, writing gives an error.
	stream(status int, h http.Header, cors bool, n int64) (io.WriteCloser, error)
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
	g := w.app.origins
	cors := g.cross(in.origin)
	if !g.allows(in.origin) {
		refuse(r, false, http.StatusForbidden, transport.CodeForbidden, "this origin is not the app's own")
		return
	}
	rest, ok := strings.CutPrefix(in.uri, Origin)
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
			refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the window shows a page of a foreign origin")
		default:
			w.hello(in, r, cors)
		}
	case controlPath + "carrier":
		w.left(in, r, cors)
	default:
		w.asset(in, r, cors)
	}
}

// inSession gives the page whose session a request belongs to, or refuses it and gives nil.
func (w *Window) inSession(in *incoming, r responder, cors bool) *page {
	if !allowed(in, r, cors) {
		return nil
	}
	if in.session == "" {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the header Tailrace-Session is missing")
		return nil
	}
	p := w.page.Load()
	if p == nil || subtle.ConstantTimeCompare([]byte(in.session), []byte(p.session.ID())) != 1 {
		refuse(r, cors, http.StatusGone, transport.CodeClosed, "the session is over")
		return nil
	}
	if in.tooLarge {
		refuse(r, cors, http.StatusRequestEntityTooLarge, transport.CodeProtocol, "the batch is larger than maxBatch")
		return nil
	}
	return p
}

// batch hands a request for data to the session.
func (w *Window) batch(in *incoming, r responder, cors bool) {
	p := w.inSession(in, r, cors)
	if p == nil {
		return
	}
	p.pulls.Request(in.body, func(a transport.Answer) {
		k := kindJSON
		if a.Status == http.StatusOK {
			k = kindBytes
		}
		r.control(a.Status, k, cors, a.Body, a.Len)
	})
}

// allowed checks what every control request needs, and refuses one that lacks it. Requests that need no CORS, as
// forms, images and no-cors fetches make them, can't have the header. One of a foreign page that has it comes without a
// preflight, since WebKit makes none for the scheme, but with its Origin, and was refused for that.
func allowed(in *incoming, r responder, cors bool) bool {
	switch {
	case in.method != http.MethodPost:
		refuse(r, cors, http.StatusMethodNotAllowed, "method", "this path takes POST only")
	case in.version != "1":
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the header Tailrace-Version: 1 is missing, or of another version")
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

// assetReaders bounds the files that a window has open at once; its further requests wait.
const assetReaders = 64

// asset answers a request for a file. A window that shows a foreign page gets just the page
// that it navigates to.
func (w *Window) asset(in *incoming, r responder, cors bool) {
	if w.origin == "" && (w.app.origins.own(in.active) == "" || withoutFragment(in.uri) != withoutFragment(in.active)) {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the window shows a page of a foreign origin")
		return
	}
	u, err := url.Parse(in.uri)
	if err != nil {
		refuse(r, cors, http.StatusNotFound, "not_found", "the URL can't be read")
		return
	}
	req := &http.Request{Method: in.method, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}
	for name, value := range map[string]string{
		"Range": in.byteRange, "If-Range": in.ifRange, "If-None-Match": in.ifNoneMatch, "If-Modified-Since": in.ifModifiedSince,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	go func() {
		w.readers <- struct{}{}
		defer func() { <-w.readers }()
		rw := &assetWriter{to: r, cors: cors, head: in.method == http.MethodHead, header: http.Header{}}
		defer rw.close()
		returned := false
		defer appcode.Catch(&returned, func(f *appcode.Failure) { // of the app's files
			w.app.log.Error("webview: a file of Assets panicked", "window", w.label, "path", u.Path, "panic", f.Panic, "stack", f.Stack)
			rw.fail()
		})
		switch {
		case w.inspector:
			w.app.inspectorPage(rw, req)
		case u.Path == controlPath+"client.js":
			w.app.assets.module(rw, req, client.Module)
		case w.app.assets.tauriModule(rw, req):
		default:
			w.app.assets.ServeHTTP(rw, req)
		}
		returned = true
	}()
}

func withoutFragment(uri string) string {
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}
