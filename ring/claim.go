package ring

import "context"

// Claim is a region of the ring between its claim and its Commit. It is a value
// that may be copied, and must be committed exactly once, by any goroutine.
//
// It is four words on purpose: a larger struct is not kept in registers by the
// compiler, and passing it through memory more than doubled the time of a send.
type Claim struct {
	b   []byte
	pos uint64 // of the first byte
}

// Bytes returns the region: exactly as many bytes as were asked for. It is the
// producer's until Commit, and holds old content of the ring.
func (c Claim) Bytes() []byte { return c.b }

// Pos returns the position of the first byte.
func (c Claim) Pos() uint64 { return c.pos }

// TryClaim claims n bytes, or gives ErrFull, ErrClosed or ErrTooLarge at once. It
// gives ErrFull also when there is room but others wait in Claim. n may be 0.
func (r *Ring) TryClaim(n int) (Claim, error) {
	if uint(n) > uint(r.maxClaim) {
		return Claim{}, ErrTooLarge
	}
	return r.take(n, r.reserve, waitingBit)
}

// Claim claims n bytes and waits for room. Those who wait get it in the order in which they came.
// It gives ErrClosed or ErrTooLarge, or an error that wraps context.Cause(ctx). The context matters
// only when the claim has to wait; nil means context.Background().
func (r *Ring) Claim(ctx context.Context, n int) (Claim, error) {
	if uint(n) > uint(r.maxClaim) {
		return Claim{}, ErrTooLarge
	}
	c, err := r.take(n, r.reserve, waitingBit)
	if err == nil || err == ErrClosed {
		return c, err
	}
	return r.wait(ctx, n, &r.blocked.ordinary)
}

// TryClaimLow is TryClaim with low priority: it leaves Options.LowReserve free, and gives ErrFull
// also while anybody waits, in Claim or in ClaimLow.
func (r *Ring) TryClaimLow(n int) (Claim, error) {
	if uint(n) > uint(r.maxLow) {
		return Claim{}, ErrTooLarge
	}
	return r.take(n, r.lowReserve, waitingBits)
}

// ClaimLow is Claim with low priority: it leaves Options.LowReserve free. Those who wait here get
// room in the order in which they came, once nobody waits in Claim.
func (r *Ring) ClaimLow(ctx context.Context, n int) (Claim, error) {
	c, err := r.TryClaimLow(n)
	if err != ErrFull {
		return c, err
	}
	return r.wait(ctx, n, &r.blocked.low)
}

// ClaimHeadroom claims n bytes, up to Options.Headroom, and may use the room that
// ordinary claims leave. It never waits, and doesn't queue behind those who do.
func (r *Ring) ClaimHeadroom(n int) (Claim, error) {
	if uint(n) > uint(r.headroom) {
		return Claim{}, ErrTooLarge
	}
	return r.take(n, 0, 0)
}

// take moves the tail over n bytes and the wrap padding before them, if keep
// bytes stay free then and no bit of refuse is set in limit.
//
// The tail is loaded before limit, so limit - tail is never negative; it may be
// more than the capacity when the tail is old, and then the swap fails.
func (r *Ring) take(n int, keep, refuse uint64) (Claim, error) {
	size := claimSize(n)
	for {
		t := r.tail.Load()
		if t&closedBit != 0 {
			return Claim{}, ErrClosed
		}
		limit := r.limit.Load()
		if limit&refuse != 0 {
			return Claim{}, ErrFull
		}
		at, pad := t&r.mask, uint64(0)
		if rest := r.mask + 1 - at; rest < size {
			at, pad = 0, rest
		}
		if pad+size+keep > limit&^waitingBits-t {
			return Claim{}, ErrFull
		}
		if r.tail.CompareAndSwap(t, t+pad+size) {
			if pad != 0 {
				r.stamp(t, pad|padding)
			}
			end := at + uint64(n)
			return Claim{r.buf[at:end:end], t + pad}, nil
		}
	}
}

// Commit publishes c. The drainer sees it when all claims before it are committed
// too. If the drainer is parked at c, the doorbell rings.
func (r *Ring) Commit(c Claim) {
	r.stamp(c.pos, claimSize(len(c.b)))
	if r.parked.Load() != 0 {
		r.ringAt(c.pos)
	}
}

// stamp marks the claim or padding of size bytes at pos as committed.
//
// A stamp is the position's lap (the bits above the capacity, in place), the
// length in bytes (below the capacity, as no claim is longer than half of it) and
// the padding flag (below Unit). The drainer, at a position of that slot, takes the
// stamp only if its lap is that of the position. So an old stamp is never mistaken
// for a new one: a slot would have to keep it over 2^64 bytes, 58 years at 10 GB/s.
// The zero with which a slot begins is no commit in any lap, 0 included, as no
// claim has length 0.
//
// Rejected: 40 bits of lap and 24 of length, which bounds the length and repeats
// after 2^40 laps; one word for the lap and one for the length, which costs a
// second cache line; zeroing stamps on release, which costs a store per claim.
func (r *Ring) stamp(pos, sizeAndFlag uint64) {
	r.stamps[pos&r.mask>>unitShift].Store(pos&^r.mask | sizeAndFlag)
}

// stampAt returns the length of the claim that is committed at pos, and whether it
// is padding; 0 if none is.
func (r *Ring) stampAt(pos uint64) (size uint64, pad bool) {
	s := r.stamps[pos&r.mask>>unitShift].Load()
	if (s^pos)&^r.mask != 0 {
		return 0, false
	}
	return s & r.mask &^ padding, s&padding != 0
}
