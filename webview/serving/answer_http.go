package serving

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// stallTime bounds the time in which a client over HTTP takes httpPiece bytes of its answer. One
// that takes less loses its connection, and the answer its place and room, for those who wait.
const (
	stallTime = 30 * time.Second
	httpPiece = 32 << 10
)

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

// httpAnswer is a Responder over package net/http. The answer is written by the goroutine of the
// handler, which waits for it, but for a stream, which that one waits for.
type httpAnswer struct {
	*httpWriter
	request *http.Request
	origin  string // the header's
	frames  string // a policy that says who may show the answer in a frame; "": none is needed
	answer  chan httpBody

	mu   sync.Mutex
	over bool // it is answered, or the handler waits no more
}

var _ Responder = (*httpAnswer)(nil)

// httpBody is an answer that is there, or the beginning of a stream.
type httpBody struct {
	status int // 0: there is none, and the connection is to be cut
	header http.Header
	body   []byte
	read   func()
	stream *httpStream // nil: it is there
}

// newHTTPAnswer makes the answer to a request. A server with a WriteTimeout bounds by that how long
// its clients take.
func newHTTPAnswer(
	rw http.ResponseWriter, r *http.Request, origin string, stall time.Duration,
) *httpAnswer {
	s, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && s.WriteTimeout > 0 {
		stall = 0
	}
	return &httpAnswer{
		httpWriter: &httpWriter{to: rw, control: http.NewResponseController(rw), stall: stall},
		request:    r, origin: origin, answer: make(chan httpBody, 1),
	}
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
	s := &httpStream{httpWriter: a.httpWriter, ctx: a.request.Context(), over: make(chan bool, 1)}
	begun := make(chan struct{})
	if !a.give(httpBody{
		status: status, header: a.withCORS(h, cors), read: func() { close(begun) }, stream: s,
	}) {
		return nil, ErrGone
	}
	<-begun
	return s, nil
}

// abort ends the connection instead of an answer.
func (a *httpAnswer) abort() { a.give(httpBody{read: func() {}}) }

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

// isOver notes that the answer is given, and says whether it was before.
func (a *httpAnswer) isOver() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	over := a.over
	a.over = true
	return over
}

// give hands the answer to the handler. false: it waits no more, or has one.
func (a *httpAnswer) give(b httpBody) bool {
	if a.isOver() {
		b.read()
		return false
	}
	a.answer <- b // the only one, for which there is room
	return true
}

// wait writes the answer when it is there. When the request's context ends first, by a handler of
// the app's around this one, the client learns that none comes.
func (a *httpAnswer) wait() {
	var b httpBody
	select {
	case b = <-a.answer:
	case <-a.request.Context().Done():
		if a.isOver() {
			b = <-a.answer // it has just come; a stream waits for its begin, and its end
		} else {
			b = a.late()
		}
	}
	switch {
	case b.status == 0:
		panic(http.ErrAbortHandler)
	case b.stream == nil:
		defer b.read() // also when a writer of the app's panics
		a.head(b)
		_, _ = a.Write(b.body)
	default:
		a.begin(b)
		if whole := <-b.stream.over; !whole {
			panic(http.ErrAbortHandler)
		}
	}
}

// late gives the answer when the request's context has ended before there is one.
func (a *httpAnswer) late() httpBody {
	status := lateStatus(a.request.Context())
	return httpBody{
		status: status, header: a.withCORS(lostHeader(status), false), read: func() {},
		body: []byte(http.StatusText(status) + "\n"),
	}
}

// lateStatus gives the status of what ends with its context.
func lateStatus(ctx context.Context) int {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return http.StatusGatewayTimeout
	}
	return http.StatusServiceUnavailable
}

// head writes the head of an answer.
func (a *httpAnswer) head(b httpBody) {
	h := a.to.Header()
	for name, values := range b.header {
		h[name] = values
	}
	if a.frames != "" && !saysFrames(h) {
		h.Add("Content-Security-Policy", a.frames)
	}
	_ = a.renew() // the writes behind it tell
	a.to.WriteHeader(b.status)
}

// begin begins a stream: its head is sent, which may be all for a while. When that panics, writing
// to the stream fails.
func (a *httpAnswer) begin(b httpBody) {
	defer b.read()
	begun := false
	defer func() {
		if !begun {
			a.leave()
		}
	}()
	a.head(b)
	_ = a.flush() // the stream's own writes tell
	begun = true
}

// saysFrames says whether an answer has a policy of its own about who may show it in a frame.
func saysFrames(h http.Header) bool {
	policies := strings.ToLower(strings.Join(h.Values("Content-Security-Policy"), ", "))
	return h.Get("X-Frame-Options") != "" || strings.Contains(policies, "frame-ancestors")
}

// httpWriter writes an answer.
type httpWriter struct {
	to      http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration // that a piece may take; 0: the server bounds it

	gone atomic.Bool // nothing may be written any more
}

// renew gives the client its time for the next piece. Deadlines can't be set everywhere: writers
// that the app has around ours need a method Unwrap.
func (w *httpWriter) renew() error {
	if !w.gone.Load() && w.stall > 0 {
		_ = w.control.SetWriteDeadline(time.Now().Add(w.stall))
		if w.gone.Load() { // meanwhile
			_ = w.control.SetWriteDeadline(past)
		}
	}
	if w.gone.Load() {
		return ErrGone
	}
	return nil
}

// Write implements io.Writer.
func (w *httpWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		if err = w.renew(); err != nil {
			break
		}
		piece := p[:min(len(p), httpPiece)]
		var m int
		m, err = w.to.Write(piece)
		if err == nil && m < len(piece) {
			err = io.ErrShortWrite
		}
		n, p = n+m, p[m:]
	}
	return n, err
}

// flush sends what was written, as far as the writers that the app has around ours can.
func (w *httpWriter) flush() error {
	if err := w.renew(); err != nil {
		return err
	}
	if err := w.control.Flush(); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// leave has writing fail from now on.
func (w *httpWriter) leave() { w.gone.Store(true) }

// cut is leave that ends a write in progress, too.
func (w *httpWriter) cut() {
	w.leave()
	_ = w.control.SetWriteDeadline(past)
}

// cutting has f called when ctx ends. What it gives keeps f from that, or waits for its end: behind
// the end of a handler nothing may be done with its connection.
func cutting(ctx context.Context, f func()) (stop func()) {
	done := make(chan struct{})
	stopped := context.AfterFunc(ctx, func() {
		defer close(done)
		appcode.Call(f) // writers may be the app's
	})
	return sync.OnceFunc(func() {
		if !stopped() {
			<-done
		}
	})
}

// httpStream is the body of an answer, which its writer's goroutine writes.
type httpStream struct {
	*httpWriter
	ctx  context.Context // the request's
	over chan bool
	stop func() bool // keeps the function of WhenGone from being called
	kept func()      // keeps the stream from being cut
}

// Write implements io.Writer. What is written is on its way.
func (s *httpStream) Write(p []byte) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	n, err := s.httpWriter.Write(p)
	if err == nil {
		err = s.flush()
	}
	return n, err
}

// WhenGone implements Body.
func (s *httpStream) WhenGone(f func()) { s.stop = context.AfterFunc(s.ctx, f) }

// until has writes fail, also one in progress, when ctx ends.
func (s *httpStream) until(ctx context.Context) { s.kept = cutting(ctx, s.httpWriter.cut) }

// End implements Body.
func (s *httpStream) End(whole bool) {
	if s.stop != nil {
		s.stop()
	}
	if s.kept != nil {
		s.kept()
	}
	s.leave()
	s.over <- whole
}
