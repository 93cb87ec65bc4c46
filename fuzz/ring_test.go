package fuzz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/ring"
)

// FuzzRing: whatever is claimed, committed, drained, released, waited for and closed, in which
// order, the ring does exactly what a plain model with numbers and lists does: the same positions,
// the same errors, the same bytes, the same who waits, one bell.
func FuzzRing(f *testing.F) {
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) < 2 {
			return
		}
		var err error
		synctest.Test(t, func(*testing.T) { err = runRing(input[0], input[1], input[2:]) })
		if err != nil {
			t.Fatal(err)
		}
	})
}

// ringModel is the naive ring: positions are counted, nothing is stored but a list of claims.
type ringModel struct {
	r                     *ring.Ring
	size, tail, end       uint64 // end: released + size
	drained               uint64
	keep, keepLow, room   uint64 // what ordinary and low claims leave; what ClaimHeadroom takes
	closed                bool
	claims                []*ringClaim // that are not drained, in their order
	runs                  []uint64     // ends of drained runs that are not released
	waiting, waitingLow   []*ringWaiter
	answered              []*ringWaiter
	id                    byte
	parkedClosed          bool // it was closed when the drainer parked
	rings, before, parked int  // bells; those before Park; 1 since Park gave true
}

type ringClaim struct {
	claim     ring.Claim
	pos, size uint64
	n         int
	id        byte
	committed bool
}

type ringWaiter struct {
	n      int
	cancel context.CancelFunc
	done   bool
	claim  ring.Claim
	err    error
	want   *ringClaim // nil: an error
	wrong  error
}

func runRing(a, b byte, ops []byte) error {
	m := &ringModel{size: 64 << (a & 3)}
	headroom, low := int(m.size)/8*int(a>>2&1), int(m.size)/4*int(a>>3&3)/2
	var start uint64
	if a&64 != 0 {
		start = -m.size * uint64(b&3) // positions wrap
	}
	r, err := ring.New(make([]byte, m.size), ring.Options{Headroom: headroom, LowReserve: low,
		Start: start, Doorbell: func() { m.rings++ }})
	if err != nil {
		return err
	}
	if headroom > 0 {
		m.room, m.keep = uint64(headroom), 2*uint64(headroom)-ring.Unit
	}
	m.keepLow = m.keep + (uint64(low)+7)&^7
	m.r, m.tail, m.drained, m.end = r, start, start, start+m.size
	for n := 0; n+1 < len(ops) && n < 400; n += 2 {
		if err := m.step(ops[n], ops[n+1]); err != nil {
			return fmt.Errorf("step %d (%d %d), ring of %d: %w", n/2, ops[n]%12, ops[n+1], m.size,
				err)
		}
		if err := m.check(); err != nil {
			return fmt.Errorf("after step %d (%d %d), ring of %d: %w", n/2, ops[n]%12, ops[n+1],
				m.size, err)
		}
	}
	r.Close()
	m.close()
	return m.check()
}

// largest is the largest claim that leaves so much.
func (m *ringModel) largest(keep uint64) int {
	return int((m.size - keep + ring.Unit) / 2 &^ (ring.Unit - 1))
}

// place is where a claim of n bytes would stand, and whether there is room.
func (m *ringModel) place(n int, keep uint64) (pos, size uint64, fits bool) {
	size = max((uint64(n)+7)&^7, ring.Unit)
	pos = m.tail
	if rest := m.size - pos%m.size; rest < size {
		pos += rest
	}
	return pos, size, pos+size+keep-m.tail <= m.end-m.tail
}

// claim does what a claim without waiting does.
func (m *ringModel) claim(n int, keep uint64, most int, behind bool) (*ringClaim, error) {
	if n > most {
		return nil, ring.ErrTooLarge
	}
	if m.closed {
		return nil, ring.ErrClosed
	}
	pos, size, fits := m.place(n, keep)
	if behind || !fits {
		return nil, ring.ErrFull
	}
	m.id++
	c := &ringClaim{pos: pos, size: size, n: n, id: m.id}
	m.tail = pos + size
	m.claims = append(m.claims, c)
	return c, nil
}

