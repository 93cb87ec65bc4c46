package transport

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/internal/meter"
)

// lane is one ordered stream of frames of a session, both directions of it.
//
// Senders (any goroutine) write whole frames into its ring, or one value into its slot. The drainer
// alone reads both. Its place among the drainer's lists follows one rule: a lane that has something
// to say is in the ready list, in the drainer's own lists, or waits for credit; in every other
// state its ring is parked (or not yet made) and its slot is empty, and whoever changes that pushes
// it into the ready list.
type lane struct {
	// Set before the session knows the lane.
	s      *Session
	id     uint32
	name   string        // the command that opened it
	count  *atomic.Int64 // of the session's lanes of its purpose
	borrow bool          // the page only borrows its messages

	listed atomic.Bool // stands in a list of the drainer
	named  int         // the number of the invoke that named it last; guarded by up.mu

	out   outlet
	end   ending
	page  pageCredit
	drain draining
	state laneState
	in    inbox
}

// outlet is what senders touch, who may be any goroutine.
type outlet struct {
	ring     atomic.Pointer[ring.Ring] // the newest
	ringSize int                       // the largest; set before there is a ring, under mu
	onFull   atomic.Uint32             // an OnFull, and inUse; with Latest there is a slot, no ring
	slot     atomic.Pointer[slotValue]
	replaced atomic.Uint64 // values that the slot replaced before they were sent

	valueBytes atomic.Int64 // what values take, from the slot to their receipt
	extra      atomic.Int64 // frames beyond one a message: fragments, aborts, the close
	waits      meter.Waits
	turn       token // is free while no fragmented message is under way
}

// ending is why a lane has ended. It is set once, under the lane's mu; anybody may look.
type ending struct {
	why    atomic.Pointer[ClosedError]
	polite atomic.Bool // it came from Close: what was accepted is still delivered
	done   chan struct{}
}

// pageCredit is what the page has consumed. Who receives from the page sets it, anybody may look.
type pageCredit struct {
	credited atomic.Uint64 // bytes
	needs    atomic.Int64  // the credit that the drainer waits for, 0: none
	// bell is rung at credit, and when the page closes: for a reader of a resumable channel.
	bell atomic.Pointer[chan struct{}]
}

// draining is how far the drainer has come: its own, but for the counters, which anybody may read.
type draining struct {
	seq    atomic.Uint64 // of the next frame
	sent   atomic.Uint64 // bytes of strides so far
	resent atomic.Uint64 // batches that were sent again; the receipts' lock guards it

	at      *ring.Ring // the ring that it is at
	deficit int
	value   outgoing // the slot's value on its way
	fed     bool     // the close frame is in a batch
}

// laneState is the slow path: what changes with a batch, or more rarely. mu guards all of it.
type laneState struct {
	mu        ranked.Mutex[ranked.Lane]
	rings     []laneRing // oldest first
	drained   mark       // what is in batches
	received  mark       // what has its receipt
	waiters   []*markWaiter
	uses      int // commands that hold this channel now
	life      lifetime
	kept      bool // Keep was called
	announced bool // the page knows that Go has taken the channel
	latency   meter.Latency
	meter     meter.Meter
}

// mark is how far a lane has come: ring position, slot values, close.
type mark struct {
	pos    uint64
	slot   uint64
	closed bool
}

// covers reports whether everything up to o is behind m. What a lane dropped at its end never is.
func (m mark) covers(o mark) bool {
	return m.pos >= o.pos && m.slot >= o.slot && (m.closed || !o.closed)
}

type markWaiter struct {
	want     mark
	received bool // waits for receipts, else for the drainer
	ch       chan struct{}
	err      error // set before ch is closed: what was waited for was dropped
}

func newLane(s *Session, id uint32, ringSize int) *lane {
	l := &lane{s: s, id: id}
	l.out.ringSize, l.out.turn = ringSize, newToken()
	l.end.done = make(chan struct{})
	l.in.bell = make(chan struct{}, 1)
	l.state.meter.Start(s.engine.now())
	l.in.meter = l.state.meter
	return l
}

// noWait is the context of calls that don't wait: ErrFull instead. It is compared, and can't come
// from the app.
var noWait = context.WithValue(context.Background(), noWaitKey{}, nil)

type noWaitKey struct{}

// inUse in a lane's onFull says that a message was sent or decoded: what Configure sets stays as it
// is. It is set under mu.
const inUse = 1 << 8

// policy is what Send does when the channel is full. From now on Configure changes nothing: neither
// this nor a codec, which is read without a lock behind it.
func (l *lane) policy() OnFull {
	o := l.out.onFull.Load()
	if o&inUse == 0 {
		l.state.mu.Lock()
		o = l.out.onFull.Load() | inUse
		l.out.onFull.Store(o)
		l.state.mu.Unlock()
	}
	return OnFull(o &^ inUse)
}

