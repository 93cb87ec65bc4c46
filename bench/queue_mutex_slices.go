package bench

import "sync"

// mutexSlicesQueue appends pooled copies to a slice of slices under a mutex; the
// consumer swaps it for an empty one. As in mutexAppendQueue, what the consumer has
// swapped out does not count against the capacity.
type mutexSlicesQueue struct {
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	pending  []*[]byte
	full     int // senders that wait

	spare []*[]byte // the consumer's
	pool  *slicePool
	size  int
}

func newMutexSlicesQueue(size int) queue {
	q := &mutexSlicesQueue{
		pending: make([]*[]byte, 0, capacity/size),
		spare:   make([]*[]byte, 0, capacity/size),
		pool:    newSlicePool(size),
		size:    size,
	}
	q.notEmpty.L, q.notFull.L = &q.mu, &q.mu
	return q
}

func (q *mutexSlicesQueue) send(msg []byte) {
	p := q.pool.copyOf(msg)
	q.mu.Lock()
	for len(q.pending) == cap(q.pending) {
		q.full++
		q.notFull.Wait()
		q.full--
	}
	wake := len(q.pending) == 0
	q.pending = append(q.pending, p)
	q.mu.Unlock()
	if wake {
		q.notEmpty.Signal()
	}
}

func (q *mutexSlicesQueue) drain() int {
	q.mu.Lock()
	for len(q.pending) == 0 {
		q.notEmpty.Wait()
	}
	batch := q.pending
	q.pending, q.spare = q.spare[:0], batch
	wake := q.full > 0
	q.mu.Unlock()
	if wake {
		q.notFull.Broadcast()
	}
	for _, p := range batch {
		checkLength(len(*p), q.size)
		q.pool.put(p)
	}
	return len(batch)
}