// got compares what the ring gave.
func (c *ringClaim) got(claim ring.Claim, err, want error) error {
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		return fmt.Errorf("the ring gave %v, the model %v", err, want)
	}
	if err != nil {
		return nil
	}
	if claim.Pos() != c.pos || len(claim.Bytes()) != c.n {
		return fmt.Errorf("claim of %d bytes at %d, the model has %d at %d", len(claim.Bytes()),
			claim.Pos(), c.n, c.pos)
	}
	c.claim = claim
	for i := range claim.Bytes() {
		claim.Bytes()[i] = c.id
	}
	return nil
}

func (m *ringModel) step(op, x byte) error {
	n := int(x) * m.largest(0) / 250 // a little more than the largest
	switch op % 12 {
	case 0:
		c, want := m.claim(n, m.keep, m.largest(m.keep), len(m.waiting) > 0)
		claim, err := m.r.TryClaim(n)
		return c.got(claim, err, want)
	case 1:
		c, want := m.claim(n, m.keepLow, m.largest(m.keepLow), len(m.waiting)+len(m.waitingLow) > 0)
		claim, err := m.r.TryClaimLow(n)
		return c.got(claim, err, want)
	case 2:
		n = int(x) % (int(m.room) + 2)
		c, want := m.claim(n, 0, int(m.room), false)
		claim, err := m.r.ClaimHeadroom(n)
		return c.got(claim, err, want)
	case 3, 4:
		var pending []*ringClaim
		for _, c := range m.claims {
			if !c.committed {
				pending = append(pending, c)
			}
		}
		if len(pending) > 0 {
			c := pending[int(x)%len(pending)]
			c.committed = true
			m.r.Commit(c.claim)
		}
	case 5:
		return m.drain(int(x) * 4)
	case 6:
		want := uint64(0)
		if len(m.claims) > 0 && m.claims[0].committed {
			want = m.claims[0].size
		}
		m.parked = 0
		if got := m.r.Next(); uint64(got) != want {
			return fmt.Errorf("next is %d, the model has %d", got, want)
		}
	case 7:
		m.before, m.parked = m.rings, 0
		want := !(len(m.claims) > 0 && m.claims[0].committed) && !(m.closed && len(m.claims) == 0)
		if got := m.r.Park(); got != want {
			return fmt.Errorf("park gave %v", got)
		}
		if want {
			m.parked, m.parkedClosed = 1, m.closed
		}
	case 8:
		if len(m.runs) > 0 {
			i := int(x) % len(m.runs)
			end := m.runs[i]
			m.runs = slices.Delete(m.runs, 0, i+1)
			m.end = end + m.size
			m.grant()
			m.r.Release(end)
		}
	case 9, 10:
		m.wait(n, op%12 == 10)
	case 11:
		if x < 4 {
			m.r.Close()
			m.close()
			return nil
		}
		m.cancel(int(x))
	}
	return nil
}

func (m *ringModel) close() {
	m.closed = true
	m.grant()
}

// drain takes a run: claims that are committed and follow each other in memory.
func (m *ringModel) drain(most int) error {
	m.parked = 0
	var want []*ringClaim
	total := uint64(0)
	for _, c := range m.claims {
		if !c.committed || total+c.size > uint64(most) || len(want) > 0 && c.pos%m.size == 0 {
			break
		}
		want = append(want, c)
		total += c.size
	}
	b, frames, end := m.r.Drain(most)
	if frames != len(want) || uint64(len(b)) != total {
		return fmt.Errorf("drained %d claims in %d bytes, the model has %d in %d", frames, len(b),
			len(want), total)
	}
	if frames == 0 {
		return nil
	}
	for _, c := range want {
		if got := b[:c.n]; !bytes.Equal(got, bytes.Repeat([]byte{c.id}, c.n)) {
			return fmt.Errorf("claim %d of %d bytes holds %x", c.id, c.n, got)
		}
		b = b[c.size:]
	}
	last := want[len(want)-1]
	if end != last.pos+last.size {
		return fmt.Errorf("the run ends at %d, the model's at %d", end, last.pos+last.size)
	}
	m.drained = end
	m.claims = m.claims[len(want):]
	m.runs = append(m.runs, end)
	return nil
}

