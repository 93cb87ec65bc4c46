package ring

// Park says that the drainer is about to sleep. If it returns true, the doorbell
// will ring once: when the claim at the drained position is committed, or at
// Close. If it returns false there is something to drain, or the ring is closed
// and drained (see Drained). After a false, and for a drainer that goes on without
// having been rung, the doorbell may still ring once, for nothing.
// Only the drainer may call it.
//
// Flag, then recheck. All these operations are sequentially consistent:
//
//	Park    P1 parked = 1          Commit  C1 stamp = committed
//	        P2 read the stamp              C2 read parked
//	                                       C3 swap parked 1 -> 0, ring
//
// Two orders of C1 and P2 are possible.
//
//  1. C1 before P2: Park sees the commit and takes the flag back. If C3 came
//     first the doorbell rings for nothing; Park says so by its false.
//  2. P2 before C1: then P1 is before C2, so C2 reads 1 and C3 rings.
//
// A commit that is not at the drained position doesn't
// ring: the claim there is not committed yet, and its commit will find the flag
// (case 2), or Park saw it (case 1). Close in place of Commit: C1 is the close bit
// in the tail, which P2 reads as well.
//
// Rejected: ringing at every commit that finds the flag, which wakes the drainer
// for claims that it cannot take yet; a condition variable, which puts a lock
// between every commit and its return.
func (r *Ring) Park() bool {
	pos := r.skipPadding()
	r.parked.Store(1)
	if size, _ := r.stampAt(pos); size == 0 && !r.Drained() {
		return true
	}
	r.parked.Store(0)
	return false
}

// ringAt rings if the drainer is parked at pos, or at the padding before it (a
// drainer that parked before the padding was stamped). If it isn't parked, what
// is read here may be old, and a ring too many or too few does no harm.
func (r *Ring) ringAt(pos uint64) {
	at := r.drain.Load()
	if size, pad := r.stampAt(at); pad {
		at += size
	}
	if at == pos {
		r.ring()
	}
}

// ring rings if the drainer is parked. The swap lets only one of many ring.
func (r *Ring) ring() {
	if r.parked.Load() != 0 && r.parked.CompareAndSwap(1, 0) && r.doorbell != nil {
		r.doorbell()
	}
}
