package bench

import "github.com/puzpuzpuz/xsync/v3"

// xsyncQueue is xsync's bounded multi-producer multi-consumer queue of pooled
// copies. It waits by yielding the processor in a loop, at both ends.
type xsyncQueue struct {
	queue *xsync.MPMCQueueOf[*[]byte]
	pool  *slicePool
	size  int
}

func newXsyncQueue(size int) queue {
	return &xsyncQueue{
		queue: xsync.NewMPMCQueueOf[*[]byte](capacity / size),
		pool:  newSlicePool(size),
		size:  size,
	}
}

func (q *xsyncQueue) send(msg []byte) { q.queue.Enqueue(q.pool.copyOf(msg)) }

func (q *xsyncQueue) drain() int {
	messages := 0
	for p, ok := q.queue.Dequeue(), true; ok; p, ok = q.queue.TryDequeue() {
		checkLength(len(*p), q.size)
		q.pool.put(p)
		messages++
	}
	return messages
}
