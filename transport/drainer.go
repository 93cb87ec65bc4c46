package transport

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/wire"
)

// quantum is what a lane may put into a batch in one turn, in bytes: small enough that many
// lanes share a batch, large enough that a turn is worth its run header.
const quantum = 16 << 10

// smallest is the least room that a lane's turn needs.
const smallest = wire.RunSize + 2*ring.Unit

// drainer is the part of a session that builds batches. One goroutine runs it.
//
// It is a deficit round robin (Shreedhar and Varghese, 1995) with the two lists of FQ-CoDel
// (RFC 8290): a lane that has just become busy is served before those that
// have been busy for longer, but goes to the end of the old list even when it is
// empty then, so that it can't come first again and again. Lane 0 goes first in every batch, with half of it.
type drainer struct {
	fresh, old []*lane
}

// push lists a lane that has something to say, and rings. Any goroutine.
func (s *Session) push(l *lane) {
	if !l.listed.CompareAndSwap(false, true) {
		return
	}
	if l.id != 0 {
		s.readyMu.Lock()
		s.ready = append(s.ready, l)
		s.readyMu.Unlock()
	}
	s.Wake()
}

// Wake implements Port.
func (s *Session) Wake() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// drain is the drainer's goroutine. It ends with the session, and then gives the rings' memory back.
func (s *Session) drain() {
	defer close(s.drained)
	for {
		select {
		case <-s.bell:
			for s.step() {
			}
		case <-s.ctx.Done():
			s.freeRings()
			return
		}
	}
}

// step hands one batch to the carrier and reports whether it did.
func (s *Session) step() bool {
	if s.ctx.Err() != nil || !s.carrier.Ready() {
		return false
	}
	b := s.nextLost()
	if b == nil {
		if !s.mayBuild() {
			return false
		}
		if b = s.build(); b == nil {
			return false
		}
	}
	ok := s.carrier.Deliver(b)
	s.settle(b, ok)
	return ok
}

// build makes the next batch, nil when there is nothing to say.
func (s *Session) build() *Batch {
	d := &s.drainer
	s.readyMu.Lock()
	d.fresh = append(d.fresh, s.ready...)
	clear(s.ready)
	s.ready = s.ready[:0]
	s.readyMu.Unlock()
	credits := s.creditsDue()
	if len(d.fresh)+len(d.old)+len(credits) == 0 && !s.control.listed.Load() {
		return nil
	}

	b := s.newBatch()
	b.reset(&wire.Header{Number: s.number + 1, Receipt: s.upReceipt.Load(), Credits: credits})
	empty := b.Len
	room := func() int { return s.opt.MaxBatch - wire.ClosingSize - b.Len }
	if s.control.listed.Load() {
		s.serve(b, s.control, s.opt.MaxBatch/2)
	}
	for room() > smallest {
		list := &d.fresh
		if len(d.fresh) == 0 {
			if list = &d.old; len(d.old) == 0 {
				break
			}
		}
		l := (*list)[0]
		*list = pop(*list)
		if l.deficit <= 0 {
			l.deficit += quantum
		}
		before := b.Len
		state, need := s.serve(b, l, min(room(), l.deficit))
		l.deficit -= b.Len - before
		switch {
		case state == starved && list == &d.fresh:
			d.old = append(d.old, l)
		case state != more:
			l.deficit = min(l.deficit, quantum)
			if s.unlist(l, need) {
				d.old = append(d.old, l)
			}
		case need+wire.RunSize <= l.deficit: // the batch is full: this lane begins the next one
			d.old = slices.Insert(d.old, 0, l)
			return s.close(b)
		default: // it has had its share: next turn, and more for a larger frame
			l.deficit += quantum
			d.old = append(d.old, l)
		}
	}
	if s.control.listed.Load() && room() > smallest {
		if state, need := s.serve(b, s.control, room()); state != more && s.unlist(s.control, need) {
			s.Wake()
		}
	}
	if b.Len == empty && len(credits) == 0 {
		s.recycle(b)
		return nil
	}
	return s.close(b)
}

// close ends a batch and makes it outstanding.
func (s *Session) close(b *Batch) *Batch {
	b.finish()
	s.number++
	s.outMu.Lock()
	s.lastNumber = b.Number
	b.state = batchState{leased: true, sends: 1, sent: time.Now()}
	s.outstanding = append(s.outstanding, b)
	s.outMu.Unlock()
	return b
}

// pop drops the first lane of a list.
func pop(list []*lane) []*lane {
	copy(list, list[1:])
	list[len(list)-1] = nil
	return list[:len(list)-1]
}

// served says in which state serve left a lane.
type served uint8

const (
	more    served = iota // there is more to say, and credit for it
	starved               // nothing more to say
	waiting               // the page must give credit first
)

