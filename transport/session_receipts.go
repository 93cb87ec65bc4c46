package transport

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// maxSends is how often a batch is sent before the session gives the page up.
const maxSends = 16

// receipts are a session's batches without receipt, which stay in the rings until then. Any
// goroutine may call its methods; the drainer alone makes batches, and has them leased.
type receipts struct {
	s *Session

	mu          ranked.Mutex[ranked.Receipts] // guards what follows
	outstanding []*Batch                      // in the order of their numbers, without a gap
	last        uint64                        // number of the last batch
	spare       []*Batch                      // to be used again

	resend timer

	// What was handed to the carrier, and of it what was sent again.
	batches, bytes, resent atomic.Uint64
}

// add makes a batch outstanding, which the carrier reads from now on.
func (r *receipts) add(b *Batch, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = b.Number
	b.state = batchState{leased: true, sends: 1, sent: now}
	r.outstanding = append(r.outstanding, b)
}

// unreceipted is how many batches are without receipt.
func (r *receipts) unreceipted() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.outstanding)
}

// runs is how many runs they have.
func (r *receipts) runs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, b := range r.outstanding {
		n += len(b.runs)
	}
	return n
}

// forget forgets all batches, which nothing reads any more: the session is over.
func (r *receipts) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.outstanding {
		for _, d := range b.runs {
			d.lane.gave(d.cost)
		}
	}
	r.outstanding, r.spare = nil, nil
}

// mayBuild reports whether another batch may be outstanding.
func (r *receipts) mayBuild() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.outstanding) < wire.Ahead
}

// newBatch gives an empty batch, an old one where there is one.
func (r *receipts) newBatch() *Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.spare); n > 0 {
		b := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return b
	}
	return new(Batch)
}

// recycle keeps a batch that nothing reads any more.
func (r *receipts) recycle(b *Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recycleLocked(b)
}

func (r *receipts) recycleLocked(b *Batch) {
	clear(b.Segments[:cap(b.Segments)])
	clear(b.runs[:cap(b.runs)])
	r.spare = append(r.spare, b)
}

// nextLost leases the first batch that must be sent again, nil if there is none.
func (r *receipts) nextLost() *Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.outstanding {
		if b.state.lost && !b.state.got && !b.state.leased {
			b.state.lost, b.state.leased = false, true
			b.state.sends++
			b.state.sent = time.Now()
			return b
		}
	}
	return nil
}

// settle ends the carrier's lease of a batch. A batch that was not taken is sent later.
func (r *receipts) settle(b *Batch, taken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b.state.leased = false
	if !taken {
		b.state.lost = true
		b.state.sends--
	} else {
		r.batches.Add(1)
		r.bytes.Add(uint64(b.Len))
		if b.state.sends > 1 {
			r.again(b)
		}
	}
	r.retire()
}

// Lost implements Port.
func (s *Session) Lost(number uint64) {
	s.down.receipts.lost(number)
	s.Wake()
}

// LostAll implements Port. It is no sign that they do not get through: no batch is worn by it.
func (s *Session) LostAll() {
	s.down.receipts.lostAll()
	s.Wake()
}

// lost has a batch sent again, or ends the session if that was in vain so often.
func (r *receipts) lost(number uint64) {
	r.mu.Lock()
	b := r.find(number)
	var worn bool
	if b != nil && !b.state.got {
		b.state.lost = true
		worn = b.state.sends >= maxSends
	}
	r.mu.Unlock()
	if worn {
		r.giveUp(number)
	}
}

// lostAll has all batches sent again.
func (r *receipts) lostAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.outstanding {
		if !b.state.got {
			b.state.lost, b.state.sends = true, min(b.state.sends, 1)
		}
	}
}

// giveUp ends the session: a batch does not get through.
func (r *receipts) giveUp(number uint64) {
	r.s.end(&ClosedError{
		Reason: fmt.Sprintf("batch %d did not reach the page in %d attempts", number, maxSends),
	})
}

// find returns an outstanding batch; the caller holds mu.
func (r *receipts) find(number uint64) *Batch {
	if len(r.outstanding) == 0 || number < r.outstanding[0].Number {
		return nil
	}
	if i := number - r.outstanding[0].Number; i < uint64(len(r.outstanding)) {
		return r.outstanding[i]
	}
	return nil
}

// take takes what the page says that it has.
func (r *receipts) take(h *wire.Header) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.Receipt > r.last {
		return wire.Broken("receipt for batch %d, the last one was %d", h.Receipt, r.last)
	}
	highest := h.Receipt
	for i := range uint64(32) {
		if h.Selective>>i&1 == 0 {
			continue
		}
		n := h.Receipt + 2 + i
		if n > r.last {
			return wire.Broken("receipt for batch %d, the last one was %d", n, r.last)
		}
		if b := r.find(n); b != nil {
			b.state.got = true
		}
		highest = n
	}
	for _, b := range r.outstanding {
		if b.Number <= h.Receipt {
			b.state.got = true
		}
	}
	r.retire()
	if len(r.outstanding) > 0 && r.outstanding[0].Number < highest {
		r.resend.start(r.s.opt.ResendAfter, r.resendGaps)
	}
	return nil
}

// retire ends the batches at the front that have their receipt: their ring space comes
// back. The caller holds mu, which also serialises the rings' Release.
func (r *receipts) retire() {
	n := 0
	for _, b := range r.outstanding {
		if !b.state.got || b.state.leased {
			break
		}
		for _, d := range b.runs {
			d.lane.release(d.mark.pos)
			if d.cost > 0 {
				d.lane.gave(d.cost)
			}
			d.lane.advance(d.mark, true)
			if d.mark.closed {
				r.s.drop(d.lane)
			}
		}
		r.recycleLocked(b)
		n++
	}
	if n > 0 {
		rest := copy(r.outstanding, r.outstanding[n:])
		clear(r.outstanding[rest:])
		r.outstanding = r.outstanding[:rest]
		r.s.Wake()
	}
}

// resendGaps sends again what is older than ResendAfter while later batches have their
// receipt: no pull will ever say that it was lost.
func (r *receipts) resendGaps() {
	r.mu.Lock()
	last := -1
	for i, b := range r.outstanding {
		if b.state.got {
			last = i
		}
	}
	again, worn := false, uint64(0)
	for i, b := range r.outstanding {
		if i >= last || b.state.got || b.state.leased {
			continue
		}
		again = true
		if time.Since(b.state.sent) >= r.s.opt.ResendAfter {
			b.state.lost = true
			if b.state.sends >= maxSends {
				worn = b.Number
			}
		}
	}
	r.mu.Unlock()
	if worn != 0 {
		r.giveUp(worn)
		return
	}
	if again {
		r.resend.start(r.s.opt.ResendAfter, r.resendGaps)
		r.s.Wake()
	}
}

// again counts a batch that was sent again.
func (r *receipts) again(b *Batch) {
	r.resent.Add(1)
	for _, d := range b.runs {
		d.lane.drain.resent.Add(1)
	}
	r.s.journal.SentAgain(r.s.engine.now())
}

// timer runs a function once after a while; starting it again while it waits does nothing.
type timer struct {
	mu      ranked.Mutex[ranked.Leaf]
	t       *time.Timer
	stopped bool
}

func (t *timer) start(after time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.t != nil || t.stopped {
		return
	}
	t.t = time.AfterFunc(after, func() {
		t.mu.Lock()
		t.t = nil
		stopped := t.stopped
		t.mu.Unlock()
		if !stopped {
			f()
		}
	})
}

// stop ends the timer for good.
func (t *timer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.t != nil {
		t.t.Stop()
		t.t = nil
	}
}
