package bench

import (
	"context"
	"encoding/binary"

	"github.com/tailrace-go/tailrace/ring"
)

// maxBatch is the longest run that the ring's consumer takes at once, the size of
// a batch to the page.
const maxBatch = 256 << 10

// ringQueue puts an 8-byte header with the length before each payload, as the
// frames of the transport have, and releases each run after looking at it.
type ringQueue struct {
	ring *ring.Ring
	bell chan struct{}
	size int
}

func newRingQueue(size int) queue {
	q := &ringQueue{bell: make(chan struct{}, 1), size: size}
	r, err := ring.New(make([]byte, capacity), ring.Options{Doorbell: func() {
		select {
		case q.bell <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		panic(err)
	}
	q.ring = r
	return q
}

func (q *ringQueue) send(msg []byte) {
	c, err := q.ring.Claim(context.Background(), header+len(msg))
	if err != nil {
		panic(err)
	}
	b := c.Bytes()
	binary.LittleEndian.PutUint64(b, uint64(len(msg)))
	copy(b[header:], msg)
	q.ring.Commit(c)
}

func (q *ringQueue) drain() int {
	for {
		b, frames, end := q.ring.Drain(maxBatch)
		if frames == 0 {
			if q.ring.Park() {
				<-q.bell
			}
			continue
		}
		for range frames {
			n := int(binary.LittleEndian.Uint64(b))
			checkLength(n, q.size)
			b = b[(header+n+ring.Unit-1)&^(ring.Unit-1):]
		}
		q.ring.Release(end)
		return frames
	}
}
