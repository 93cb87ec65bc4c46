package loglimit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// Queued is how many records wait at most for a handler that is slow. The next ones are lost, and
// counted.
const Queued = 256

// lostMessage is the record that tells how many others did not get to the app's handler: they found
// the queue full, or it panicked.
const lostMessage = "log records were lost: the handler panicked, or was too slow"

// target is the app's handler with what WithAttrs and WithGroup have added. The app's methods of
// these names are called by the queue's goroutine, when there is a record.
type target struct {
	from  *target // nil: made is the app's own
	attrs []slog.Attr
	group string

	made slog.Handler // nil: not made yet; the queue's goroutine's
}

func (t *target) handler() slog.Handler {
	switch {
	case t.made != nil:
	case t.group != "":
		t.made = t.from.handler().WithGroup(t.group)
	default:
		t.made = t.from.handler().WithAttrs(t.attrs)
	}
	return t.made
}

// entry is a record on its way to a handler.
type entry struct {
	to     *target
	record slog.Record
	stands int // how many are lost with it: itself, or those that it tells of
}

// queue hands records to the app's handler, one at a time and in order. Its goroutine ends when it
// is empty.
type queue struct {
	mu      sync.Mutex
	waiting []entry
	running bool
	lost    int           // since that was told
	last    *target       // where it is told
	idle    chan struct{} // closed when the goroutine ends; nil: nobody waits
}

func (q *queue) put(e entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= Queued {
		q.lost++
		return
	}
	q.waiting = append(q.waiting, e)
	if !q.running {
		q.running = true
		go q.run()
	}
}

// run is the queue's goroutine.
func (q *queue) run() {
	empty := false
	defer func() {
		if !empty { // the handler has ended it (runtime.Goexit): another one goes on
			go q.run()
		}
	}()
	for {
		e, ok := q.next()
		if !ok {
			empty = true
			return
		}
		q.deliver(e)
	}
}

// next takes the first record. Behind the last one it is that of the lost ones, if there are some.
func (q *queue) next() (entry, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		e := q.waiting[0]
		q.waiting[0] = entry{}
		q.waiting = q.waiting[1:]
		q.last = e.to
		return e, true
	}
	q.waiting = nil
	if q.lost > 0 && q.last != nil {
		r := slog.NewRecord(time.Now(), slog.LevelWarn, lostMessage, 0)
		r.AddAttrs(slog.Int("lost", q.lost))
		e := entry{q.last, r, q.lost}
		q.lost, q.last = 0, nil // once: it may be lost like others
		return e, true
	}
	q.running, q.last = false, nil
	if q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
	return entry{}, false
}

// deliver calls the app's handler.
func (q *queue) deliver(e entry) {
	returned := false
	defer appcode.Catch(&returned, func(*appcode.Failure) {
		q.mu.Lock()
		q.lost += e.stands
		q.mu.Unlock()
	})
	ctx := context.Background()
	if h := e.to.handler(); h.Enabled(ctx, e.record.Level) {
		_ = h.Handle(ctx, plain(e.record)) // who logs is told of no error, as by log/slog
	}
	returned = true
}

// plain makes the values of a record ones that a handler can use: what resolves itself has done so,
// an error whose methods panic is replaced, and one whose text is long is cut.
func plain(r slog.Record) slog.Record {
	to := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		a.Value = a.Value.Resolve() // recovers by itself
		if a.Value.Kind() == slog.KindAny {
			if err, ok := a.Value.Any().(error); ok {
				a = plainError(a, err)
			}
		}
		to.AddAttrs(a)
		return true
	})
	return to
}

func plainError(a slog.Attr, err error) slog.Attr {
	text := ""
	if appcode.Call(func() { text = err.Error() }) != nil {
		return slog.String(a.Key, appcode.Text(err))
	}
	return shorten(a, text)
}

// Flush waits until the app's handler has got what was logged by a logger of New's, but not longer
// than that. It says whether it has.
func Flush(l *slog.Logger, most time.Duration) bool {
	h, ok := l.Handler().(*handler)
	if !ok {
		return true
	}
	q := h.queue
	q.mu.Lock()
	if !q.running {
		q.mu.Unlock()
		return true
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	q.mu.Unlock()
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-idle:
		return true
	case <-t.C:
		return false
	}
}