// wait claims on a goroutine of its own.
func (m *ringModel) wait(n int, low bool) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &ringWaiter{n: n, cancel: cancel}
	keep, queue := m.keep, &m.waiting
	behind := len(m.waiting) > 0
	if low {
		keep, queue = m.keepLow, &m.waitingLow
		behind = behind || len(m.waitingLow) > 0
	}
	c, want := m.claim(n, keep, m.largest(keep), behind)
	if want == ring.ErrFull {
		*queue = append(*queue, w)
	} else {
		m.answer(w, c, want)
	}
	go func() {
		if low {
			w.claim, w.err = m.r.ClaimLow(ctx, n)
		} else {
			w.claim, w.err = m.r.Claim(ctx, n)
		}
		w.done = true
	}()
}

// answer notes what a waiter must have got when all is quiet.
func (m *ringModel) answer(w *ringWaiter, c *ringClaim, err error) {
	w.want, w.wrong = c, err
	m.answered = append(m.answered, w)
}

func (m *ringModel) cancel(x int) {
	all := append(slices.Clone(m.waiting), m.waitingLow...)
	if len(all) == 0 {
		return
	}
	w := all[x%len(all)]
	gone := func(o *ringWaiter) bool { return o == w }
	m.waiting, m.waitingLow = slices.DeleteFunc(m.waiting, gone), slices.DeleteFunc(m.waitingLow,
		gone)
	m.answer(w, nil, context.Canceled)
	m.grant()
	w.cancel()
}

// grant serves who waits: ordinary claims first, each queue in its order.
func (m *ringModel) grant() {
	for len(m.waiting) > 0 {
		c, err := m.claim(m.waiting[0].n, m.keep, int(m.size), false)
		if err == ring.ErrFull {
			return
		}
		m.answer(m.waiting[0], c, err)
		m.waiting = m.waiting[1:]
	}
	for len(m.waitingLow) > 0 {
		c, err := m.claim(m.waitingLow[0].n, m.keepLow, int(m.size), false)
		if err == ring.ErrFull {
			return
		}
		m.answer(m.waitingLow[0], c, err)
		m.waitingLow = m.waitingLow[1:]
	}
}

// check compares the states when all is quiet.
func (m *ringModel) check() error {
	synctest.Wait()
	for _, w := range m.answered {
		if !w.done {
			return fmt.Errorf("who waits for %d bytes should have been told %v", w.n, w.wrong)
		}
		if err := w.want.got(w.claim, w.err, w.wrong); err != nil {
			return fmt.Errorf("who waited for %d bytes: %w", w.n, err)
		}
		w.cancel()
	}
	m.answered = nil
	for _, w := range append(slices.Clone(m.waiting), m.waitingLow...) {
		if w.done {
			return fmt.Errorf("who waits for %d bytes was told %v", w.n, w.err)
		}
	}
	if m.r.Tail() != m.tail || m.r.Closed() != m.closed ||
		uint64(m.r.Len()) != m.tail-(m.end-m.size) {
		return fmt.Errorf("tail %d, %d bytes, closed %v; the model has %d, %d, %v", m.r.Tail(),
			m.r.Len(), m.r.Closed(), m.tail, m.tail-(m.end-m.size), m.closed)
	}
	if m.parked > 0 {
		want := 0
		if len(m.claims) > 0 && m.claims[0].committed || m.closed && !m.parkedClosed {
			want = 1
		}
		if m.rings-m.before != want {
			return fmt.Errorf("%d bells since the drainer parked, the model has %d",
				m.rings-m.before, want)
		}
	}
	return nil
}
