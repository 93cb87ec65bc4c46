package transport

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// reader is one page that is attached to a resumable channel. A goroutine of its own, its pump,
// takes messages out of the history and sends them on the page's lane, whose ring slows it down; it
// ends when the page is gone, or has all of a closed channel.
//
// What the page has consumed is told by the lane's credit: marks say which credit means which
// message.
type reader struct {
	r *resumable
	place
	lane *lane
	bell chan struct{} // capacity one: messages, credit, or the end of the channel

	// Guarded by the channel's mu.
	parked   bool   // it has read everything, and wants to be rung
	consumed uint64 // the last message that the page has consumed

	begin uint64 // the first message

	// The pump's own.
	cur     cursor
	counted int    // of the cursor's memory, in the session's
	sum     uint64 // strides sent

	markMu sync.Mutex
	marks  fifo[creditMark] // of what the page has not consumed
}

// creditMark says that a credit of sum bytes covers the message.
type creditMark struct{ sum, message uint64 }

// markBytes is the least distance of marks, in bytes of strides, but for the last one's: so that a
// full window has few.
const markBytes = 2 << 10

func newReader(r *resumable, l *lane, p place, first uint64) (*reader, error) {
	rd := &reader{r: r, place: p, lane: l, bell: make(chan struct{}, 1), consumed: first - 1,
		begin: first, cur: cursor{next: first}}
	if !l.credits.CompareAndSwap(nil, &rd.bell) {
		return nil, &Error{CodeBadArguments, "the channel is attached already: make a new one", nil}
	}
	return rd, nil
}

func (rd *reader) ring() { ringBell(rd.bell) }

func ringBell(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// ringCredit wakes the reader of a resumable channel whose lane it is.
func (l *lane) ringCredit() {
	if bell := l.credits.Load(); bell != nil {
		ringBell(*bell)
	}
}

// settle takes note of the credit that has come. The channel's mu is held. It reports whether there
// was news.
//
// When the page has closed the lane, what it dropped unread is credited, too: then the page's own
// word counts.
func (rd *reader) settle() bool {
	credited := rd.lane.credited.Load()
	rd.markMu.Lock()
	defer rd.markMu.Unlock()
	news, sent := false, rd.consumed
	if rd.marks.len() > 0 {
		sent = rd.marks.all[len(rd.marks.all)-1].message
	}
	for rd.marks.len() > 0 && rd.marks.front().sum <= credited {
		rd.consumed = rd.marks.pop().message
		news = true
	}
	if !rd.lane.in.ended.Load() || rd.lane.err() == nil {
		return news
	}
	for {
		m, err := rd.lane.receive(rd.lane.s.ctx) // does not wait: the lane has ended
		if err != nil {
			return news
		}
		if word, err := strconv.ParseUint(string(m.data), 10, 64); err == nil &&
			word >= rd.begin-1 && word <= sent {
			rd.consumed, rd.marks = word, fifo[creditMark]{}
		}
	}
}

// due reports whether settle would bring news.
func (rd *reader) due() bool {
	credited := rd.lane.credited.Load()
	rd.markMu.Lock()
	defer rd.markMu.Unlock()
	return rd.marks.len() > 0 && rd.marks.front().sum <= credited
}

// mark notes what is sent. A mark that is near the one before moves on instead of being joined by
// another: at low rates each message is consumed before the next is sent, so that each has its own.
func (rd *reader) mark(message uint64) {
	rd.markMu.Lock()
	defer rd.markMu.Unlock()
	if n := rd.marks.len(); n > 1 {
		last := &rd.marks.all[len(rd.marks.all)-1]
		before := rd.marks.all[len(rd.marks.all)-2]
		if rd.sum-before.sum <= markBytes {
			*last = creditMark{rd.sum, message}
			return
		}
	}
	rd.marks.push(creditMark{rd.sum, message})
}

// pump is the reader's goroutine. It begins when the command is answered: what a channel has
// accepted before goes before the answer, and the page need not read before that.
func (rd *reader) pump(called context.Context) {
	l, r := rd.lane, rd.r
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.detach(rd)
		rd.cur = cursor{}
		rd.count()
	}()
	<-called.Done()
	for {
		message, err := rd.next()
		if err != nil {
			rd.fail(err)
			break
		}
		rd.count()
		if err := rd.send(r.kind, message); err != nil {
			rd.fail(err)
			break
		}
		if rd.due() {
			rd.consume()
		}
	}
	// What is on its way may still be consumed.
	for rd.unconsumed() {
		select {
		case <-rd.bell:
		case <-l.s.ctx.Done():
			return
		}
		rd.consume()
	}
}

