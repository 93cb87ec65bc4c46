package bus

import (
	"context"
	"sync"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// listener is a listener in Go.
type listener struct {
	bus    *Bus
	id     ID
	name   string
	target Target
	once   bool
	fn     func(Event)

	// mu guards what follows.
	mu      sync.Mutex
	queue   fifo[*payload]
	bytes   int           // of the queue
	running bool          // a goroutine takes from the queue
	fired   bool          // once, and it has its event
	ended   bool          // nothing is called any more
	last    bool          // it ends when the queue is empty
	room    chan struct{} // closed when there may be room; nil: nobody waits
}

// taken says what became of an event at a listener.
type taken uint8

const (
	ignored taken = iota // the listener has ended, or was made with Once and has its event
	queued
	refused // there is no room
)

// fits reports whether the queue has room. One event always has room in an empty queue. The caller
// holds mu.
func (l *listener) fits(p *payload) bool {
	n, o := l.queue.len(), &l.bus.opt
	return n == 0 || n < o.QueueLen && l.bytes+p.size() <= o.QueueBytes
}

// put queues an event.
func (l *listener) put(p *payload) taken {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended || l.fired:
		return ignored
	case !l.fits(p):
		return refused
	}
	l.push(p)
	return queued
}

// push appends to the queue. The caller holds mu.
func (l *listener) push(p *payload) {
	l.queue.push(p)
	l.bytes += p.size()
	l.fired = l.once
	if !l.running {
		l.running = true
		go l.run()
	}
}

// wait returns when there may be room for p.
func (l *listener) wait(ctx context.Context, p *payload) error {
	l.mu.Lock()
	if l.ended || l.fits(p) {
		l.mu.Unlock()
		return nil
	}
	if l.room == nil {
		l.room = make(chan struct{})
	}
	room := l.room
	l.mu.Unlock()
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// signal tells those who wait that there may be room. The caller holds mu.
func (l *listener) signal() {
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
}

// run is the listener's goroutine. It ends when the queue is empty.
func (l *listener) run() {
	empty := false
	defer func() {
		if !empty { // the function has ended the goroutine (runtime.Goexit): another one goes on
			go l.run()
		}
	}()
	for {
		p := l.next()
		if p == nil {
			empty = true
			return
		}
		l.call(p)
	}
}

// next takes the next event, nil when there is none. Whether the listener has ended is
// decided under the same lock, so that no call begins after Unlisten has returned.
func (l *listener) next() *payload {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.queue.len() == 0 {
		l.running = false
		if l.last {
			l.ended = true
			l.bus.ids.Delete(l.id)
		}
		return nil
	}
	if l.fired {
		l.bus.ids.Delete(l.id)
	}
	l.signal()
	p := l.queue.pop()
	l.bytes -= p.size()
	return p
}

// call runs the function.
func (l *listener) call(p *payload) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		l.bus.log.Error("listener panicked", "event", l.name, "panic", f.Panic, "stack", f.Stack)
	})
	l.fn(p.event(l.bus, l.id))
	returned = true
}

// end ends the listener; what is queued is dropped.
func (l *listener) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.queue.clear()
	l.bytes = 0
	l.signal()
}

// finish ends the listener when what is queued has been handled. It hears nothing new.
func (l *listener) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = true
	if !l.running {
		l.ended = true
		l.bus.ids.Delete(l.id)
	}
}

// fifo is a queue in a ring that grows, and gives its memory back when it is empty.
type fifo[T any] struct {
	ring []T
	head int
	n    int
}

// smallRing is kept when the queue is empty.
const smallRing = 8

func (q *fifo[T]) len() int { return q.n }

// at gives the i-th element from the front.
func (q *fifo[T]) at(i int) T { return q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *fifo[T]) push(v T) {
	q.grow()
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = v
	q.n++
}

func (q *fifo[T]) pushFront(v T) {
	q.grow()
	q.head = (q.head - 1) & (len(q.ring) - 1)
	q.ring[q.head] = v
	q.n++
}

func (q *fifo[T]) pop() T {
	var zero T
	v := q.ring[q.head]
	q.ring[q.head] = zero
	q.head = (q.head + 1) & (len(q.ring) - 1)
	if q.n--; q.n == 0 && len(q.ring) > smallRing {
		*q = fifo[T]{}
	}
	return v
}

func (q *fifo[T]) clear() { *q = fifo[T]{} }

// grow makes room for one more.
func (q *fifo[T]) grow() {
	if q.n < len(q.ring) {
		return
	}
	larger := make([]T, max(smallRing, 2*len(q.ring)))
	for i := range q.n {
		larger[i] = q.at(i)
	}
	q.ring, q.head = larger, 0
}
