package serving

import (
	"context"
	"net/http"
	"time"
)

// way is the way of an answer to its page, through the room for those that are on theirs. One
// goroutine uses it at a time: the handler's, or who has ended the answer.
type way struct {
	reply Reply
	ctx   context.Context // ends with the page
	room  *room
	cost  int64  // what the answer takes of the room besides its body
	gone  func() // called when the page does not want the rest of a stream; may be nil
	body  Body   // nil: nothing is streamed
	err   error
}

// stream begins to stream an answer of so many bytes, with what there is of it.
func (w *way) stream(status int, h http.Header, length int64, begin []byte) {
	if w.err = w.room.take(w.ctx, w.cost); w.err != nil {
		return
	}
	w.body, w.err = w.reply.To.Stream(status, sanitized(h), w.reply.CORS, length)
	if w.err == nil && w.gone != nil {
		w.body.WhenGone(w.gone)
	}
	if s, ok := w.body.(*httpStream); ok && w.err == nil {
		s.until(w.ctx)
	}
	w.room.send(w.cost)
	_, _ = w.send(begin)
}

// send writes to the stream as the page takes it.
func (w *way) send(p []byte) (n int, err error) {
	for len(p) > 0 && w.err == nil {
		piece := p[:min(len(p), roomPiece)]
		if w.err = w.room.take(w.ctx, int64(len(piece))); w.err != nil {
			break
		}
		var m int
		m, w.err = w.write(piece)
		n, p = n+m, p[m:]
	}
	return n, w.err
}

// write writes a piece for which there is room, which is free again even when a writer that the app
// has around a server's panics.
func (w *way) write(piece []byte) (int, error) {
	defer w.room.send(int64(len(piece)))
	return w.body.Write(piece)
}

// answer answers with a body that is there, when there is room for it.
func (w *way) answer(status int, h http.Header, body []byte) {
	n := w.cost + int64(len(body))
	if w.room.take(w.ctx, n) != nil {
		w.lose(lateStatus(w.ctx), nil) // hardly anybody reads it
		return
	}
	w.reply.To.Answer(status, sanitized(h), w.reply.CORS, body, func() { w.room.send(n) })
}

// lose ends an answer that could not be made: with a status and that text, or, if it has begun
// already, as one that was cut off.
func (w *way) lose(status int, text []byte) {
	if w.body != nil {
		w.body.End(false)
		return
	}
	w.reply.To.Answer(status, lostHeader(status), w.reply.CORS, text, func() {})
}

// cut ends an answer that is to look cut off though nothing of it was sent. A scheme has no
// connection to cut: there it is an error.
func (w *way) cut(text []byte) {
	if to, ok := w.reply.To.(*httpAnswer); ok && w.body == nil {
		to.abort()
		return
	}
	w.lose(http.StatusInternalServerError, text)
}

// lostHeader gives the headers of an answer that could not be made.
func lostHeader(status int) http.Header {
	h := http.Header{
		"Content-Type":           {"text/plain; charset=utf-8"},
		"X-Content-Type-Options": {"nosniff"},
		"Cache-Control":          {"no-store"},
	}
	noPage(h, status)
	return h
}

// clock bounds the time that a file takes for each piece of its answer. The writer's mu guards it.
type clock struct {
	timer *time.Timer // nil: it never ran
	limit time.Duration
	due   time.Time // when the file is late; zero: none answers
}

func (c *clock) start(limit time.Duration, late func()) {
	c.limit, c.due = limit, time.Now().Add(limit)
	c.timer = time.AfterFunc(limit, late)
}

func (c *clock) stop() {
	c.timer.Stop()
	c.due = time.Time{}
}

// goesOn notes that the file has come on.
func (c *clock) goesOn() {
	if !c.due.IsZero() {
		c.due = time.Now().Add(c.limit)
		c.timer.Reset(c.limit)
	}
}

func (c *clock) isLate() bool { return !c.due.IsZero() && !time.Now().Before(c.due) }
