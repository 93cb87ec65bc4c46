package transport

import (
	"github.com/tailrace-go/tailrace/internal/wire"
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
