//go:build linux && (amd64 || arm64)

package shm

import (
	"slices"
	"sync"
	"sync/atomic"
)

// spareBytes is how much memory a slot may have used, in bytes, to be kept when it is empty, for
// the next short channel: making a slot takes both processes 50 us.
const spareBytes = 1 << 20

// region is the memory of a session's rings: slots in one range of addresses, each run of slots a
// file of its own, which comes when it is first needed and goes when all rings in it are freed. A
// small ring is a power of two of units, aligned to its size, in the first slot that has room; one
// larger than a slot has slots of its own.
//
// Rejected: one file with holes punched for what was freed. A file that is sealed against writing
// through new mappings takes no holes (EPERM), nor MADV_REMOVE.
//
// A slot that is empty is unmapped only when the page has read all records that were published by
// then. A record may stand in the queue although its batch has its receipt: the copy of a batch
// that was sent twice. The page drops such a batch, but reads its bytes before. Until then the slot
// may be used again.
type region struct {
	slotBytes int
	slots     slotSender
	// written and read are the queue's positions.
	written, read func() uint64

	mu    sync.Mutex
	whole []byte // nil after the end
	at    []*run // by slot
	live  int    // rings
	spare *run
	ended bool
	dying []*run

	waiting atomic.Int32 // len(dying)
}

// slotSender is what a region needs of a slotSocket.
type slotSender interface{ send(m slotMessage) }

func newRegion(n, slotBytes int, s slotSender, written, read func() uint64) (*region, error) {
	whole, err := reserve(n)
	if err != nil {
		return nil, err
	}
	return &region{slotBytes: slotBytes, slots: s, written: written, read: read, whole: whole,
		at: make([]*run, n/slotBytes)}, nil
}

// alloc gives n zeroed bytes. From the end of the region on they come from the Go heap.
func (r *region) alloc(n int) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return make([]byte, n), nil
	}
	r.reap()
	units := unitsFor(n)
	if units*unit > r.slotBytes {
		return r.allocRun(n)
	}
	for _, u := range r.at {
		if u == nil || u.count > 1 || u.free < units {
			continue
		}
		if i, ok := u.take(units, r.slotBytes/unit); ok {
			return r.hand(u, i, units, n), nil
		}
	}
	u, err := r.open(1)
	if err != nil {
		return nil, err
	}
	i, _ := u.take(units, r.slotBytes/unit)
	return r.hand(u, i, units, n), nil
}

// allocRun gives a run of slots.
func (r *region) allocRun(n int) ([]byte, error) {
	count := (n + r.slotBytes - 1) / r.slotBytes
	for _, u := range r.dying {
		if u.count == count {
			r.keep(u)
			r.live++
			b := r.memory(u)[:n:n]
			clear(b)
			return b, nil
		}
	}
	u, err := r.open(count)
	if err != nil {
		return nil, err
	}
	r.live++
	return r.memory(u)[:n:n], nil
}

// memory is all of a run.
func (r *region) memory(u *run) []byte {
	return r.whole[u.first*r.slotBytes : (u.first+u.count)*r.slotBytes]
}

// hand makes units of a slot a ring's memory.
func (r *region) hand(u *run, i, units, n int) []byte {
	b := r.memory(u)[i*unit : i*unit+n : i*unit+n]
	if dirty := min(u.fresh, i+units) - i; dirty > 0 {
		clear(b[:min(n, dirty*unit)])
	}
	u.fresh = max(u.fresh, i+units)
	r.keep(u)
	r.live++
	return b
}

// keep takes a run out of those that are spare or dying.
func (r *region) keep(u *run) {
	if r.spare == u {
		r.spare = nil
	}
	if u.dying {
		u.dying = false
		r.dying = slices.DeleteFunc(r.dying, func(d *run) bool { return d == u })
		r.waiting.Store(int32(len(r.dying)))
	}
}

// open maps new slots and tells the page's process.
func (r *region) open(count int) (*run, error) {
	first, ok := r.gap(count)
	if !ok {
		return nil, ErrRegionFull
	}
	u := &run{
		first: first, count: count, free: r.slotBytes / unit,
		used: make([]uint64,
			(r.slotBytes/unit+63)/64),
	}
	fd, err := place(r.memory(u))
	if err != nil {
		return nil, err
	}
	for i := range count {
		r.at[first+i] = u
	}
	r.slots.send(slotMessage{opMap, uint32(first), uint32(count), fd})
	return u, nil
}

// gap finds slots without memory. The spare one goes for it if need be.
func (r *region) gap(count int) (first int, ok bool) {
	for {
		n := 0
		for i, u := range r.at {
			if n++; u != nil {
				n = 0
			}
			if n == count {
				return i - count + 1, true
			}
		}
		if r.spare == nil {
			return 0, false
		}
		r.drop(r.spare)
	}
}

// release takes memory back. What is not the region's is the garbage collector's.
func (r *region) release(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := within(r.whole, b)
	if !ok {
		return
	}
	r.live--
	u := r.at[at/r.slotBytes]
	if u.count == 1 {
		units := unitsFor(len(b))
		u.mark(at%r.slotBytes/unit, units)
		if u.free += units; u.free < r.slotBytes/unit {
			return
		}
	}
	switch {
	case r.ended:
		u.dying = true
		r.finish()
	case u.count == 1 && r.spare == nil && u.fresh*unit <= spareBytes:
		r.spare = u
	default:
		r.drop(u)
	}
}

// drop unmaps a run that is empty, once no record needs it.
func (r *region) drop(u *run) {
	if u == r.spare {
		r.spare = nil
	}
	u.dying, u.until = true, r.written()
	r.dying = append(r.dying, u)
	r.reap()
}

// reap unmaps what no record needs any more.
func (r *region) reap() {
	if len(r.dying) == 0 {
		return
	}
	read, kept := r.read(), r.dying[:0]
	for _, u := range r.dying {
		if int64(read-u.until) < 0 {
			kept = append(kept, u)
			continue
		}
		r.unmap(u)
		r.slots.send(slotMessage{opUnmap, uint32(u.first), uint32(u.count), -1})
	}
	clear(r.dying[len(kept):])
	r.dying = kept
	r.waiting.Store(int32(len(kept)))
}

func (r *region) unmap(u *run) {
	displace(r.memory(u))
	for i := range u.count {
		r.at[u.first+i] = nil
	}
}

// progress is called when the page has read records.
func (r *region) progress() {
	if r.waiting.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.reap()
	}
}

// end makes the region one that only gives memory back: the page reads nothing more.
func (r *region) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended = true
		r.finish()
	}
}

// finish unmaps what is empty, after the end, and with the last ring everything.
func (r *region) finish() {
	if r.live == 0 {
		if r.whole != nil {
			unmap(r.whole)
		}
		r.whole, r.at, r.spare, r.dying = nil, nil, nil, nil
		return
	}
	for _, u := range r.at {
		if u != nil && (u.dying || u == r.spare) {
			r.unmap(u)
		}
	}
	r.spare, r.dying = nil, nil
}

// offset is where b lies in the region, if it does.
func (r *region) offset(b []byte) (int, bool) { return within(r.whole, b) }
