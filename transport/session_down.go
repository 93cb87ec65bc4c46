package transport

import (
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/internal/meter"
	"github.com/tailrace-go/tailrace/transport/internal/schedule"
)

// smallest is the least room that a lane's turn needs.
const smallest = wire.RunSize + 2*ring.Unit

// down is what goes to the page. The drainer, a goroutine of the session, makes batches of it: the
// schedule, the number and the clock are its own. Any goroutine lists lanes, and rings.
type down struct {
	bell     chan struct{}
	ready    laneList // lanes on their way to the schedule
	due      laneList // lanes whose upward credit is to be told
	schedule schedule.Schedule[*lane]
	number   uint64 // of the last batch that was built
	clock    clock
	receipts receipts
	drained  chan struct{} // closed when the drainer has ended, and all memory is given back
}

// clock is the time when the batch was begun that is being built.
type clock struct {
	began time.Time
	at    time.Duration // the engine's time
	step  int64         // of the meters
}

// laneList is lanes that others have for the drainer. Any goroutine may add one.
type laneList struct {
	mu    ranked.Mutex[ranked.Leaf]
	lanes []*lane
}

func (t *laneList) add(l *lane) {
	t.mu.Lock()
	t.lanes = append(t.lanes, l)
	t.mu.Unlock()
}

func (d *down) start(s *Session) {
	d.bell = make(chan struct{}, 1)
	d.drained = make(chan struct{})
	d.receipts.s = s
}

// push lists a lane that has something to say, and rings. Any goroutine.
func (s *Session) push(l *lane) {
	if !l.listed.CompareAndSwap(false, true) {
		return
	}
	if l.id != 0 {
		s.down.ready.add(l)
	}
	s.Wake()
}

// Wake implements Port.
func (s *Session) Wake() {
	select {
	case s.down.bell <- struct{}{}:
	default:
	}
}

// drain is the drainer's goroutine. It ends with the session, and then gives the rings' memory
// back.
func (s *Session) drain() {
	defer close(s.down.drained)
	for {
		select {
		case <-s.down.bell:
			for s.step() {
			}
		case <-s.ctx.Done():
			s.freeRings()
			s.forgetAll()
			s.engine.leave(s)
			return
		}
	}
}

// step hands one batch to the carrier and reports whether it did.
func (s *Session) step() bool {
	if s.ctx.Err() != nil || !s.carrier.Ready() {
		return false
	}
	b := s.down.receipts.nextLost()
	if b == nil {
		if !s.down.receipts.mayBuild() {
			return false
		}
		if b = s.build(); b == nil {
			return false
		}
	}
	ok := s.carrier.Deliver(b)
	s.down.receipts.settle(b, ok)
	return ok
}

// build makes the next batch, nil when there is nothing to say.
func (s *Session) build() *Batch {
	d := &s.down.schedule
	ready := &s.down.ready
	ready.mu.Lock()
	for i, l := range ready.lanes {
		d.Class(l.borrow).Fresh.Push(l)
		ready.lanes[i] = nil
	}
	ready.lanes = ready.lanes[:0]
	ready.mu.Unlock()
	credits := s.creditsDue()
	for {
		control := s.lanes.control.listed.Load()
		if d.Lanes()+len(credits) == 0 && !control {
			return nil
		}
		if b := s.buildTurn(credits, control); b != nil {
			return b
		}
	}
}

