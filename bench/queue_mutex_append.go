package bench

import (
	"encoding/binary"
	"sync"
)

// mutexAppendQueue appends header and payload to a slice under a mutex; the
// consumer swaps it for an empty one. Only what waits counts against the capacity,
// not what the consumer has swapped out, so it may hold twice as much as the others.
type mutexAppendQueue struct {
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	pending  []byte
	full     int // senders that wait

	spare []byte // the consumer's
	size  int
}

func newMutexAppendQueue(size int) queue {
	q := &mutexAppendQueue{
		pending: make([]byte, 0, capacity),
		spare:   make([]byte, 0, capacity),
		size:    size,
	}
	q.notEmpty.L, q.notFull.L = &q.mu, &q.mu
	return q
}

func (q *mutexAppendQueue) send(msg []byte) {
	q.mu.Lock()
	for len(q.pending)+header+len(msg) > capacity {
		q.full++
		q.notFull.Wait()
		q.full--
	}
	wake := len(q.pending) == 0
	q.pending = binary.LittleEndian.AppendUint64(q.pending, uint64(len(msg)))
	q.pending = append(q.pending, msg...)
	q.mu.Unlock()
	if wake {
		q.notEmpty.Signal()
	}
}

func (q *mutexAppendQueue) drain() int {
	q.mu.Lock()
	for len(q.pending) == 0 {
		q.notEmpty.Wait()
	}
	b := q.pending
	q.pending, q.spare = q.spare[:0], b
	wake := q.full > 0
	q.mu.Unlock()
	if wake {
		q.notFull.Broadcast()
	}
	messages := 0
	for len(b) > 0 {
		n := int(binary.LittleEndian.Uint64(b))
		checkLength(n, q.size)
		b = b[header+n:]
		messages++
	}
	return messages
}
