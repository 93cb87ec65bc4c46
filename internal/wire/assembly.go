package wire

import "encoding/binary"

// Assembly puts the fragments of one lane's messages together, in one direction. The zero value
// is ready. What it allocates is bounded by what has come, and by the limit.
type Assembly struct {
	active bool
	kind   Kind
	total  int
	came   int    // of total
	drops  bool   // Discard was called
	buf    []byte // what has come, unless it is dropped
}

// firstPiece bounds what a begin frame allocates: the rest grows as data comes, to growth times of
// what has come.
const (
	firstPiece = 256 << 10
	growth     = 4
)

// Add takes a fragment. done: the message is whole; Take gives it. The errors are rules broken.
func (a *Assembly) Add(f Frame, d Direction, lane uint32, limit int) (done bool, err error) {
	p := f.Payload
	switch f.Kind {
	case Begin:
		if a.active {
			return false, Broken("two fragmented messages at once on lane %d", lane)
		}
		if len(p) < BeginSize {
			return false, Broken("begin frame of %d bytes on lane %d", len(p), lane)
		}
		total, word := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
		kind := Kind(word)
		if word>>8 != 0 || !kind.Whole() || !kind.Allowed(d, lane) {
			return false, Broken("begin frame for %v on lane %d", kind, lane)
		}
		if total > uint64(limit) {
			return false, Broken("message of %d bytes on lane %d, the limit is %d", total, lane,
				limit)
		}
		*a = Assembly{active: true, kind: kind, total: int(total), drops: a.drops}
		if !a.drops {
			a.buf = make([]byte, 0, min(int(total), firstPiece))
		}
		p = p[BeginSize:]
	case Abort:
		if !a.active || len(p) != 0 {
			return false, Broken("abort frame without a message on lane %d, or with a payload",
				lane)
		}
		*a = Assembly{drops: a.drops}
		return false, nil
	}
	if !a.active {
		return false, Broken("%v frame without a begin on lane %d", f.Kind, lane)
	}
	if a.came+len(p) > a.total {
		return false, Broken("fragments on lane %d exceed the message's %d bytes", lane, a.total)
	}
	a.came += len(p)
	if !a.drops {
		a.keep(p)
	}
	if f.Kind != End {
		return false, nil
	}
	if a.came != a.total {
		return false, Broken("fragments on lane %d make %d of %d bytes", lane, a.came, a.total)
	}
	a.active = false
	return true, nil
}

// keep appends a piece.
func (a *Assembly) keep(p []byte) {
	if need := len(a.buf) + len(p); need > cap(a.buf) {
		grown := make([]byte, len(a.buf), min(a.total, max(growth*cap(a.buf), need)))
		copy(grown, a.buf)
		a.buf = grown
	}
	a.buf = append(a.buf, p...)
}

// Discard drops what has come. Fragments are still checked from then on, but nothing is kept of
// them: Take gives messages without their bytes.
func (a *Assembly) Discard() { a.drops, a.buf = true, nil }

// Take gives the message that is whole; its memory is the caller's.
func (a *Assembly) Take() (Kind, []byte) {
	kind, buf := a.kind, a.buf
	*a = Assembly{drops: a.drops}
	return kind, buf
}

// Size is how many bytes of memory the assembly holds.
func (a *Assembly) Size() int { return cap(a.buf) }
