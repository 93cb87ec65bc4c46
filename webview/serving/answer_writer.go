package serving

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// streamFrom is the length from which an answer is streamed instead of held in memory. A pipe
// costs two descriptors and a few system calls, which a small file should not pay.
const streamFrom = 1 << 20

// heldMost is what is held of an answer of unknown length before it is streamed.
const heldMost = 64 << 10

// answerWriter makes a Responder's answer of what an http.Handler writes. A large answer, and one
// that is flushed, is streamed with flat memory. The handler's goroutine uses it. What others do
// with it beside that, or after its end, has errors, as the request is gone then.
type answerWriter struct {
	header  http.Header
	head    bool   // the request is a HEAD: no body follows
	aside   bool   // a redirect is not answered, but kept for who asks
	follows bool   // the page's browser follows redirects
	ours    bool   // it is not the app's own answer: an error is no page of the app
	stay    stay   // the place in which it is made
	tooLate func() // called when a file takes its time

	mu    sync.Mutex // guards what follows, when the handler has it
	ended bool       // it is answered
	clock clock      // of the file that answers
	said  said
	wrote int64  // bytes of the body
	held  []byte // of the body; nothing of it is streamed
	way   way
}

// said is the head of an answer.
type said struct {
	status int         // 0: no header was written yet
	header http.Header // as it was when the header was written
	length int64       // of the body, as the header says; -1: it does not
}

var (
	_ http.ResponseWriter = (*answerWriter)(nil)
	_ http.Flusher        = (*answerWriter)(nil)
)

// writer makes the writer of a request's answer.
func (v *Viewer) writer(r *Request, a Reply, asked *pageRequest, req *http.Request) *answerWriter {
	return &answerWriter{
		head: r.Method == http.MethodHead, header: http.Header{}, follows: r.from != nil,
		way: way{
			reply: a, ctx: asked.ctx, gone: func() { asked.cancel(ErrGone) },
			room: &v.room, cost: answerCost + int64(len(r.URI)),
		},
		stay: stay{
			seats: v.seats, by: asked.by, name: req.URL.Path, ctx: asked.ctx,
			over: &v.pages.overstaying,
		},
		tooLate: func() { v.tooLate(req.URL.Path) },
	}
}

// Header implements http.ResponseWriter.
func (a *answerWriter) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter. Informational statuses have no way to the page.
func (a *answerWriter) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin(status)
}

func (a *answerWriter) begin(status int) {
	if a.ended || a.said.status != 0 || status >= 100 && status < 200 &&
		status != http.StatusSwitchingProtocols {
		return
	}
	if status < 200 || status > 999 {
		status = http.StatusInternalServerError // there is no connection to switch
	}
	a.said = said{status, a.header.Clone(), -1}
	h := a.said.header
	if h == nil {
		h = http.Header{}
		a.said.header = h
	}
	if a.ours && status >= 400 {
		noPage(h, status)
	}
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		a.said.length = n
	} else {
		h.Del("Content-Length")
	}
}

// redirected gives where the answer sends on, if that is kept aside.
func (a *answerWriter) redirected() string {
	if !a.aside || !isRedirect(a.said.status) {
		return ""
	}
	return a.said.header.Get("Location")
}

// restart begins the answer anew, with these headers. Nothing of it was sent.
func (a *answerWriter) restart(h http.Header) {
	a.header, a.said, a.wrote, a.held = h, said{}, 0, nil
}

// bodiless says whether no body belongs to the answer.
func (a *answerWriter) bodiless() bool {
	return a.head || a.said.status == http.StatusNoContent ||
		a.said.status == http.StatusNotModified
}

// typed gives the answer the type of how its body begins, if the handler has given none: WebKit
// takes what has none for a file to download.
func (a *answerWriter) typed(begin []byte) {
	h := a.said.header
	if a.way.body == nil && h.Get("Content-Type") == "" && h.Get("Content-Encoding") == "" {
		h.Set("Content-Type", http.DetectContentType(begin))
	}
}

// stream begins to stream, with what is held.
func (a *answerWriter) stream() {
	if a.way.err != nil || a.way.body != nil {
		return
	}
	a.typed(nil)
	held := a.held
	a.held = nil
	a.way.stream(a.said.status, a.said.header, a.said.length, held)
}

