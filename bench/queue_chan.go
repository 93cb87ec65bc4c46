package bench

// chanQueue is a Go channel of slices that come from a sync.Pool.
type chanQueue struct {
	pool *slicePool
	ch   chan *[]byte
	size int
}

func newChanQueue(size int) queue {
	return &chanQueue{pool: newSlicePool(size), ch: make(chan *[]byte, capacity/size), size: size}
}

func (q *chanQueue) send(msg []byte) { q.ch <- q.pool.copyOf(msg) }

func (q *chanQueue) drain() int {
	q.take(<-q.ch)
	n := len(q.ch)
	for range n {
		q.take(<-q.ch)
	}
	return n + 1
}

func (q *chanQueue) take(p *[]byte) {
	checkLength(len(*p), q.size)
	q.pool.put(p)
}
