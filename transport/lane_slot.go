package transport

import (
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// slotValue is the state of a lane's slot: the n-th value, or (full false) that it
// was taken; closed: no further one is accepted.
type slotValue struct {
	kind   wire.Kind
	data   []byte
	n      uint64
	full   bool
	closed bool
}

// valueCost is what a value takes beside its data, in bytes.
const valueCost = 64

// cost is what a value that is in the slot counts for; nil: nothing.
func (v *slotValue) cost() int64 {
	if v == nil || !v.full {
		return 0
	}
	return valueCost + int64(cap(v.data))
}

// latest puts a copy of data into the slot of a channel with Latest, if there is room for it.
func (l *lane) latest(kind wire.Kind, data []byte) error {
	for {
		old := l.out.slot.Load()
		if old != nil && old.closed {
			return l.err()
		}
		v := &slotValue{kind: kind, data: make([]byte, len(data)), n: 1, full: true}
		grows := v.cost() - old.cost()
		if !l.s.budget.Take(budget.Latest, max(grows, 0)) { // the old value stays
			return ErrMemory
		}
		copy(v.data, data)
		if !l.put(old, v) {
			l.s.budget.Give(budget.Latest, max(grows, 0))
			continue
		}
		l.out.valueBytes.Add(grows)
		if grows < 0 {
			l.s.budget.Give(budget.Latest, -grows)
		}
		return nil
	}
}

// put replaces the slot's value old by v, unless it is another one by now.
func (l *lane) put(old, v *slotValue) bool {
	if old != nil {
		v.n = old.n + 1
	}
	if !l.out.slot.CompareAndSwap(old, v) {
		return false
	}
	if old == nil || !old.full {
		l.s.push(l)
	} else {
		l.out.replaced.Add(1)
	}
	return true
}

// take empties the slot; nil when it is empty. The value stays counted.
func (l *lane) take() *slotValue {
	for {
		v := l.out.slot.Load()
		if v == nil || !v.full {
			return nil
		}
		if l.out.slot.CompareAndSwap(v, &slotValue{n: v.n, closed: v.closed}) {
			return v
		}
	}
}

// gave takes n bytes of values out of what is held.
func (l *lane) gave(n int64) {
	l.out.valueBytes.Add(-n)
	l.s.budget.Give(l.values(), n)
}

// values is what the lane's slot counts as.
func (l *lane) values() budget.Kind {
	if l.count == &l.s.lanes.downloads {
		return budget.Results
	}
	return budget.Latest
}

// closeSlot refuses further values; one that waits stays.
func (l *lane) closeSlot() {
	for {
		old := l.out.slot.Load()
		var v slotValue
		if old != nil {
			v = *old
		}
		v.closed = true
		if l.out.slot.CompareAndSwap(old, &v) {
			return
		}
	}
}

// outgoing is a slot's value on its way into batches; the drainer's own.
type outgoing struct {
	value *slotValue
	off   int    // bytes of it that are in batches
	cost  int64  // of the values that are whole in the batch that is being built
	taken uint64 // number of the last value that is in batches whole
}

func (o *outgoing) busy() bool { return o.value != nil }

func (o *outgoing) drop() { o.value, o.off = nil, 0 }

// serveSlot puts the slot's value into the batch, straight from its own memory: as one
// frame, or in fragments that may take several batches.
func (l *lane) serveSlot(w *runWriter) (served, int) {
	for {
		if !l.drain.value.busy() {
			v := l.out.slot.Load()
			if v == nil || !v.full {
				return starved, 0
			}
			// It stays in the slot, to be replaced, until there is credit for it.
			if need := wire.Stride(min(len(v.data), l.s.opt.maxFrame()), 8); !l.fits(need) {
				return waiting, need
			} else if need > w.room() {
				return more, need
			}
			if l.drain.value.value = l.take(); l.drain.value.value == nil {
				continue
			}
			l.drain.value.off = 0
		}
		v, o := l.drain.value.value, &l.drain.value
		limit := l.s.opt.maxFrame()
		n := min(len(v.data)-o.off, limit)
		need := wire.Stride(n, 8)
		switch {
		case !l.fits(need):
			return waiting, need
		case need > w.room():
			return more, need
		}
		switch {
		case len(v.data) <= limit:
			w.frame(v.kind, nil, v.data)
		case o.off == 0:
			var head [wire.BeginSize]byte
			wire.PutBegin(head[:], len(v.data), v.kind)
			n -= wire.BeginSize
			w.frame(wire.Begin, head[:], v.data[:n])
		case o.off+n < len(v.data):
			w.frame(wire.Middle, nil, v.data[o.off:o.off+n])
			l.out.extra.Add(1)
		default:
			w.frame(wire.End, nil, v.data[o.off:])
			l.out.extra.Add(1)
		}
		if o.off += n; o.off == len(v.data) {
			o.taken = v.n
			o.cost += v.cost()
			o.drop()
		}
	}
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
	if state == starved && l.ended() && !l.drain.fed {
		w.frame(wire.Close, nil, l.end.why.Load().farewell)
		l.drain.fed = true
		l.out.extra.Add(1) // the close is no message
	}
	if w.total > 0 {
		m.slot, m.closed = l.drain.value.taken, l.drain.fed
		b.runs = append(b.runs, delivered{l, m, l.drain.value.cost})
		l.drain.value.cost = 0
		l.advance(m, false)
		if l.id == 0 && s.evals.native != nil {
			s.evals.scripts.Batched(m.pos, l.drain.sent.Load())
		}
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
		p, n, _ := r.Drain(min(w.room(), credit, apartMin-1))
		if n == 0 {
			need := r.Next()
			switch {
			case need == 0 && r.Drained() && r != l.out.ring.Load():
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
		if len(p) >= apartMin {
			w.apart(p[:apartHead], p[apartHead:])
		} else {
			w.frames(p, n, ring.Unit)
		}
	}
}

// credit is how many bytes the page would take of the lane now.
func (l *lane) credit() int {
	return l.s.opt.Window - int(l.drain.sent.Load()-l.page.credited.Load())
}

// ended reports whether everything that was accepted is in batches, and no more can come.
func (l *lane) ended() bool {
	if l.end.why.Load() == nil || l.drain.value.busy() {
		return false
	}
	// finish closes it after end, then pushes
	if v := l.out.slot.Load(); v == nil || v.full || !v.closed {
		return false
	}
	return l.exhausted()
}

// discard drops what a lane that ended holds. A sender may still be between its claim
// and its commit: then the lane is not drained yet, and that commit rings.
func (l *lane) discard() {
	for _, v := range [...]*slotValue{l.take(), l.drain.value.value} {
		if n := v.cost(); n > 0 {
			l.gave(n)
		}
	}
	l.drain.value.drop()
	for r := l.current(); r != nil; r = l.current() {
		for next := r.Next(); next > 0; next = r.Next() {
			r.Drain(max(next, l.s.opt.MaxBatch))
		}
		if !r.Drained() || r == l.out.ring.Load() {
			return
		}
	}
}

// fits reports whether the page would take n bytes more. What is larger than the
// window goes when nothing is outstanding.
func (l *lane) fits(n int) bool {
	c := l.credit()
	return n <= c || c == l.s.opt.Window
}

// dead reports whether the lane ended without regard to what it holds.
func (l *lane) dead() bool { return l.end.why.Load() != nil && !l.end.polite.Load() }
