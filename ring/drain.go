package ring

// Drain takes the longest run of committed claims that is contiguous in memory
// and at most max bytes, and advances the drained position over it.
//
// b is a part of the ring's memory with each claim rounded up to Unit (what is
// beyond a claim's own bytes is old content), frames the number of claims, end
// the position after them, to be given to Release when b is no longer used.
// When nothing is committed, or the first claim is larger than max (see Next), b
// is nil and frames 0; end is then the drained position, any padding passed.
// Only the drainer may call it.
func (r *Ring) Drain(max int) (b []byte, frames int, end uint64) {
	start := r.skipPadding()
	pos, stop := start, start+uint64(max)
	for {
		size, pad := r.stampAt(pos)
		if size == 0 || pad || pos+size-start > stop-start {
			break
		}
		pos += size
		frames++
		if pos&r.mask == 0 {
			break
		}
	}
	if frames == 0 {
		return nil, 0, start
	}
	r.drain.Store(pos)
	at := start & r.mask
	to := at + (pos - start)
	return r.buf[at:to:to], frames, pos
}

// Next returns the size of the next committed claim, rounded up to Unit, or 0 if
// none is committed. Only the drainer may call it.
func (r *Ring) Next() int {
	size, pad := r.stampAt(r.skipPadding())
	if pad { // it was committed between the two looks
		size, _ = r.stampAt(r.skipPadding())
	}
	return int(size)
}

// skipPadding passes committed padding and returns the drained position. Two
// paddings never follow each other: a frame that begins at the start of the
// buffer is behind each.
func (r *Ring) skipPadding() uint64 {
	pos := r.drain.Load()
	if size, pad := r.stampAt(pos); pad {
		pos += size
		r.drain.Store(pos)
	}
	return pos
}

// Release gives the space up to end, which Drain returned, back to the producers
// and serves those who wait, in order. Nobody may touch the bytes before end
// afterwards. An end that was already released is ignored. One that was never
// drained is a bug of the caller that would let producers overwrite unread
// claims, and panics. Calls must be serialised.
func (r *Ring) Release(end uint64) {
	limit := r.limit.Load() &^ waitingBits // nobody else changes the position
	released := limit - r.mask - 1
	n := end - released
	if n == 0 || int64(n) < 0 {
		return
	}
	if n > r.drain.Load()-released {
		panic("ring: release of bytes that were not drained")
	}
	if poison {
		r.poisonRegion(released, n)
	}
	if r.limit.Add(n)&waitingBits != 0 {
		r.grantWaiters()
	}
}
