//go:build linux && (amd64 || arm64)

package shm

// unit is what a slot is shared out in, in bytes: a ring's least size.
const unit = 16 << 10

// unitsFor is how many units a ring of n bytes takes.
func unitsFor(n int) int { return powerOfTwo(max(1, (n+unit-1)/unit)) }

// run is slots with one file.
type run struct {
	first, count int
	used         []uint64 // bit for each unit
	free         int      // units
	fresh        int      // no unit from here on was ever handed out
	until        uint64   // position of the queue that must be read before this goes
	dying        bool
}

// take finds that many free units at a multiple of their number.
func (u *run) take(units, all int) (at int, ok bool) {
	for i := 0; i+units <= all; i += units {
		if u.clear(i, units) {
			u.mark(i, units)
			u.free -= units
			return i, true
		}
	}
	return 0, false
}

func (u *run) clear(at, units int) bool {
	for i := at; i < at+units; i++ {
		if u.used[i/64]>>(i%64)&1 != 0 {
			return false
		}
	}
	return true
}

// mark turns the bits of these units over.
func (u *run) mark(at, units int) {
	for i := at; i < at+units; i++ {
		u.used[i/64] ^= 1 << (i % 64)
	}
}
