package bench

import (
	"runtime"

	"github.com/puzpuzpuz/xsync/v3"
)

// xsyncQueue is xsync's bounded multi-producer multi-consumer queue of pooled
// copies. It waits by yielding the processor in a loop, at both ends, as its documentation
// says: it has no blocking calls but deprecated ones that do the same.
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

func (q *xsyncQueue) send(msg []byte) {
	for p := q.pool.copyOf(msg); !q.queue.TryEnqueue(p); {
		runtime.Gosched()
	}
}

func (q *xsyncQueue) drain() int {
	messages := 0
	p, ok := q.queue.TryDequeue()
	for ; !ok; p, ok = q.queue.TryDequeue() {
		runtime.Gosched()
	}
	for ; ok; p, ok = q.queue.TryDequeue() {
		checkLength(len(*p), q.size)
		q.pool.put(p)
		messages++
	}
	return messages
}
