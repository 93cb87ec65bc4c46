package transport

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/marks"
	"github.com/tailrace-go/tailrace/transport/internal/storage"
)

// reader is one page that is attached to a resumable channel. A goroutine of its own, its pump,
// reads blocks of messages from the store and sends them on the page's lane, whose ring slows it
// down; it ends when the page is gone, or has all of a closed channel.
//
// What the page has consumed is told by the lane's credit: marks say which credit means which
// message.
type reader struct {
	r *resumable
	place
	lane *lane
	bell chan struct{} // capacity one: messages, credit, or the end of the channel

	epoch uint64 // of its sequences
	begin uint64 // the first message
	hold  *held  // nil: it holds nothing back

	consumed uint64 // the last message that the page has consumed; guarded by the channel's mu
	// parked: it has read everything, and wants to be rung. The channel counts those.
	parked atomic.Bool
	marks  marks.Marks

	// The pump's own.
	block   history.Block
	want    uint64 // the next message
	counted int    // of the block's memory, in the session's
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
	if bell := l.page.bell.Load(); bell != nil {
		ringBell(*bell)
	}
}

// park has the channel ring the reader at the next notice. What came before it does not tell: the
// store must be asked once more.
func (rd *reader) park() {
	if rd.parked.CompareAndSwap(false, true) {
		rd.r.parked.Add(1)
	}
}

// unpark reports whether the reader was parked.
func (rd *reader) unpark() bool {
	was := rd.parked.CompareAndSwap(true, false)
	if was {
		rd.r.parked.Add(-1)
	}
	return was
}

// settle takes note of the credit that has come, and has the store let go of what it covers. The
// channel's mu is held, until its unlock.
//
// When the page has closed the lane, what it dropped unread is credited, too: then the page's own
// word counts.
func (rd *reader) settle() {
	consumed, sent := rd.marks.Take(rd.lane.page.credited.Load())
	sent = max(sent, rd.consumed)
	rd.consumed = max(consumed, rd.consumed)
	if rd.lane.in.ended.Load() && rd.lane.err() != nil {
		for {
			m, err := rd.lane.receive(rd.lane.s.ctx) // does not wait: the lane has ended
			if err != nil {
				break
			}
			if word, err := strconv.ParseUint(string(m.data), 10, 64); err == nil &&
				word >= rd.begin-1 && word <= sent {
				rd.consumed = word
				rd.marks.Clear()
			}
		}
	}
	rd.r.move(rd.hold, rd.consumed)
}

// due reports whether settle would bring news.
func (rd *reader) due() bool { return rd.marks.Due(rd.lane.page.credited.Load()) }

// pump is the reader's goroutine. It begins when the command is answered: what a channel has
// accepted before goes before the answer, and the page need not read before that.
func (rd *reader) pump(called context.Context) {
	defer func() {
		rd.block = history.Block{}
		rd.count()
	}()
	defer rd.r.detach(rd)
	<-called.Done()
	rd.fail(rd.deliver())
	// What is on its way may still be consumed.
	for rd.unconsumed() {
		select {
		case <-rd.bell:
		case <-rd.lane.s.ctx.Done():
			return
		}
		rd.consume()
	}
}

// deliver sends messages to the page until that ends, and says why.
func (rd *reader) deliver() error {
	l, r := rd.lane, rd.r
	returns := false
	defer func() { // a store may have ended the goroutine
		if !returns {
			rd.fail(errStoreExited)
		}
	}()
	ctx := l.s.ctx
	if r.store.own == nil {
		ctx = l.context(ctx) // its reads may take time
	}
	for {
		message, err := rd.next(ctx)
		if err == nil {
			rd.count()
			err = rd.send(r.kind, message)
		}
		if err != nil {
			returns = true
			return err
		}
		if rd.due() {
			rd.consume()
		}
	}
}

// count has what the block takes in the session's memory. A reader works whatever that holds.
func (rd *reader) count() {
	if n := rd.block.Size(); n != rd.counted {
		rd.lane.s.budget.Add(budget.Readers, int64(n-rd.counted))
		rd.counted = n
	}
}

// errAllRead is the end of a closed channel, or of one that was discarded.
var errAllRead = errors.New("transport: everything was read")

// errStoreExited is the end of a page's channel whose store ended the goroutine that read.
var errStoreExited error = &Error{CodeStore, "the channel's store has ended the reading", nil}