// Write implements http.ResponseWriter. The error says that the page does not want the rest, or
// that it is more than the header says.
func (a *answerWriter) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.goesOn()
	a.begin(http.StatusOK)
	length := a.said.length
	switch {
	case a.ended:
		return 0, http.ErrHandlerTimeout
	case a.head:
		return len(p), nil
	case a.bodiless():
		return 0, http.ErrBodyNotAllowed
	case a.way.err != nil:
		return 0, a.way.err
	case length >= 0 && a.wrote+int64(len(p)) > length:
		return 0, http.ErrContentLength
	}
	if a.wrote == 0 {
		a.typed(p)
	}
	a.wrote += int64(len(p))
	if length > streamFrom && a.redirected() == "" {
		a.stream()
	}
	switch {
	case a.way.err != nil:
		return 0, a.way.err
	case a.way.body != nil:
		return a.way.send(p)
	}
	return a.hold(p)
}

// hold keeps what is written for the end of the answer, or until it is too much for that.
func (a *answerWriter) hold(p []byte) (int, error) {
	if a.redirected() != "" {
		a.held = append(a.held, p[:min(len(p), heldMost-len(a.held))]...) // nobody shows it
		return len(p), nil
	}
	if a.held == nil {
		a.held = make([]byte, 0, max(a.said.length, int64(len(p))))
	}
	a.held = append(a.held, p...)
	if a.said.length < 0 && len(a.held) > heldMost {
		a.stream()
	}
	return len(p), a.way.err
}

// Flush implements http.Flusher: what was written so far is on its way to the page.
func (a *answerWriter) Flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin(http.StatusOK)
	if !a.ended && !a.bodiless() && a.redirected() == "" {
		a.stream()
	}
}

// close ends the answer. One that is held waits for its room first.
func (a *answerWriter) close() {
	a.mu.Lock()
	if a.ended {
		a.mu.Unlock()
		return // a file was late
	}
	w, none := &a.way, a.said.status == 0 && a.way.ctx.Err() != nil
	a.begin(http.StatusOK)
	a.ended = true
	a.mu.Unlock() // from here on nobody else has what it guards
	length := a.said.length
	switch {
	case none: // whoever was to answer has seen the end
		a.lose(lateStatus(w.ctx))
	case w.body != nil:
		w.body.End(w.err == nil && (length < 0 || a.wrote == length))
	case w.err != nil, !a.bodiless() && length > a.wrote:
		a.lose(http.StatusInternalServerError)
	default:
		if !a.bodiless() {
			a.typed(nil)
			a.said.header.Set("Content-Length", strconv.Itoa(len(a.held)))
		}
		w.answer(a.said.status, a.said.header, a.held)
	}
}

// fail ends an answer that could not be made: with that status, or, if it has begun already, as one
// that was cut off.
func (a *answerWriter) fail(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.ended = true
		a.lose(status)
	}
}

// abort ends an answer as http.ErrAbortHandler wants it.
func (a *answerWriter) abort() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.ended = true
		a.way.cut(a.textOf(http.StatusInternalServerError))
	}
}

func (a *answerWriter) lose(status int) { a.way.lose(status, a.textOf(status)) }

// textOf gives the body of an answer of ours with an error.
func (a *answerWriter) textOf(status int) []byte {
	if a.head {
		return nil
	}
	return []byte(http.StatusText(status) + "\n")
}

// watch begins to bound the time that a file takes for each piece of its answer. The writer itself
// may take as long as the page reads.
func (a *answerWriter) watch(limit time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock.start(limit, a.late)
}

// unwatch ends that. true: the answer was given meanwhile, since the file was late.
func (a *answerWriter) unwatch() (late bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock.stop()
	return a.ended
}

// goesOn notes that a file has come on. With mu.
func (a *answerWriter) goesOn() {
	if !a.ended {
		a.clock.goesOn()
	}
}

// piece is goesOn for who reads a file whole before it writes.
func (a *answerWriter) piece() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.goesOn()
}

// late answers instead of a file that does not come. Its goroutine waits for it, without a place.
func (a *answerWriter) late() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || !a.clock.isLate() {
		return
	}
	a.ended, a.held = true, nil
	a.stay.giveUp() // first: who has the answer may ask again
	a.lose(http.StatusGatewayTimeout)
	a.tooLate()
}
