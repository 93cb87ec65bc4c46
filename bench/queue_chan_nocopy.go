package bench

// chanNoCopyQueue is a Go channel that passes the sender's own slice. That is
// another contract: the sender must not touch the message again.
type chanNoCopyQueue struct {
	ch   chan []byte
	size int
}

func newChanNoCopyQueue(size int) queue {
	return &chanNoCopyQueue{ch: make(chan []byte, capacity/size), size: size}
}

func (q *chanNoCopyQueue) send(msg []byte) { q.ch <- msg }

func (q *chanNoCopyQueue) drain() int {
	checkLength(len(<-q.ch), q.size)
	n := len(q.ch)
	for range n {
		checkLength(len(<-q.ch), q.size)
	}
	return n + 1
}
