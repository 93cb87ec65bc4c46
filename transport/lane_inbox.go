package transport

import (
	"context"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/meter"
)

// inbox is a lane's upward half: what the page has sent and Go has not taken.
//
// Its end is decided under mu. When Go ends the lane nobody will receive any more, and what is
// unread is dropped; when the page closes it, what came before can still be received. What comes,
// what ends the lane and who receives may meet anywhere:
//
//	what comes, under up.mu          Go's end (finish)      receive
//	1 frame: no end yet, keep it     a the end is set       x has it ended?
//	2 deliver, under mu: over? drop  b under mu: over,      y under mu: take the first message
//	  it, else queue it                empty the queue      z none, and x said yes: ErrClosed
//	3 the page's close, under mu:    c done is closed
//	  ended; then the lane's end
//
// What if …
//
//   - b between 1 and 2: 2 drops the message. Were it queued, a receiver would get it after a gap.
//   - 2 before b: b drops it, with all that stands before it.
//   - a before 1: it is dropped at once. Later ones are, too, so no gap comes from that.
//   - 3 before b: b leaves the queue to be received. b before 3: it is empty already.
//   - 2 and 3 between x and y: y takes the message. Between y and z: x said no, and so it looks
//     again.
type inbox struct {
	// window is how many bytes the page may have sent beyond its credit; 0: none, the channel is
	// one-way.
	window atomic.Int64
	from   arriving
	credit ownCredit
	ended  atomic.Bool   // the page's close has come; set under mu
	bell   chan struct{} // capacity one: something to receive, or the end

	mu    ranked.Mutex[ranked.Inbox] // guards what follows
	queue messages
	cost  int64       // of the queue, in the session's memory
	held  int         // strides of fragments that wait for their credit
	shut  bool        // nobody receives yet: fragments wait for their credit until then
	over  bool        // Go has ended the lane: what comes is dropped
	free  bool        // the queue is not counted in the session's memory any more
	whole meter.Count // messages that were queued
	meter meter.Meter
}

// arriving is how far the page's frames have come. The session's up.mu guards it.
type arriving struct {
	next     uint64 // sequence number of the next frame
	received uint64 // bytes of strides
	part     wire.Assembly
}

// ownCredit is what of the page's bytes Go has consumed. Any goroutine may touch it.
type ownCredit struct {
	came     atomic.Uint64 // received, once a run, for Stats
	consumed atomic.Uint64 // bytes of strides that were taken
	told     atomic.Uint64 // of these, what the page has been told
	due      atomic.Bool   // stands in the session's list of credits to tell
}

// message is one message of the page.
type message struct {
	kind   wire.Kind
	data   []byte
	stride int // of its last frame: credited when it is taken
}

// messages is a queue of messages. It keeps them in the slices in which they came, so that a long
// one is not moved when it grows.
type messages struct {
	runs fifo.Queue[[]message] // none is empty
}

func (q *messages) empty() bool { return q.runs.Len() == 0 }

// pushRun pushes all of a run, whose memory is the queue's from then on.
func (q *messages) pushRun(run []message) { q.runs.Push(run) }

// pop takes the first one; there must be one.
func (q *messages) pop() message {
	run := q.runs.Front()
	m := (*run)[0]
	(*run)[0] = message{}
	if *run = (*run)[1:]; len(*run) == 0 {
		q.runs.Pop()
	}
	return m
}

func (in *inbox) wake() {
	select {
	case in.bell <- struct{}{}:
	default:
	}
}

// messageCost is what an unread message takes beside its data.
const messageCost = 64

func (m *message) cost() int64 { return int64(cap(m.data)) + messageCost }

// arrivals are messages of one run on their way into its lane's queue: one lock and one wake-up for
// all. The receiving goroutine's own.
type arrivals struct {
	lane  *lane
	most  int // frames in the run
	queue []message
}

func (a *arrivals) add(m message) {
	if a.queue == nil {
		a.queue = make([]message, 0, a.most)
	}
	a.queue = append(a.queue, m)
}

// deliver queues them, and checks the session's memory. Those of a lane that Go has ended meanwhile
// are dropped. The caller holds up.mu.
func (a *arrivals) deliver() error {
	if len(a.queue) == 0 {
		return nil
	}
	l := a.lane
	cost, strides := int64(0), 0
	for i := range a.queue {
		cost += a.queue[i].cost()
		strides += a.queue[i].stride
	}
	now := l.s.engine.now()
	l.in.mu.Lock()
	if l.in.over {
		l.in.mu.Unlock()
		a.queue = nil
		l.consume(strides)
		return nil
	}
	l.holds(cost)
	a.queue[0].stride += l.in.held
	l.in.held = 0
	l.in.whole.Messages += uint64(len(a.queue))
	l.in.whole.Bytes = l.in.from.received
	l.in.meter.Tick(meter.Step(now), l.in.whole)
	l.in.queue.pushRun(a.queue)
	l.in.mu.Unlock()
	a.queue = nil
	l.in.wake()
	return l.s.budget.Check()
}

