package webview

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// streamFrom is the length from which an answer is streamed instead of held in memory. A pipe
// costs two descriptors and a few system calls, which a small file should not pay.
const streamFrom = 1 << 20

// heldMost is what is held of an answer of unknown length before it is streamed.
const heldMost = 64 << 10

// assetWriter makes a view.Responder's answer of what an http.Handler writes. A large answer, and
// one that is flushed, goes through a pipe with flat memory. The handler's goroutine uses it. What
// others do with it beside that, or after its end, has errors, as the native side's request is gone
// then.
type assetWriter struct {
	to      view.Responder
	cors    bool
	head    bool // the request is a HEAD: no body follows
	header  http.Header
	ctx     context.Context // ends with the page
	room    *room
	cost    int64  // what the answer takes of the room besides its body
	gone    func() // called when the page does not want the rest of a stream; may be nil
	aside   bool   // a redirect is not answered, but kept for who asks
	stay    stay   // the place in which it is made
	tooLate func() // called when a file takes its time; may be nil
	ours    bool   // it is not the app's own answer: an error is no page of the app

	mu     sync.Mutex    // guards what follows, when the handler has it
	ended  bool          // it is answered
	clock  *time.Timer   // of the file that answers; nil: none does
	limit  time.Duration // how long that may take for a piece
	due    time.Time     // when it is late; zero: no file answers
	status int           // 0: no header was written yet
	sent   http.Header   // as it was when the header was written
	length int64         // of the body, as the header says; -1: it does not
	wrote  int64         // bytes of the body
	held   []byte
	body   view.Body // nil: the answer is held
	err    error
}

var (
	_ http.ResponseWriter = (*assetWriter)(nil)
	_ http.Flusher        = (*assetWriter)(nil)
)

// Header implements http.ResponseWriter.
func (a *assetWriter) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter. Informational statuses have no way to the page.
func (a *assetWriter) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin(status)
}

func (a *assetWriter) begin(status int) {
	if a.ended || a.status != 0 || status >= 100 && status < 200 &&
		status != http.StatusSwitchingProtocols {
		return
	}
	if status < 200 || status > 999 {
		status = http.StatusInternalServerError // there is no connection to switch
	}
	a.status, a.sent, a.length = status, a.header.Clone(), -1
	if a.sent == nil {
		a.sent = http.Header{}
	}
	if a.ours && status >= 400 {
		noPage(a.sent, status)
	}
	if n, err := strconv.ParseInt(a.sent.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		a.length = n
	} else {
		a.sent.Del("Content-Length")
	}
}

// redirected gives where the answer sends on, if that is kept aside.
func (a *assetWriter) redirected() string {
	if !a.aside || !isRedirect(a.status) {
		return ""
	}
	return a.sent.Get("Location")
}

// restart begins the answer anew, with these headers. Nothing of it was sent.
func (a *assetWriter) restart(h http.Header) {
	a.header, a.status, a.sent, a.length, a.wrote, a.held = h, 0, nil, 0, 0, nil
}

// bodiless says whether no body belongs to the answer.
func (a *assetWriter) bodiless() bool {
	return a.head || a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

// typed gives the answer the type of how its body begins, if the handler has given none: WebKit
// takes what has none for a file to download.
func (a *assetWriter) typed(begin []byte) {
	if a.body == nil && a.sent.Get("Content-Type") == "" && a.sent.Get("Content-Encoding") == "" {
		a.sent.Set("Content-Type", http.DetectContentType(begin))
	}
}

// stream begins to stream, with what is held.
func (a *assetWriter) stream() {
	if a.err != nil || a.body != nil {
		return
	}
	a.typed(nil)
	if a.err = a.room.take(a.ctx, a.cost); a.err != nil {
		return
	}
	if a.body, a.err = a.to.Stream(a.status, sanitized(a.sent), a.cors, a.length); a.err != nil {
		a.room.send(a.cost)
		return
	}
	if a.gone != nil {
		a.body.WhenGone(a.gone)
	}
	held := a.held
	a.held = nil
	a.room.send(a.cost)
	_, _ = a.send(held)
}

// send writes to the stream as the page takes it.
func (a *assetWriter) send(p []byte) (n int, err error) {
	for len(p) > 0 && a.err == nil {
		piece := p[:min(len(p), roomPiece)]
		if a.err = a.room.take(a.ctx, int64(len(piece))); a.err != nil {
			break
		}
		var m int
		m, a.err = a.body.Write(piece)
		a.room.send(int64(len(piece)))
		n, p = n+m, p[m:]
	}
	return n, a.err
}

// Write implements http.ResponseWriter. The error says that the page does not want the rest, or
// that it is more than the header says.
func (a *assetWriter) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.goesOn()
	a.begin(http.StatusOK)
	switch {
	case a.ended:
		return 0, http.ErrHandlerTimeout
	case a.head:
		return len(p), nil
	case a.bodiless():
		return 0, http.ErrBodyNotAllowed
	case a.err != nil:
		return 0, a.err
	case a.length >= 0 && a.wrote+int64(len(p)) > a.length:
		return 0, http.ErrContentLength
	}
	if a.wrote == 0 {
		a.typed(p)
	}
	a.wrote += int64(len(p))
	if a.length > streamFrom && a.redirected() == "" {
		a.stream()
	}
	switch {
	case a.err != nil:
		return 0, a.err
	case a.body != nil:
		return a.send(p)
	}
	if a.redirected() != "" {
		a.held = append(a.held, p[:min(len(p), heldMost-len(a.held))]...) // nobody shows it
		return len(p), nil
	}
	if a.held == nil {
		a.held = make([]byte, 0, max(a.length, int64(len(p))))
	}
	a.held = append(a.held, p...)
	if a.length < 0 && len(a.held) > heldMost {
		a.stream()
	}
	return len(p), a.err
}

