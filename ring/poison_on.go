//go:build ringdebug

package ring

// poison makes Release overwrite what it gives back, so that a reader who kept a
// slice too long sees 0xDB, and the race detector sees the reader.
const poison = true

const poisonByte = 0xDB

// poisonRegion overwrites n bytes from position pos on, around the end of the buffer.
func (r *Ring) poisonRegion(pos, n uint64) {
	for i := range n {
		r.buf[(pos+i)&r.mask] = poisonByte
	}
}