// count has what the cursor has decoded in the session's memory. A reader works whatever that
// holds.
func (rd *reader) count() {
	if n := cap(rd.cur.buf); n != rd.counted {
		rd.lane.s.budget.Add(budget.Readers, int64(n-rd.counted))
		rd.counted = n
	}
}

// errAllRead is the end of a closed channel, or of one that was discarded.
var errAllRead = errors.New("transport: everything was read")

// next waits for the next message. It is valid until the next call.
func (rd *reader) next() ([]byte, error) {
	for {
		if message, ok := rd.cur.read(); ok {
			return message, nil
		}
		r := rd.r
		r.mu.Lock()
		found := rd.cur.load(&r.h)
		if found == loadedNone && r.end != nil || found == loadedLate && r.discarded {
			r.mu.Unlock()
			return nil, errAllRead
		}
		rd.parked = found == loadedNone
		oldest := r.h.oldest()
		r.mu.Unlock()
		switch found {
		case loadedSome:
			if err := rd.cur.unpack(); err != nil {
				return nil, err
			}
		case loadedLate:
			return nil, &TooLateError{Name: r.name, Wanted: rd.cur.next, Oldest: oldest}
		case loadedNone:
			rd.consume() // credit may have come when nobody looked at the bell
			select {
			case <-rd.bell:
			case <-rd.lane.done:
				return nil, rd.lane.err()
			}
			rd.consume()
		}
	}
}

// fail ends the lane, behind what was sent, for that reason.
func (rd *reader) fail(err error) {
	var e *ClosedError
	if errors.Is(err, errAllRead) {
		rd.r.mu.Lock()
		e = rd.r.end
		rd.r.mu.Unlock()
	} else if e = closing(rd.lane.s.log, err); !errors.Is(err, ErrClosed) {
		rd.lane.s.log.Warn("a page's resumed channel ended", "channel", rd.r.name, "error", err)
	}
	rd.lane.finish(e, true)
}

// consume takes the page's credit to the history.
func (rd *reader) consume() {
	if !rd.due() {
		return
	}
	rd.r.mu.Lock()
	defer rd.r.mu.Unlock()
	if rd.settle() && !rd.observer {
		rd.r.grant()
	}
}

// unconsumed reports whether the page, which is still there, may consume more of what was sent.
func (rd *reader) unconsumed() bool {
	rd.markMu.Lock()
	defer rd.markMu.Unlock()
	return rd.marks.len() > 0 && !rd.lane.in.ended.Load() && rd.lane.s.ctx.Err() == nil
}

// send is the lane's send for the one who alone sends on it. It counts what the page will credit,
// and marks it with the cursor's last message; before it sends, so that a page's word about that
// message finds it.
func (rd *reader) send(kind wire.Kind, data []byte) error {
	l := rd.lane
	r, err := l.open()
	if err != nil {
		return err
	}
	ctx := context.Background() // the lane ends with its session, and wakes who waits
	if n := len(data); n > l.maxFrame(r) {
		if l.grow(r, sizeFor(min(n, l.s.opt.maxFrame()))) {
			r = l.ring.Load()
		}
		if err := l.err(); err != nil {
			return err // r may be what freeRings leaves
		}
		if piece := l.maxFrame(r); n > piece {
			full := (n + wire.BeginSize - 1) / piece // fragments before the last one
			rd.sum += uint64(full*wire.Stride(piece, ring.Unit) +
				wire.Stride(n+wire.BeginSize-full*piece, ring.Unit))
			rd.mark(rd.cur.next - 1)
			return l.sendFragments(ctx, r, ordinary, kind, data)
		}
	}
	rd.sum += uint64(wire.Stride(len(data), ring.Unit))
	rd.mark(rd.cur.next - 1)
	return l.write(ctx, ordinary, kind, nil, data)
}
