// Package fifo has the queue of this module: first in, first out, in one slice.
package fifo

import "slices"

// MaxSpare is how long an empty queue's memory may be to be kept.
const MaxSpare = 64

// Queue is a queue. Taking is cheap however long it is. The zero value is empty. It has no lock.
type Queue[T any] struct {
	all  []T
	head int // of the first one in all; those before it are zero
}

// Len is how many there are.
func (q *Queue[T]) Len() int { return len(q.all) - q.head }

// Push puts v behind the others.
func (q *Queue[T]) Push(v T) {
	if len(q.all) == cap(q.all) && q.head > len(q.all)/2 {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
	q.all = append(q.all, v)
}

// PushFront puts back what Pop gave.
func (q *Queue[T]) PushFront(v T) {
	if q.head == 0 {
		q.all = slices.Insert(q.all, 0, v)
		return
	}
	q.head--
	q.all[q.head] = v
}

// Front is the first one; there must be one.
func (q *Queue[T]) Front() *T { return &q.all[q.head] }

// Back is the i-th one from the end, from 0 on; there must be so many.
func (q *Queue[T]) Back(i int) *T { return &q.all[len(q.all)-1-i] }

// DeleteFunc takes out those that del names, wherever they stand.
func (q *Queue[T]) DeleteFunc(del func(T) bool) {
	q.all = q.all[:q.head+len(slices.DeleteFunc(q.all[q.head:], del))]
	if q.Len() == 0 {
		q.emptied()
	}
}

// Pop takes the first one; there must be one.
func (q *Queue[T]) Pop() T {
	v := q.all[q.head]
	var zero T
	q.all[q.head] = zero
	if q.head++; q.head == len(q.all) {
		q.emptied()
	}
	return v
}

// emptied begins anew, and keeps no memory of a queue that was long.
func (q *Queue[T]) emptied() {
	q.all, q.head = q.all[:0], 0
	if cap(q.all) > MaxSpare {
		q.all = nil
	}
}
