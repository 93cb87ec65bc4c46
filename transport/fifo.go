package transport

import "slices"

// maxSpare is how long an empty queue's memory may be to be kept.
const maxSpare = 64

// fifo is a queue. Taking is cheap however long it is. The zero value is empty.
type fifo[T any] struct {
	all  []T
	head int // of the first one in all; those before it are zero
}

func (q *fifo[T]) len() int { return len(q.all) - q.head }

func (q *fifo[T]) push(v T) {
	if len(q.all) == cap(q.all) && q.head > len(q.all)/2 {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
	q.all = append(q.all, v)
}

// pushFront puts back what pop gave.
func (q *fifo[T]) pushFront(v T) {
	if q.head == 0 {
		q.all = slices.Insert(q.all, 0, v)
		return
	}
	q.head--
	q.all[q.head] = v
}

// front is the first one; there must be one.
func (q *fifo[T]) front() *T { return &q.all[q.head] }

// deleteFunc takes out those that del names, wherever they stand.
func (q *fifo[T]) deleteFunc(del func(T) bool) {
	q.all = q.all[:q.head+len(slices.DeleteFunc(q.all[q.head:], del))]
	if q.len() == 0 {
		q.emptied()
	}
}

// pop takes the first one; there must be one.
func (q *fifo[T]) pop() T {
	v := q.all[q.head]
	var zero T
	q.all[q.head] = zero
	if q.head++; q.head == len(q.all) {
		q.emptied()
	}
	return v
}

// emptied begins anew, and keeps no memory of a queue that was long.
func (q *fifo[T]) emptied() {
	q.all, q.head = q.all[:0], 0
	if cap(q.all) > maxSpare {
		q.all = nil
	}
}
