package ring

import (
	"context"
	"fmt"
	"sync"
)

// The slow path: producers that found the ring full stand in a queue under mu.
//
// The releaser makes the claim for the one at the head while it fits, and wakes it with the claim
// in hand. So order is strict, a wake-up is never for nothing, and a release wakes as many as it
// has room for, in one go.
//
// There are two queues, that of ordinary claims and that of low ones, which is served only while
// the other is empty. A queue's bit of limit says that it is not empty. The bit is set and cleared
// under mu; newcomers who see it don't claim but queue. As it shares a word with the released
// position, one order decides:
//
//	wait     W1 lock  W2 set the bit  W3 append, grant  W4 unlock, sleep
//	Release  R1 add to limit; the result holds the bits  R2 if one is set: lock, grant, unlock
//
//  1. R1 before W2: W3 sees the space and the claim is made there.
//  2. W2 before R1: R1 sees the bit, so R2 follows, after W4, and finds the waiter.
//  3. The bit is cleared (queue empty, under mu) before R1: nobody waits.
//  4. The bit is cleared after R1: R2 finds an empty queue.
//
// The same holds for each queue. A low waiter that found room but also ordinary waiters is served
// by whoever empties their queue, under the same lock.
//
// Close sets its bit in the tail before it locks: a waiter whose W3 missed the bit is in the queue
// when Close gets the lock. A waiter whose context ends takes the lock: either it is still queued,
// leaves, and lets the next one have its turn, or it was served, and keeps the claim, since a claim
// can't be given back.
//
// A waiter that was served claims before it runs. Those behind it can commit, but the drainer waits
// for it, as it does for any producer between claim and commit.
//
// A newcomer that read limit before W2 may still swap the tail after it: it came first, and it took
// what the waiter's own attempt in W3 then found gone.
//
// Rejected: waking all (storms: 16 woken for room for one); waking the head and letting it retry
// and pass its turn on (a second lock and a chain of wake-ups per release, up to 6 us a message);
// sync.Cond (no context, no order by need).

// waiter is one blocked producer. Its fields but ready are guarded by mu while
// queued; the send on ready hands claim and err to its goroutine.
type waiter struct {
	ready      chan struct{} // capacity one
	n          int
	claim      Claim
	err        error
	queued     bool
	prev, next *waiter
}

// waitQueue is a doubly linked list, so that leaving is cheap.
type waitQueue struct {
	bit        uint64 // of limit: the queue is not empty
	keep       uint64 // what its claims leave free
	head, last *waiter
}

func (q *waitQueue) push(w *waiter) {
	w.queued, w.prev = true, q.last
	if q.last != nil {
		q.last.next = w
	} else {
		q.head = w
	}
	q.last = w
}

func (q *waitQueue) remove(w *waiter) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		q.head = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		q.last = w.prev
	}
	w.queued, w.prev, w.next = false, nil, nil
}

// newWaiters returns a pool of waiters, so that blocking doesn't allocate in the
// steady state. It is the ring's own, because a channel made in a testing/synctest
// bubble must stay in it, and not a part of Ring, because the runtime refers to a
// pool in use for two more collections and would keep the ring's memory that long.
func newWaiters() *sync.Pool {
	return &sync.Pool{New: func() any { return &waiter{ready: make(chan struct{}, 1)} }}
}

// wait puts a claim of n bytes into the queue q and waits for it.
func (r *Ring) wait(ctx context.Context, n int, q *waitQueue) (Claim, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return Claim{}, waitError(ctx, n)
	}
	over := ctx.Done() // before it stands in the queue, since a context of the app's may panic
	w := r.blocked.pool.Get().(*waiter)
	w.n = n

	r.blocked.mu.Lock()
	r.limit.Or(q.bit)
	q.push(w)
	if q.head == w {
		r.grant()
	}
	r.blocked.mu.Unlock()

	select {
	case <-w.ready:
	case <-over:
		r.blocked.mu.Lock()
		if w.queued {
			q.remove(w)
			r.grant()
			r.blocked.mu.Unlock()
			r.blocked.pool.Put(w)
			return Claim{}, waitError(ctx, n)
		}
		r.blocked.mu.Unlock()
		<-w.ready // it was served meanwhile
	}
	c, err := w.claim, w.err
	w.claim, w.err = Claim{}, nil
	r.blocked.pool.Put(w)
	return c, err
}

// grant serves those who wait: ordinary claims, and when none is left low ones. mu must be held.
func (r *Ring) grant() {
	if r.serve(&r.blocked.ordinary) {
		r.serve(&r.blocked.low)
	}
}

// serve serves a queue from its head while the claims fit. It clears the bit, and returns true,
// when none is left.
func (r *Ring) serve(q *waitQueue) bool {
	for w := q.head; w != nil; w = q.head {
		c, err := r.take(w.n, q.keep, 0)
		if err == ErrFull {
			return false
		}
		q.remove(w)
		w.claim, w.err = c, err
		w.ready <- struct{}{}
	}
	r.limit.And(^q.bit)
	return true
}

// grantWaiters is grant for those who don't hold mu. After Close it gives every
// waiter ErrClosed, as take does.
func (r *Ring) grantWaiters() {
	r.blocked.mu.Lock()
	r.grant()
	r.blocked.mu.Unlock()
}

func waitError(ctx context.Context, n int) error {
	return fmt.Errorf("ring: gave up waiting for %d bytes: %w", n, context.Cause(ctx))
}
