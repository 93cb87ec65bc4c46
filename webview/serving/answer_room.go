package serving

import (
	"context"
	"slices"
	"sync"
	"time"
)

// WebKit reads an answer as fast as it can, and queues in this process and in the page's what the
// page has not taken yet. So the bytes on their way to a window's page are bounded here. Each
// roomStep of them, and where somebody waits, the page's process is asked for a sign of life, which
// comes after the bytes before it were handled.
//
// 8 MiB keep the way full at 100 MB/s for 80 ms, longer than a page takes to answer. A page that
// waits in a synchronous XMLHttpRequest gives no sign before it has its answer, so after
// roomPatience without one there may be roomMost.
const (
	roomBytes = 8 << 20
	roomMost  = 64 << 20
	roomStep  = 1 << 20
	roomPiece = 256 << 10 // of a stream, for which room is taken at once

	roomPatience = 500 * time.Millisecond
)

// answerCost is what an answer counts besides its body and its URL: its headers, and WebKit's
// message about them.
const answerCost = 1 << 10

// room is that of one window's answers. Any goroutine may use it.
type room struct {
	ping func(pong func()) // asks the page's process; pong is called once, whatever becomes of that

	mu      sync.Mutex
	used    int64       // bytes that were let pass, and have not been handled as far as is known
	sent    int64       // those of them that WebKit has read since the last sign was asked for
	before  int64       // those that it had read before
	late    *time.Timer // of the sign that is to come; nil: none is
	silent  bool        // it is late
	waiting []*turn     // in the order in which they came
}

// turn is who waits for room.
type turn struct {
	bytes int64
	ready chan struct{} // closed when there is room
}

// take waits until an answer may go on by n bytes, for which send must be called then. One of any
// size passes when there is no other.
func (r *room) take(ctx context.Context, n int64) error {
	r.mu.Lock()
	if len(r.waiting) == 0 && r.fits(n) {
		r.used += n
		r.mu.Unlock()
		return nil
	}
	t := &turn{n, make(chan struct{})}
	r.waiting = append(r.waiting, t)
	r.ask()
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.waiting, t)
	if i < 0 {
		return nil // it has just got its room
	}
	r.waiting = slices.Delete(r.waiting, i, i+1)
	r.admit()
	return context.Cause(ctx)
}

// send notes that WebKit has read n bytes for which room was taken, or that nobody wants them.
func (r *room) send(n int64) {
	r.mu.Lock()
	r.sent += n
	r.ask()
}

// pong takes the sign of the page's process.
func (r *room) pong() {
	r.mu.Lock()
	r.late.Stop()
	r.used -= r.before
	r.before, r.late, r.silent = 0, nil, false
	r.admit()
	r.ask()
}

func (r *room) fits(n int64) bool {
	most := int64(roomBytes)
	if r.silent {
		most = roomMost
	}
	return r.used == 0 || r.used+n <= most
}

// admit lets those pass for whom there is room.
func (r *room) admit() {
	for len(r.waiting) > 0 && r.fits(r.waiting[0].bytes) {
		t := r.waiting[0]
		r.waiting = slices.Delete(r.waiting, 0, 1)
		r.used += t.bytes
		close(t.ready)
	}
}

// ask unlocks the mutex, and asks for a sign if one is worth it and none is to come. Where nothing
// was sent, whoever has the room will send, and asks.
func (r *room) ask() {
	if r.late != nil || r.sent == 0 || r.sent < roomStep && len(r.waiting) == 0 {
		r.mu.Unlock()
		return
	}
	r.before, r.sent = r.sent, 0
	var late *time.Timer
	late = time.AfterFunc(roomPatience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.late == late {
			r.silent = true
			r.admit()
		}
	})
	r.late = late
	r.mu.Unlock()
	r.ping(r.pong)
}

// turns gives the number of those who wait.
func (r *room) turns() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting)
}