// buildTurn makes a batch of the class that has its turn, nil when the lanes that it tried have
// nothing to say: they are not listed any more then, or not fresh.
func (s *Session) buildTurn(credits []wire.Credit, control bool) *Batch {
	d := &s.down.schedule
	s.down.clock.began = time.Now()
	s.down.clock.at = s.down.clock.began.Sub(s.engine.epoch)
	s.down.clock.step = meter.Step(s.down.clock.at)
	c, outOfTurn, most := d.Turn(control, s.opt.MaxBatch)
	control = control && c == &d.Owned
	lanes := c.Lanes()
	alone := lanes == 1 && d.Lanes() == 1
	b := s.down.receipts.newBatch()
	b.reset(&wire.Header{Number: s.down.number + 1, Receipt: s.up.receipt.Load(), Credits: credits})
	b.Borrow = c == &d.Borrowed
	empty := b.Len
	room := func() int { return s.opt.MaxBatch - wire.ClosingSize - b.Len }
	if control {
		s.serve(b, s.lanes.control, s.opt.MaxBatch/2)
	}
	first, full := b.Len, false
	for !full && room() > smallest && b.Len-first < most {
		list := &c.Fresh
		if list.Len() == 0 {
			if list = &c.Old; list.Len() == 0 || outOfTurn {
				break
			}
		}
		l := list.Pop()
		if l.drain.deficit <= 0 {
			l.drain.deficit += schedule.Quantum
		}
		if alone {
			l.drain.deficit = max(l.drain.deficit, most) // nobody has the next turn
		}
		before := b.Len
		state, need := s.serve(b, l, min(room(), l.drain.deficit))
		l.drain.deficit -= b.Len - before
		switch {
		case state == starved && list == &c.Fresh && !alone:
			c.Old.Push(l)
		case state != more:
			l.drain.deficit = min(l.drain.deficit, schedule.Quantum)
			if s.unlist(l, need) {
				c.Old.Push(l)
			}
		case need+wire.RunSize <= l.drain.deficit: // this lane begins the next batch
			c.Old.PushFront(l)
			full = true
		default: // it has had its share: next turn, and more for a larger frame
			l.drain.deficit += schedule.Quantum
			c.Old.Push(l)
		}
	}
	bytes := b.Len - first
	if control && !full && s.lanes.control.listed.Load() && room() > smallest {
		if state, need := s.serve(b, s.lanes.control, room()); state != more &&
			s.unlist(s.lanes.control, need) {
			s.Wake()
		}
	}
	if b.Len == empty && len(credits) == 0 {
		s.down.receipts.recycle(b)
		return nil
	}
	d.Charge(c, lanes, bytes)
	return s.close(b)
}

// close ends a batch and makes it outstanding.
func (s *Session) close(b *Batch) *Batch {
	b.finish()
	s.down.number++
	s.down.receipts.add(b, s.down.clock.began)
	return b
}

// unlist takes a lane out of the lists and looks once more. True: it is listed again, by
// this call, and the caller keeps it. need is what it waits for in credit, 0 for nothing.
//
//	drainer                        sender, closer, or credit
//	1 needs = need                 a commit, fill the slot, end, or store credit
//	2 listed = false               b doorbell or push (for credit: if needs is met):
//	3 anything to say? relist        listed false -> true, append
//
// If a comes before 3, the drainer sees it in 3 (Park rechecks the ring itself).
// If a comes after 3, then 1 and 2 came before b, so b lists the lane. Both may see
// it: the compare-and-swap lets one of them list it.
func (s *Session) unlist(l *lane, need int) bool {
	l.page.needs.Store(int64(need))
	l.listed.Store(false)
	again := false
	if need > 0 && !l.dead() {
		again = l.fits(need)
	} else {
		again = l.pending()
	}
	return again && l.listed.CompareAndSwap(false, true)
}

// pending parks the lane's ring and reports whether there is something to say.
func (l *lane) pending() bool {
	if v := l.out.slot.Load(); v != nil && v.full || l.drain.value.busy() {
		return true
	}
	for r := l.current(); r != nil; r = l.current() {
		if !r.Park() && !r.Drained() {
			return true
		}
		if !r.Drained() || r == l.out.ring.Load() {
			break
		}
	}
	return l.ended() && !l.drain.fed
}

// delivered says how far a batch brings a lane.
type delivered struct {
	lane *lane
	mark mark
	cost int64 // of the slot's values that end in the batch
}

// batchState is guarded by the lock of the session's receipts.
type batchState struct {
	got    bool // has its receipt
	leased bool // the carrier reads its segments
	lost   bool // must be sent again
	sends  int
	sent   time.Time
}

// zeros is the padding of what does not lie in a ring.
var zeros [8]byte

