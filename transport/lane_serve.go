package transport

import (
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
)

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
