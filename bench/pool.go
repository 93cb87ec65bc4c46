package bench

import "sync"

// slicePool hands out copies of messages of one size.
type slicePool struct{ pool sync.Pool }

func newSlicePool(size int) *slicePool {
	return &slicePool{sync.Pool{New: func() any {
		b := make([]byte, 0, size)
		return &b
	}}}
}

func (p *slicePool) copyOf(msg []byte) *[]byte {
	b := p.pool.Get().(*[]byte)
	*b = append((*b)[:0], msg...)
	return b
}

func (p *slicePool) put(b *[]byte) { p.pool.Put(b) }
