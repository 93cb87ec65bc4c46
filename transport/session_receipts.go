package transport

import (
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// maxSends is how often a batch is sent before the session gives the page up.
const maxSends = 16

// mayBuild reports whether another batch may be outstanding.
func (s *Session) mayBuild() bool {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	return len(s.outstanding) < wire.Ahead
}

// newBatch gives an empty batch, an old one where there is one.
func (s *Session) newBatch() *Batch {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	if n := len(s.spare); n > 0 {
		b := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return b
	}
	return new(Batch)
}

// recycle keeps a batch that nothing reads any more.
func (s *Session) recycle(b *Batch) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	s.recycleLocked(b)
}

func (s *Session) recycleLocked(b *Batch) {
	clear(b.Segments[:cap(b.Segments)])
	clear(b.runs[:cap(b.runs)])
	s.spare = append(s.spare, b)
}

// nextLost leases the first batch that must be sent again, nil if there is none.
func (s *Session) nextLost() *Batch {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	for _, b := range s.outstanding {
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
func (s *Session) settle(b *Batch, taken bool) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	b.state.leased = false
	if !taken {
		b.state.lost = true
		b.state.sends--
	} else {
		s.figures.batches.Add(1)
		s.figures.bytes.Add(uint64(b.Len))
		if b.state.sends > 1 {
			s.sentAgain(b)
		}
	}
	s.retire()
}

// Lost implements Port.
func (s *Session) Lost(number uint64) {
	s.outMu.Lock()
	b := s.find(number)
	var worn bool
	if b != nil && !b.state.got {
		b.state.lost = true
		worn = b.state.sends >= maxSends
	}
	s.outMu.Unlock()
	if worn {
		s.giveUp(number)
	}
	s.Wake()
}

// LostAll implements Port. It is no sign that they do not get through: no batch is worn by it.
func (s *Session) LostAll() {
	s.outMu.Lock()
	for _, b := range s.outstanding {
		if !b.state.got {
			b.state.lost, b.state.sends = true, min(b.state.sends, 1)
		}
	}
	s.outMu.Unlock()
	s.Wake()
}

// giveUp ends the session: a batch does not get through.
func (s *Session) giveUp(number uint64) {
	s.end(&ClosedError{
		Reason: fmt.Sprintf("batch %d did not reach the page in %d attempts", number, maxSends),
	})
}

// find returns an outstanding batch; the caller holds outMu.
func (s *Session) find(number uint64) *Batch {
	if len(s.outstanding) == 0 || number < s.outstanding[0].Number {
		return nil
	}
	if i := number - s.outstanding[0].Number; i < uint64(len(s.outstanding)) {
		return s.outstanding[i]
	}
	return nil
}

// receipts takes what the page says that it has.
func (s *Session) receipts(h *wire.Header) error {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	if h.Receipt > s.lastNumber {
		return wire.Broken("receipt for batch %d, the last one was %d", h.Receipt, s.lastNumber)
	}
	highest := h.Receipt
	for i := range uint64(32) {
		if h.Selective>>i&1 == 0 {
			continue
		}
		n := h.Receipt + 2 + i
		if n > s.lastNumber {
			return wire.Broken("receipt for batch %d, the last one was %d", n, s.lastNumber)
		}
		if b := s.find(n); b != nil {
			b.state.got = true
		}
		highest = n
	}
	for _, b := range s.outstanding {
		if b.Number <= h.Receipt {
			b.state.got = true
		}
	}
	s.retire()
	if len(s.outstanding) > 0 && s.outstanding[0].Number < highest {
		s.resend.start(s.opt.ResendAfter, s.resendGaps)
	}
	return nil
}

// retire ends the batches at the front that have their receipt: their ring space comes
// back. The caller holds outMu, which also serialises the rings' Release.
func (s *Session) retire() {
	n := 0
	for _, b := range s.outstanding {
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
				s.drop(d.lane)
			}
		}
		s.recycleLocked(b)
		n++
	}
	if n > 0 {
		rest := copy(s.outstanding, s.outstanding[n:])
		clear(s.outstanding[rest:])
		s.outstanding = s.outstanding[:rest]
		s.Wake()
	}
}

// resendGaps sends again what is older than ResendAfter while later batches have their
// receipt: no pull will ever say that it was lost.
func (s *Session) resendGaps() {
	s.outMu.Lock()
	last := -1
	for i, b := range s.outstanding {
		if b.state.got {
			last = i
		}
	}
	again, worn := false, uint64(0)
	for i, b := range s.outstanding {
		if i >= last || b.state.got || b.state.leased {
			continue
		}
		again = true
		if time.Since(b.state.sent) >= s.opt.ResendAfter {
			b.state.lost = true
			if b.state.sends >= maxSends {
				worn = b.Number
			}
		}
	}
	s.outMu.Unlock()
	if worn != 0 {
		s.giveUp(worn)
		return
	}
	if again {
		s.resend.start(s.opt.ResendAfter, s.resendGaps)
		s.Wake()
	}
}
