package pulls

import (
	"net/http"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// slot is one of the page's request slots.
type slot struct {
	got    transport.Received // the newest request
	answer func(Answer)       // of the request that is held, or nil
	post   bool
	order  uint64 // of its arrival
	batch  uint64 // what answered it; 0: nothing that could be lost
	expire *time.Timer
}

// register holds the request, or answers it at once. It returns the batch that answered the
// slot's request before: if its receipt has not come by now, it was lost.
func (p *Carrier) register(answer func(Answer), got transport.Received) (lost uint64) {
	p.mu.Lock()
	if p.closed != nil {
		p.mu.Unlock()
		answer(over(p.closed))
		return 0
	}
	s := &p.slots[got.Slot]
	if older(got.Request, s.got.Request) {
		p.mu.Unlock()
		answer(Answer{Status: http.StatusNoContent}) // a late copy
		return 0
	}
	// A copy of the newest one counts as newer, for the answer to the first copy may be lost.
	superseded := s.release()
	lost = s.batch
	post := int(got.Slot) >= p.pulls
	hold := min(time.Duration(got.Hold)*time.Millisecond, p.hold)
	if post {
		hold = 0
		if got.Commands > 0 {
			hold = p.postHold
		}
	}
	p.order++
	*s = slot{got: got, post: post, order: p.order}
	var crowded func(Answer)
	if hold > 0 {
		s.answer = answer
		s.expire = time.AfterFunc(hold, func() { p.expire(got) })
		if post {
			crowded = p.crowded()
		}
	}
	p.mu.Unlock()
	for _, a := range []func(Answer){superseded, crowded} {
		if a != nil {
			a(empty(got))
		}
	}
	if hold <= 0 {
		answer(empty(got))
	}
	return lost
}

// older reports whether a is the number of an earlier request than b. The numbers wrap: a slot's
// requests are near each other, so half of all numbers lie before b, as in RFC 1982.
func older(a, b uint32) bool { return int32(a-b) < 0 }

// release takes the held answer out of a slot.
func (s *slot) release() func(Answer) {
	a := s.answer
	if a != nil {
		s.answer = nil
		s.expire.Stop()
	}
	return a
}

// crowded releases the oldest held post when too many are held.
func (p *Carrier) crowded() func(Answer) {
	n := 0
	var oldest *slot
	for i := range p.slots {
		if s := &p.slots[i]; s.answer != nil && s.post {
			n++
			if oldest == nil || s.order < oldest.order {
				oldest = s
			}
		}
	}
	if n <= heldPosts {
		return nil
	}
	return oldest.release()
}

// expire ends the hold of a request.
func (p *Carrier) expire(got transport.Received) {
	p.mu.Lock()
	var answer func(Answer)
	if s := &p.slots[got.Slot]; s.got.Request == got.Request {
		answer = s.release()
	}
	p.mu.Unlock()
	if answer != nil {
		answer(empty(got))
	}
}

// next is the held request that the next batch answers: a post before a pull, so that
// a command's result comes on its own request, and the oldest of them.
func (p *Carrier) next() *slot {
	var best *slot
	for i := range p.slots {
		s := &p.slots[i]
		if s.answer != nil && (best == nil || s.post && !best.post || s.post == best.post &&
			s.order < best.order) {
			best = s
		}
	}
	return best
}