// serve puts frames of one lane into a batch, at most max bytes with the run header. need is the
// size of a frame that had no room (state more) or no credit (state waiting).
func (s *Session) serve(b *Batch, l *lane, max int) (state served, need int) {
	w := runWriter{b: b, l: l, limit: b.Len + max}
	m := mark{pos: l.drainPos()}
	if l.dead() { // what it drops stays ahead of its mark
		l.discard()
		state = starved
	} else if state, need = l.serveSlot(&w); state == starved {
		state, need = l.serveRing(&w)
		m.pos = l.drainPos()
	}
	if state == starved && l.ended() && !l.fed {
		w.frame(wire.Close, nil, l.farewell())
		l.fed = true
	}
	if w.total > 0 {
		m.slot, m.closed = l.out.taken, l.fed
		b.runs = append(b.runs, delivered{l, m})
		l.advance(m, false)
	}
	return state, need
}

// drainPos is how far the lane is drained.
func (l *lane) drainPos() uint64 {
	if r := l.current(); r != nil {
		return r.DrainPos()
	}
	return 0
}

// serveRing drains the rings as far as there is room and credit.
func (l *lane) serveRing(w *runWriter) (served, int) {
	for {
		r := l.current()
		if r == nil {
			return starved, 0
		}
		credit := l.credit()
		p, n, _ := r.Drain(min(w.room(), credit))
		if n == 0 {
			need := r.Next()
			switch {
			case need == 0 && r.Drained() && r != l.ring.Load():
				continue // it has grown
			case need == 0:
				return starved, 0
			case !l.fits(need):
				return waiting, need
			case need > w.room():
				return more, need
			}
			p, n, _ = r.Drain(need)
		}
		w.ringFrames(p, n)
	}
}

// credit is how many bytes the page would take of the lane now.
func (l *lane) credit() int {
	return l.s.opt.Window - int(l.sent.Load()-l.credited.Load())
}

// ended reports whether everything that was accepted is in batches, and no more can come.
func (l *lane) ended() bool {
	if l.end.Load() == nil || l.out.busy() {
		return false
	}
	if v := l.slot.Load(); v == nil || v.full || !v.closed { // finish closes it after end, then pushes
		return false
	}
	return l.exhausted()
}

// discard drops what a lane that ended holds. A sender may still be between its claim
// and its commit: then the lane is not drained yet, and that commit rings.
func (l *lane) discard() {
	l.take()
	l.out.drop()
	for r := l.current(); r != nil; r = l.current() {
		for next := r.Next(); next > 0; next = r.Next() {
			r.Drain(max(next, l.s.opt.MaxBatch))
		}
		if !r.Drained() || r == l.ring.Load() {
			return
		}
	}
}

// maxFarewell bounds the payload of a close frame, which goes into any batch.
const maxFarewell = 4 << 10

// farewell is the payload of the close frame: the error that the channel was closed with.
func (l *lane) farewell() []byte {
	e := l.end.Load()
	if e == nil || e.Cause == nil {
		return nil
	}
	data, err := json.Marshal(asError(e.Cause))
	if err != nil {
		data = nil
	}
	if data == nil || len(data) > maxFarewell {
		message := e.Cause.Error()
		data, _ = json.Marshal(&Error{Code: CodeError, Message: message[:min(len(message), maxFarewell/8)]})
	}
	return data
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
	l.needs.Store(int64(need))
	l.listed.Store(false)
	again := false
	if need > 0 && !l.dead() {
		again = l.fits(need)
	} else {
		again = l.pending()
	}
	return again && l.listed.CompareAndSwap(false, true)
}

// fits reports whether the page would take n bytes more. What is larger than the
// window goes when nothing is outstanding.
func (l *lane) fits(n int) bool {
	c := l.credit()
	return n <= c || c == l.s.opt.Window
}

// dead reports whether the lane ended without regard to what it holds.
func (l *lane) dead() bool { return l.end.Load() != nil && !l.polite.Load() }

// pending parks the lane's ring and reports whether there is something to say.
func (l *lane) pending() bool {
	if v := l.slot.Load(); v != nil && v.full || l.out.busy() {
		return true
	}
	for r := l.current(); r != nil; r = l.current() {
		if !r.Park() && !r.Drained() {
			return true
		}
		if !r.Drained() || r == l.ring.Load() {
			break
		}
	}
	return l.ended() && !l.fed
}

// freeRings gives the rings' memory back to the carrier. All lanes have ended. Every claim
// before the close bit is committed first: the drainer walks to the final tail.
func (s *Session) freeRings() {
	free := func(_ uint32, l *lane) bool {
		for l.discard(); !l.exhausted(); l.discard() {
			l.listed.Store(false)
			if l.current().Park() {
				<-s.bell
			}
		}
		s.outMu.Lock() // a receipt may be on its way
		defer s.outMu.Unlock()
		l.freeRings()
		return true
	}
	free(0, s.control)
	s.lanes.Range(free)
}
