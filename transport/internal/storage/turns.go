package storage

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/transport/history"
)

// Turns is the way into a store that is not local: it makes one Append after the other, in the
// order of the Sends, each on the goroutine of its Send. The next one begins when the one before
// has returned or has called placed.
//
// A turn is no lock: nobody but Sends waits for one, each until its context ends.
type Turns struct {
	Store    history.Store // guarded
	Appended func(sequence uint64)
	Settled  func() // called once it is closed and no Append is under way
	// Ended is the error of the channel's end, nil before that.
	Ended func() error

	mu     ranked.Mutex[ranked.Leaf]
	taken  bool              // somebody has the turn
	queue  fifo.Queue[*turn] // who waits for it
	under  []*appending      // the Appends that are under way
	closed bool
}

// turn is a Send that waits for its turn. Who gives it one, or an error, takes it out of the
// queue.
type turn struct{ mine chan error } // capacity one

// appending is an Append that is under way.
type appending struct {
	q      *Turns
	end    context.CancelCauseFunc
	passed bool // it has given its turn to the next; guarded by the mu of Turns
}

var errNoTry = errors.Join(errors.New("transport: TrySend needs a Store that is a history.Local"),
	errors.ErrUnsupported)

// TryAppend implements history.Appender: an Append of this store may wait.
func (q *Turns) TryAppend([]byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return history.ErrClosed
	}
	return errNoTry
}

// Append implements history.Appender.
func (q *Turns) Append(ctx context.Context, message []byte) error {
	over := ctx.Done() // now: these are the app's, and may panic
	deadline, limited := ctx.Deadline()
	if err := q.await(ctx, over); err != nil {
		return err
	}
	a := &appending{q: q}
	inner := sendContext{deadline: deadline, limited: limited}
	inner.Context, a.end = context.WithCancelCause(context.WithoutCancel(ctx))
	defer a.over()
	if !a.begin() {
		return history.ErrClosed
	}
	if over != nil {
		go a.endWith(ctx, over, inner.Done())
	}
	sequence, err := q.Store.Append(inner, message, a.placed)
	if err == nil {
		q.Appended(sequence)
		return nil
	}
	if inner.Err() == nil {
		return err
	}
	cause := context.Cause(inner)
	if cause == history.ErrClosed {
		if !errors.Is(err, history.ErrUncertain) {
			return cause
		}
		cause = cmp.Or(q.Ended(), cause)
	}
	return gaveUp(cause, err)
}

// sendContext is the context of an Append: that of Send, which ends with the channel, too.
type sendContext struct {
	context.Context
	deadline time.Time
	limited  bool
}

func (c sendContext) Deadline() (time.Time, bool) { return c.deadline, c.limited }

// await waits for the turn.
func (q *Turns) await(ctx context.Context, over <-chan struct{}) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return history.ErrClosed
	}
	if !q.taken {
		q.taken = true
		q.mu.Unlock()
		return nil
	}
	t := &turn{make(chan error, 1)}
	q.queue.Push(t)
	q.mu.Unlock()
	select {
	case err := <-t.mine:
		return err
	case <-over:
	}
	q.mu.Lock()
	select {
	case err := <-t.mine: // it came meanwhile
		if err != nil {
			q.mu.Unlock()
			return err
		}
		q.pass()
	default:
		q.queue.DeleteFunc(func(o *turn) bool { return o == t })
	}
	q.mu.Unlock()
	return context.Cause(ctx)
}

// pass gives the turn to the next. The caller holds mu.
func (q *Turns) pass() {
	if q.queue.Len() == 0 {
		q.taken = false
		return
	}
	q.queue.Pop().mine <- nil
}

// begin counts an Append whose turn it is, unless the channel has closed.
func (a *appending) begin() bool {
	a.q.mu.Lock()
	defer a.q.mu.Unlock()
	if !a.q.closed {
		a.q.under = append(a.q.under, a)
	}
	return !a.q.closed
}

// endWith ends the Append's context when that of its Send ends, whose methods are the app's.
func (a *appending) endWith(ctx context.Context, over, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-over:
	}
	cause := context.Canceled
	defer func() { a.end(cause) }() // whatever the app's methods do
	appcode.Call(func() { cause = context.Cause(ctx) })
}

// placed lets the next Append begin.
func (a *appending) placed() {
	a.q.mu.Lock()
	defer a.q.mu.Unlock()
	a.pass()
}

func (a *appending) pass() {
	if !a.passed {
		a.passed = true
		a.q.pass()
	}
}

// over is the end of an Append.
func (a *appending) over() {
	a.end(nil)
	q := a.q
	q.mu.Lock()
	a.pass()
	i := slices.Index(q.under, a)
	if i >= 0 {
		q.under = slices.Delete(q.under, i, i+1)
	}
	settled := q.closed && i >= 0 && len(q.under) == 0
	q.mu.Unlock()
	if settled {
		q.Settled()
	}
}

// Waiting implements history.Appender.
func (q *Turns) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queue.Len() + len(q.under)
}

// Close implements history.Appender, but for Appends that are under way: their contexts end.
func (q *Turns) Close() {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return
	}
	q.closed = true
	for q.queue.Len() > 0 {
		q.queue.Pop().mine <- history.ErrClosed
	}
	under := slices.Clone(q.under)
	q.mu.Unlock()
	for _, a := range under {
		a.end(history.ErrClosed)
	}
	if len(under) == 0 {
		q.Settled()
	}
}
