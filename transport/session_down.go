package transport

import (
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/internal/meter"
	"github.com/tailrace-go/tailrace/transport/internal/schedule"
)

// smallest is the least room that a lane's turn needs.
const smallest = wire.RunSize + 2*ring.Unit

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

// drain is the drainer's goroutine. It ends with the session, and then gives the rings' memory
// back.
func (s *Session) drain() {
	defer close(s.drained)
	for {
		select {
		case <-s.bell:
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
	d := &s.schedule
	s.readyMu.Lock()
	for i, l := range s.ready {
		d.Class(l.borrow).Fresh.Push(l)
		s.ready[i] = nil
	}
	s.ready = s.ready[:0]
	s.readyMu.Unlock()
	credits := s.creditsDue()
	for {
		control := s.control.listed.Load()
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
	d := &s.schedule
	s.began = time.Now()
	s.at = s.began.Sub(s.engine.epoch)
	s.atStep = meter.Step(s.at)
	c, outOfTurn, most := d.Turn(control, s.opt.MaxBatch)
	control = control && c == &d.Owned
	lanes := c.Lanes()
	alone := lanes == 1 && d.Lanes() == 1
	b := s.newBatch()
	b.reset(&wire.Header{Number: s.number + 1, Receipt: s.upReceipt.Load(), Credits: credits})
	b.Borrow = c == &d.Borrowed
	empty := b.Len
	room := func() int { return s.opt.MaxBatch - wire.ClosingSize - b.Len }
	if control {
		s.serve(b, s.control, s.opt.MaxBatch/2)
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
		if l.deficit <= 0 {
			l.deficit += schedule.Quantum
		}
		if alone {
			l.deficit = max(l.deficit, most) // nobody has the next turn
		}
		before := b.Len
		state, need := s.serve(b, l, min(room(), l.deficit))
		l.deficit -= b.Len - before
		switch {
		case state == starved && list == &c.Fresh && !alone:
			c.Old.Push(l)
		case state != more:
			l.deficit = min(l.deficit, schedule.Quantum)
			if s.unlist(l, need) {
				c.Old.Push(l)
			}
		case need+wire.RunSize <= l.deficit: // this lane begins the next batch
			c.Old.PushFront(l)
			full = true
		default: // it has had its share: next turn, and more for a larger frame
			l.deficit += schedule.Quantum
			c.Old.Push(l)
		}
	}
	bytes := b.Len - first
	if control && !full && s.control.listed.Load() && room() > smallest {
		if state, need := s.serve(b, s.control, room()); state != more &&
			s.unlist(s.control, need) {
			s.Wake()
		}
	}
	if b.Len == empty && len(credits) == 0 {
		s.recycle(b)
		return nil
	}
	d.Charge(c, lanes, bytes)
	return s.close(b)
}

// close ends a batch and makes it outstanding.
func (s *Session) close(b *Batch) *Batch {
	b.finish()
	s.number++
	s.outMu.Lock()
	s.lastNumber = b.Number
	b.state = batchState{leased: true, sends: 1, sent: s.began}
	s.outstanding = append(s.outstanding, b)
	s.outMu.Unlock()
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
