// Package ring is a bounded byte ring for many producers and one drainer.
//
// # Contract
//
// A producer claims n bytes, copies into them, and commits. Claims become
// visible to the drainer in the order in which they were claimed, each exactly
// once, and never before they are committed. The drainer gets runs of committed
// claims as plain slices of the ring's memory; nothing is copied out. The memory
// comes back to the producers only by Release, so the drainer may hand a run on
// and release it later. Close is final: a claim that succeeded before it can be
// committed and drained, none succeeds after it.
//
// # Who may call what
//
//   - TryClaim, Claim, TryClaimLow, ClaimLow, ClaimHeadroom, Commit, Close, Closed, Drained, Tail,
//     DrainPos, Len, Cap, MaxClaim: any goroutine.
//   - Drain, Next, Park: the drainer, one goroutine at a time.
//   - Release: one goroutine at a time, which need not be the drainer.
//
// # Who owns which bytes
//
// A region belongs to the producer from its claim to its Commit (handed over by
// the store of its stamp), to the drainer and to whom it passes the run from
// Drain to Release (handed over by the add to limit), and to nobody in between.
// Between claim and commit only the copy should happen: the claims behind it wait.
//
// # Positions
//
// Positions are 64-bit byte counters that only grow; a position modulo the
// capacity is the place in the buffer. They wrap at 2^64 without harm.
// A claim is contiguous. One that would cross the end of the buffer is moved to
// its start, and the rest before it becomes padding, taken by the same
// compare-and-swap and skipped by Drain.
//
// # Algorithm
//
// Claiming is a compare-and-swap on the tail, as in the log buffers of Aeron;
// publishing is a lap number per slot, as in Dmitry Vyukov's bounded queue.
// What differs: claims have any length, the stamps live beside the payload (which
// may be mapped memory that Go must not trust) and carry the length, and nothing
// is zeroed. Blocked producers stand in a queue of their own, in order, and the
// goroutine that releases makes their claims for them.
//
// The folder model has this protocol as a model for spin, with what it checks.
//
// In a build with the tag ringdebug, released memory is overwritten with 0xDB.
package ring
