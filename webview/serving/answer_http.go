package serving

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// httpAnswer is a Responder over package net/http. The answer is written by the goroutine of the
// handler, which waits for it, but for a stream, which that one waits for.
type httpAnswer struct {
	rw      http.ResponseWriter
	request *http.Request
	origin  string // the header's
	frames  string // a policy that says who may show the answer in a frame; "": none is needed
	answer  chan httpBody

	mu   sync.Mutex
	gone bool // the handler waits no more
}

var _ Responder = (*httpAnswer)(nil)

// httpBody is an answer that is there, or the beginning of a stream.
type httpBody struct {
	status int
	header http.Header
	body   []byte
	read   func()
	stream *httpStream // nil: it is there
}

func newHTTPAnswer(rw http.ResponseWriter, r *http.Request, origin string) *httpAnswer {
	return &httpAnswer{rw: rw, request: r, origin: origin, answer: make(chan httpBody, 1)}
}

// Control implements Responder.
func (a *httpAnswer) Control(status int, k ContentKind, cors bool, body [][]byte, n int) {
	whole := make([]byte, 0, n)
	for _, b := range body {
		whole = append(whole, b...)
	}
	h := http.Header{"X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}}
	if n > 0 {
		h.Set("Content-Type", k.String())
	}
	if status >= 400 {
		noPage(h, status)
	}
	a.give(httpBody{status: status, header: a.withCORS(h, cors), body: whole, read: func() {}})
}

// Answer implements Responder.
func (a *httpAnswer) Answer(status int, h http.Header, cors bool, body []byte, read func()) {
	a.give(httpBody{status: status, header: a.withCORS(h, cors), body: body, read: read})
}

// Stream implements Responder.
func (a *httpAnswer) Stream(status int, h http.Header, cors bool, n int64) (Body, error) {
	s := &httpStream{to: a.rw, ctx: a.request.Context(), over: make(chan bool, 1)}
	s.control = http.NewResponseController(a.rw)
	begun := make(chan struct{})
	if !a.give(httpBody{
		status: status, header: a.withCORS(h, cors), read: func() { close(begun) }, stream: s,
	}) {
		return nil, ErrGone
	}
	<-begun
	return s, nil
}

// preflight answers that a page of another origin of ours may ask for anything.
func (a *httpAnswer) preflight() {
	h := a.withCORS(http.Header{}, true)
	for _, name := range []string{"Method", "Headers"} {
		asked := a.request.Header.Values("Access-Control-Request-" + name)
		if name == "Method" {
			name = "Methods"
		}
		h["Access-Control-Allow-"+name] = asked
	}
	a.give(httpBody{status: http.StatusNoContent, header: h, read: func() {}})
}

// withCORS gives the headers of an answer to a page of another origin.
func (a *httpAnswer) withCORS(h http.Header, cors bool) http.Header {
	h.Del(documentHeader)
	if cors {
		h.Set("Access-Control-Allow-Origin", a.origin)
		h.Add("Vary", "Origin")
	}
	return h
}

// give hands the answer to the handler. false: it waits no more.
func (a *httpAnswer) give(b httpBody) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone {
		b.read()
		return false
	}
	a.answer <- b // the only one, for which there is room
	return true
}

// wait writes the answer when it is there. When the connection ends first, nobody gets it.
func (a *httpAnswer) wait() {
	var b httpBody
	select {
	case b = <-a.answer:
	case <-a.request.Context().Done():
		a.mu.Lock()
		a.gone = true
		a.mu.Unlock()
		select {
		case b = <-a.answer: // it came meanwhile; a stream waits for its begin, and its end
		default:
			return
		}
	}
	h := a.rw.Header()
	for name, values := range b.header {
		h[name] = values
	}
	if a.frames != "" && !saysFrames(h) {
		h.Add("Content-Security-Policy", a.frames)
	}
	a.rw.WriteHeader(b.status)
	if b.stream == nil {
		_, _ = a.rw.Write(b.body)
		b.read()
		return
	}
	b.read()
	if whole := <-b.stream.over; !whole {
		panic(http.ErrAbortHandler)
	}
}

// saysFrames says whether an answer has a policy of its own about who may show it in a frame.
func saysFrames(h http.Header) bool {
	policies := strings.ToLower(strings.Join(h.Values("Content-Security-Policy"), ", "))
	return h.Get("X-Frame-Options") != "" || strings.Contains(policies, "frame-ancestors")
}

// httpStream is the body of an answer, which its writer's goroutine writes.
type httpStream struct {
	to      http.ResponseWriter
	control *http.ResponseController
	ctx     context.Context // the request's
	over    chan bool
	stop    func() bool // keeps the function of WhenGone from being called
}

// Write implements io.Writer.
func (s *httpStream) Write(p []byte) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	n, err := s.to.Write(p)
	if err == nil {
		err = s.control.Flush()
	}
	return n, err
}

// WhenGone implements Body.
func (s *httpStream) WhenGone(f func()) { s.stop = context.AfterFunc(s.ctx, f) }

// End implements Body.
func (s *httpStream) End(whole bool) {
	if s.stop != nil {
		s.stop()
	}
	s.over <- whole
}