// err is why the lane ended, or nil.
func (l *lane) err() error {
	if e := l.end.why.Load(); e != nil {
		return e
	}
	return nil
}

// receipt is the ring position up to which everything has its receipt.
func (l *lane) receipt() uint64 {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.received.pos
}

// accepted is the mark of everything that has been accepted so far.
func (l *lane) accepted() mark {
	var m mark
	if r := l.out.ring.Load(); r != nil {
		m.pos = r.Tail()
	}
	if v := l.out.slot.Load(); v != nil {
		m.slot = v.n
	}
	m.closed = l.end.why.Load() != nil
	return m
}

// wait returns when everything up to m is in batches, or has its receipt; with ErrClosed when the
// lane's end dropped some of it.
func (l *lane) wait(ctx context.Context, m mark, received bool) error {
	over := ctx.Done() // before it stands among the waiters, since a context of the app's may panic
	l.state.mu.Lock()
	at := l.state.drained
	if received {
		at = l.state.received
	}
	if at.covers(m) || at.closed || m == (mark{}) {
		l.state.mu.Unlock()
		if m != (mark{}) && !at.covers(m) {
			return l.err()
		}
		return nil
	}
	w := &markWaiter{want: m, received: received, ch: make(chan struct{})}
	l.state.waiters = append(l.state.waiters, w)
	l.state.mu.Unlock()
	select {
	case <-w.ch:
		return w.err
	case <-l.s.ctx.Done():
		return l.s.Err()
	case <-over:
		l.forget(w)
		return context.Cause(ctx)
	}
}

// forget takes a waiter back.
func (l *lane) forget(w *markWaiter) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if i := slices.Index(l.state.waiters, w); i >= 0 {
		l.state.waiters = slices.Delete(l.state.waiters, i, i+1)
	}
}

// advance moves one of the two marks on and wakes who waited for it.
func (l *lane) advance(m mark, received bool) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	at := &l.state.drained
	if received {
		at = &l.state.received
	}
	*at = m
	if !received {
		sent := l.drain.sent.Load()
		l.state.meter.Tick(l.s.down.clock.step, meter.Count{Messages: l.messages(), Bytes: sent})
		l.state.latency.Begin(l.s.down.clock.at, sent)
	}
	rest := l.state.waiters[:0]
	for _, w := range l.state.waiters {
		switch {
		case w.received != received || !at.covers(w.want) && !at.closed:
			rest = append(rest, w)
			continue
		case !at.covers(w.want):
			w.err = l.err()
		}
		close(w.ch)
	}
	clear(l.state.waiters[len(rest):])
	l.state.waiters = rest
}

// consumedUpTo takes the page's credit.
func (l *lane) consumedUpTo(total uint64) {
	l.page.credited.Store(total)
	if l.state.latency.Awaits(total) {
		l.state.mu.Lock()
		l.state.latency.End(l.s.engine.now())
		l.state.mu.Unlock()
	}
}

// hold counts one more command that uses the lane, unless that has ended. Both are decided under
// mu: else the return of the command before could end a lane that this one has just taken.
func (l *lane) hold() bool {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if l.end.why.Load() != nil {
		return false
	}
	l.state.uses++
	return true
}

// letGo ends what hold began. Without another command that uses the lane, and without Keep, that
// ends it.
func (l *lane) letGo(e *ClosedError) {
	l.state.mu.Lock()
	l.state.uses--
	ended := l.state.uses == 0 && !l.state.kept && l.setEnd(e, true)
	l.state.mu.Unlock()
	l.s.engine.pass(gapLetGo)
	if ended {
		l.conclude(e)
	}
}

// finish ends the lane. Polite: what was accepted is delivered, then the close
// frame with e's cause; otherwise the rest is dropped. Only the first call counts.
func (l *lane) finish(e *ClosedError, polite bool) {
	l.state.mu.Lock()
	first := l.setEnd(e, polite)
	l.state.mu.Unlock()
	if first {
		l.conclude(e)
	}
}

// setEnd sets the end and reports whether there was none. Then the caller, which holds mu, calls
// conclude without it.
func (l *lane) setEnd(e *ClosedError, polite bool) bool {
	if l.end.why.Load() != nil {
		return false
	}
	l.end.polite.Store(polite) // before end: whoever sees end sees it
	l.end.why.Store(e)
	return true
}

// conclude does what an end brings.
func (l *lane) conclude(e *ClosedError) {
	l.dropUnread()
	l.in.wake()
	l.closeSlot()
	if r := l.out.ring.Load(); r != nil {
		r.Close()
	}
	close(l.end.done) // now: who sees it gets ErrClosed from Send
	l.endContexts(e)
	l.logEnd(e)
	l.s.push(l)
}

// laneCost is what a lane takes beside what else is counted of it, in bytes.
const laneCost = 1408

// Number is the lane's.
func (l *lane) Number() uint32 { return l.id }