// Flush implements http.Flusher: what was written so far is on its way to the page.
func (a *assetWriter) Flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin(http.StatusOK)
	if !a.ended && !a.bodiless() && a.redirected() == "" {
		a.stream()
	}
}

// close ends the answer. One that is held waits for its room first.
func (a *assetWriter) close() {
	a.mu.Lock()
	if a.ended {
		a.mu.Unlock()
		return // a file was late
	}
	a.begin(http.StatusOK)
	a.ended = true
	a.mu.Unlock() // from here on nobody else has what it guards
	switch {
	case a.body != nil:
		a.body.End(a.err == nil && (a.length < 0 || a.wrote == a.length))
	case a.err != nil, !a.bodiless() && a.length > a.wrote:
		a.lose(http.StatusInternalServerError)
	default:
		if !a.bodiless() {
			a.typed(nil)
			a.sent.Set("Content-Length", strconv.Itoa(len(a.held)))
		}
		n := a.cost + int64(len(a.held))
		if a.room.take(a.ctx, n) != nil {
			a.lose(http.StatusInternalServerError) // nobody reads it
			return
		}
		a.to.Answer(a.status, sanitized(a.sent), a.cors, a.held, func() { a.room.send(n) })
	}
}

// fail ends an answer that could not be made: with status 500, or, if it has begun already, as one
// that was cut off.
func (a *assetWriter) fail() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.ended = true
		a.lose(http.StatusInternalServerError)
	}
}

func (a *assetWriter) lose(status int) {
	if a.body != nil {
		a.body.End(false)
		return
	}
	h := http.Header{
		"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
		"Cache-Control": {"no-store"},
	}
	noPage(h, status)
	text := http.StatusText(status) + "\n"
	if a.head {
		text = ""
	}
	a.to.Answer(status, h, a.cors, []byte(text), func() {})
}

// watch begins to bound the time that a file takes for each piece of its answer. The writer itself
// may take as long as the page reads.
func (a *assetWriter) watch(limit time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limit, a.due = limit, time.Now().Add(limit)
	a.clock = time.AfterFunc(limit, a.late)
}

// unwatch ends that. true: the answer was given meanwhile, since the file was late.
func (a *assetWriter) unwatch() (late bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock.Stop()
	a.due = time.Time{}
	return a.ended
}

// goesOn notes that a file has come on. With mu.
func (a *assetWriter) goesOn() {
	if !a.due.IsZero() && !a.ended {
		a.due = time.Now().Add(a.limit)
		a.clock.Reset(a.limit)
	}
}

// piece is goesOn for who reads a file whole before it writes.
func (a *assetWriter) piece() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.goesOn()
}

// late answers instead of a file that does not come. Its goroutine waits for it, without a place.
func (a *assetWriter) late() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || a.due.IsZero() || time.Now().Before(a.due) {
		return
	}
	a.ended, a.held = true, nil
	a.lose(http.StatusGatewayTimeout)
	a.stay.giveUp()
	if a.tooLate != nil {
		a.tooLate()
	}
}