// reset makes b an empty batch with that header.
func (b *Batch) reset(h *wire.Header) {
	*b = Batch{Number: h.Number, Segments: b.Segments[:0], Apart: b.Apart[:0],
		arena: b.arena.reset(), runs: b.runs[:0]}
	head := wire.AppendHeader(b.arena.take(wire.HeaderSize + len(h.Credits)*wire.CreditSize)[:0], h)
	b.add(head)
}

func (b *Batch) add(p []byte) {
	b.Segments = append(b.Segments, p)
	b.Len += len(p)
}

// finish adds the closing word and writes the length.
func (b *Batch) finish() {
	head := b.Segments[0]
	b.add(append(b.arena.take(wire.ClosingSize)[:0], head[8:16]...))
	wire.SetLength(head, b.Len)
}

// runWriter adds frames of one lane to a batch, as one run for each alignment.
type runWriter struct {
	b     *Batch
	l     *lane
	limit int // of the batch's length
	total int // frames added

	// The current run.
	head  []byte
	count uint32
	bytes int
	first uint64
	align uint32
}

// room is how many bytes of frames may still be added.
func (w *runWriter) room() int { return max(0, w.limit-w.b.Len-wire.RunSize) }

// frames adds n frames that stand in p. A change of alignment begins a new run.
func (w *runWriter) frames(p []byte, n int, align uint32) {
	if w.head == nil || w.align != align {
		w.head = w.b.arena.take(wire.RunSize)
		w.b.add(w.head)
		w.count, w.bytes, w.first, w.align = 0, 0, w.l.drain.seq.Load(), align
	}
	w.b.add(p)
	w.grow(len(p), n)
}

// A frame whose stride is at least apartMin has a run of its own and is marked (Batch.Apart), so
// that a carrier can bring its bytes to where the page wants them. For a shorter one a place of its
// own costs the page more than the copy that it saves.
const (
	apartMin  = 96 << 10
	apartHead = wire.FrameSize + 16 // what stands inline: a begin frame's own fields
)

// apart adds a large frame: its first apartHead bytes, and the rest.
func (w *runWriter) apart(head, rest []byte) {
	w.head = nil
	w.frames(head, 1, 8)
	w.b.Apart = append(w.b.Apart, len(w.b.Segments))
	w.b.add(rest)
	w.grow(len(rest), 0)
	w.head = nil
}

// frame adds one frame whose payload is data behind head, at most 16 bytes of that; it takes the
// bytes as they are.
func (w *runWriter) frame(k wire.Kind, head, data []byte) {
	n := len(head) + len(data)
	// padding would be a segment more
	if stride := wire.FrameSize + n; stride >= apartMin && stride%8 == 0 {
		p := w.b.arena.take(apartHead)
		wire.PutFrame(p, k, n)
		m := copy(p[wire.FrameSize:], head)
		inline := copy(p[wire.FrameSize+m:], data)
		w.apart(p, data[inline:])
		return
	}
	p := w.b.arena.take(wire.FrameSize + len(head))
	wire.PutFrame(p, k, n)
	copy(p[wire.FrameSize:], head)
	w.frames(p, 1, 8)
	if len(data) > 0 {
		w.b.add(data)
		w.grow(len(data), 0)
	}
	if pad := wire.Stride(n, 8) - wire.FrameSize - n; pad > 0 {
		w.b.add(zeros[:pad])
		w.grow(pad, 0)
	}
}

func (w *runWriter) grow(bytes, frames int) {
	w.bytes += bytes
	w.count += uint32(frames)
	w.total += frames
	w.l.drain.seq.Add(uint64(frames))
	w.l.drain.sent.Add(uint64(bytes))
	wire.PutRun(w.head, w.l.id, w.count, w.first, uint32(w.bytes), w.align)
}

// arena hands out small pieces of memory that live as long as their batch.
type arena struct {
	first, chunk []byte
}

const arenaChunk = 2048

func (a *arena) take(n int) []byte {
	if len(a.chunk) < n {
		a.chunk = make([]byte, max(arenaChunk, n))
		if a.first == nil {
			a.first = a.chunk
		}
	}
	p := a.chunk[:n:n]
	a.chunk = a.chunk[n:]
	return p
}

func (a arena) reset() arena { return arena{a.first, a.first} }
