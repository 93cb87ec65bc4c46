package bus

// fifo is a queue in a ring that grows, and gives its memory back when it is empty.
type fifo[T any] struct {
	ring []T
	head int
	n    int
}

// smallRing is kept when the queue is empty.
const smallRing = 8

func (q *fifo[T]) len() int { return q.n }

// at gives the i-th element from the front.
func (q *fifo[T]) at(i int) T { return q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *fifo[T]) push(v T) {
	q.grow()
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = v
	q.n++
}

func (q *fifo[T]) pushFront(v T) {
	q.grow()
	q.head = (q.head - 1) & (len(q.ring) - 1)
	q.ring[q.head] = v
	q.n++
}

func (q *fifo[T]) pop() T {
	var zero T
	v := q.ring[q.head]
	q.ring[q.head] = zero
	q.head = (q.head + 1) & (len(q.ring) - 1)
	if q.n--; q.n == 0 && len(q.ring) > smallRing {
		*q = fifo[T]{}
	}
	return v
}

func (q *fifo[T]) clear() { *q = fifo[T]{} }

// grow makes room for one more.
func (q *fifo[T]) grow() {
	if q.n < len(q.ring) {
		return
	}
	larger := make([]T, max(smallRing, 2*len(q.ring)))
	for i := range q.n {
		larger[i] = q.at(i)
	}
	q.ring, q.head = larger, 0
}