// fragment credits a fragment: at once, or with the messages before it that nobody has read
// yet, so that unread large messages cannot pile up beyond the window; or when somebody begins to
// receive.
func (l *lane) fragment(stride int) {
	l.in.mu.Lock()
	wait := l.in.shut || !l.in.queue.empty()
	if wait {
		l.in.held += stride
	}
	l.in.mu.Unlock()
	if !wait {
		l.consume(stride)
	}
}

// unshut credits the fragments that came before anybody received.
func (l *lane) unshut() {
	l.in.mu.Lock()
	l.in.shut = false
	held := 0
	if l.in.queue.empty() {
		held, l.in.held = l.in.held, 0
	}
	l.in.mu.Unlock()
	if held > 0 {
		l.consume(held)
	}
}

// dropPart drops what has come of a message on a lane that Go has ended. Only what follows on the
// lane would do so otherwise.
func (l *lane) dropPart() {
	s := l.s
	s.up.mu.Lock()
	defer s.up.mu.Unlock()
	s.budget.Give(budget.Fragments, int64(l.in.from.part.Size()))
	l.in.from.part.Discard()
}

// pageEnds notes the page's close: what came before it stays to be received.
func (in *inbox) pageEnds() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ended.Store(true)
}

// dropUnread empties the queue of a lane that Go has ended, for good. Of one that the page has
// closed before, or whose page has left, it leaves the queue as it is.
func (l *lane) dropUnread() {
	l.in.mu.Lock()
	if l.in.ended.Load() || l.s.up.keepUnread.Load() {
		l.in.mu.Unlock()
		return
	}
	queue, held := l.in.queue, l.in.held
	l.in.queue, l.in.held, l.in.over, l.in.shut = messages{}, 0, true, false
	l.holds(-l.in.cost)
	l.in.mu.Unlock()
	for !queue.empty() {
		held += queue.pop().stride
	}
	if held > 0 {
		l.consume(held)
	}
}

// forgetUnread takes the queue of a lane that is gone, which may still be read, out of the
// session's memory.
func (l *lane) forgetUnread() {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.holds(-l.in.cost)
	l.in.free = true
}

// holds counts n more bytes of unread messages, or -n fewer, unless they are not counted any more:
// who ends the lane may still be about to drop them when the session has forgotten it. The caller
// holds in.mu.
func (l *lane) holds(n int64) {
	if l.in.free {
		return
	}
	l.in.cost += n
	if n < 0 {
		l.s.budget.Give(budget.Messages, -n)
	} else {
		l.s.budget.Add(budget.Messages, n)
	}
}

// receive takes the next message. Several goroutines may wait.
//
// A command's context ends with the session, and a page that has left may have sent messages by
// then: they come first.
func (l *lane) receive(ctx context.Context) (message, error) {
	in := &l.in
	var over error // why ctx has ended, with the session
	for {
		end := l.err() // before the queue: all that the page sent before its close is there by then
		in.mu.Lock()
		if !in.queue.empty() {
			m := in.queue.pop()
			l.holds(-m.cost())
			credit := m.stride
			if in.queue.empty() {
				credit += in.held
				in.held = 0
			} else {
				in.wake()
			}
			in.mu.Unlock()
			l.consume(credit)
			return m, nil
		}
		in.mu.Unlock()
		l.s.engine.pass(gapNothingFound)
		if end != nil {
			in.wake() // the next one who waits
			return message{}, end
		}
		if over != nil {
			return message{}, over
		}
		select {
		case <-in.bell:
		case <-ctx.Done():
			if l.s.ctx.Err() == nil {
				return message{}, context.Cause(ctx)
			}
			over = context.Cause(ctx)
		}
	}
}

// consume credits n bytes. The page is told when a quarter of the window has gathered.
func (l *lane) consume(n int) {
	in := &l.in
	total := in.credit.consumed.Add(uint64(n))
	if int64(total-in.credit.told.Load()) < in.window.Load()/4 ||
		!in.credit.due.CompareAndSwap(false, true) {
		return
	}
	l.s.down.due.add(l)
	l.s.Wake()
}

// lifetime ends with a lane. It is made when somebody asks for the first context: most lanes have
// none. Guarded by the lane's mu.
type lifetime struct {
	context.Context
	end context.CancelCauseFunc
}

// context is ctx that ends with the lane, too.
func (l *lane) context(ctx context.Context) context.Context {
	inner, cancel := context.WithCancelCause(ctx)
	l.state.mu.Lock()
	if err := l.err(); err != nil {
		l.state.mu.Unlock()
		cancel(err)
		return inner
	}
	if l.state.life.Context == nil {
		l.state.life.Context, l.state.life.end = context.WithCancelCause(context.Background())
	}
	life := l.state.life.Context
	l.state.mu.Unlock()
	stop := context.AfterFunc(life, func() { cancel(context.Cause(life)) })
	context.AfterFunc(inner, func() { stop() }) // nothing of it stays at the lane
	return inner
}

// endContexts ends the contexts of a lane that has its end.
func (l *lane) endContexts(e *ClosedError) {
	l.state.mu.Lock()
	end := l.state.life.end
	l.state.mu.Unlock()
	if end != nil {
		end(e)
	}
}