// next waits for the next message. It is valid until the next call.
func (rd *reader) next(ctx context.Context) ([]byte, error) {
	for failed, idle := 0, 0; ; {
		if sequence, message, ok := rd.block.Next(); ok {
			if err := rd.check(sequence, message); err != nil {
				return nil, err
			}
			rd.want++
			return message, nil
		}
		if err := rd.lane.err(); err != nil {
			return nil, err
		}
		over := rd.r.over.Load() // before it is asked: then nothing comes after what it has
		parked := rd.parked.Load()
		rd.block.Reset()
		err := rd.r.store.Read(ctx, rd.epoch, rd.want, &rd.block)
		if err != nil {
			rd.block.Reset() // whatever is in it
			failed++
			if !passing(err) || failed > readRetries || ctx.Err() != nil {
				return nil, rd.readFailed(err)
			}
			if err := rd.rest(readRetry << (failed - 1)); err != nil {
				return nil, err
			}
			continue
		}
		failed = 0
		switch {
		case !rd.block.Empty():
		case over:
			return nil, errAllRead
		case parked:
			if err := rd.rest(0); err != nil {
				return nil, err
			}
		default:
			if idle++; idle > freeRings {
				if err := rd.rest(idleRing); err != nil {
					return nil, err
				}
			}
			rd.park()
		}
	}
}

// A reader may be rung so often in a row where nothing is to be read. From then on it is deaf for
// that time behind each: a store may ring from within Read, which would never end.
const (
	freeRings = 8
	idleRing  = 20 * time.Millisecond
)

// check looks at what a store gives: the page would break off its session over a message that is
// too long for it, or no JSON.
func (rd *reader) check(sequence uint64, message []byte) error {
	r := rd.r
	switch {
	case sequence != rd.want:
		return r.renumbered(fmt.Sprintf("%d follows %d", sequence, rd.want-1))
	case len(message) > r.e.opt.MaxMessage:
		return r.storeFailed(fmt.Errorf("message %d has %d bytes, Options.MaxMessage is %d",
			sequence, len(message), r.e.opt.MaxMessage))
	case r.kind == wire.JSON && r.store.own == nil && !appcode.IsJSON(message):
		return r.storeFailed(fmt.Errorf("message %d is not one JSON value in UTF-8", sequence))
	}
	return nil
}

// A Read that fails is tried again so often, first after that time and then after twice as much
// each: 3.1 s together.
const (
	readRetries = 5
	readRetry   = 100 * time.Millisecond
)

// passing reports whether an error of a store may be over soon.
func passing(err error) bool {
	_, is := err.(*storage.Error)
	return is
}

// rest waits so long; 0: until there is something to read. Meanwhile it takes the page's credit.
func (rd *reader) rest(d time.Duration) error {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	for d > 0 || rd.parked.Load() {
		rd.consume() // credit may have come when nobody looked at the bell
		select {
		case <-rd.bell:
		case <-over:
			return nil
		case <-rd.lane.end.done:
			return rd.lane.err()
		}
	}
	rd.consume()
	return nil
}

// readFailed is the end of a page's channel, or of its attempt to attach, when Read has failed.
func (rd *reader) readFailed(err error) error {
	r := rd.r
	switch err := err.(type) {
	case *history.TrimmedError:
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.discarded {
			return errAllRead
		}
		return &TooLateError{Name: r.name, Wanted: rd.want, Oldest: err.Oldest}
	case *storage.Error:
		if end := rd.lane.err(); end != nil { // that is why
			return end
		}
	}
	if err == history.ErrEpoch {
		return r.renumbered("it numbers anew")
	}
	return r.storeFailed(err)
}

// renumbered is the end of a page's channel when sequences don't go on.
func (r *resumable) renumbered(how string) *Error {
	return &Error{
		CodeRenumbered,
		fmt.Sprintf("the store of %q is another one, or has a gap (%s): resume "+
			"again", r.name, how), nil,
	}
}

// fail ends the lane, behind what was sent, for that reason.
func (rd *reader) fail(err error) {
	var e *ClosedError
	if err == errAllRead {
		e = rd.r.ended()
	} else if e = closing(rd.lane.s.log, err); !errors.Is(err, ErrClosed) {
		rd.lane.s.log.Warn("a page's resumed channel ended", "channel", rd.r.name, "error", err)
	}
	rd.lane.finish(e, true)
}

// consume takes the page's credit to the store.
func (rd *reader) consume() {
	if !rd.due() {
		return
	}
	rd.r.mu.Lock()
	defer rd.r.unlock()
	rd.settle()
}

// unconsumed reports whether the page, which is still there, may consume more of what was sent.
func (rd *reader) unconsumed() bool {
	return rd.marks.Any() && !rd.lane.in.ended.Load() && rd.lane.s.ctx.Err() == nil
}

// send is the lane's send for the one who alone sends on it. It counts what the page will credit,
// and marks it with the last message; before it sends, so that a page's word about that
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
			r = l.out.ring.Load()
		}
		if err := l.err(); err != nil {
			return err // r may be what freeRings leaves
		}
		if piece := l.maxFrame(r); n > piece {
			full := (n + wire.BeginSize - 1) / piece // fragments before the last one
			rd.marks.Add(full*wire.Stride(piece, ring.Unit)+
				wire.Stride(n+wire.BeginSize-full*piece, ring.Unit), rd.want-1)
			return l.sendFragments(ctx, r, ordinary, kind, data)
		}
	}
	rd.marks.Add(wire.Stride(len(data), ring.Unit), rd.want-1)
	return l.write(ctx, ordinary, kind, nil, data)
}
