package transport

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/transport/history"
)

// storeTurns is the way into a store that is not local: it makes one Append after the other, in the
// order of the Sends, each on the goroutine of its Send. The next one begins when the one before
// has returned or has called placed.
//
// A turn is no lock: nobody but Sends waits for one, each until its context ends.
type storeTurns struct {
	store    history.Store // guarded
	appended func(sequence uint64)
	settled  func() // called once it is closed and no Append is under way

	mu     ranked.Mutex[ranked.Leaf]
	taken  bool                   // somebody has the turn
	queue  fifo.Queue[*storeTurn] // who waits for it
	under  []*appending           // the Appends that are under way
	closed bool
}

// storeTurn is a Send that waits for its turn. Who gives it one, or an error, takes it out of the
// queue.
type storeTurn struct{ mine chan error } // capacity one

// appending is an Append that is under way.
type appending struct {
	q      *storeTurns
	end    context.CancelCauseFunc
	passed bool // it has given its turn to the next; guarded by the mu of storeTurns
}

var errNoTry = errors.Join(errors.New("transport: TrySend needs a Store that is a history.Local"),
	errors.ErrUnsupported)

// TryAppend implements history.Appender: an Append of this store may wait.
func (q *storeTurns) TryAppend([]byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return history.ErrClosed
	}
	return errNoTry
}

// Append implements history.Appender.
func (q *storeTurns) Append(ctx context.Context, message []byte) error {
	over := ctx.Done() // now: these are the app's, and may panic
	deadline, limited := ctx.Deadline()
	if err := q.await(ctx, over); err != nil {
		return err
	}
	a := &appending{q: q}
	inner := storeContext{deadline: deadline, limited: limited}
	inner.Context, a.end = context.WithCancelCause(context.WithoutCancel(ctx))
	defer a.over()
	if !a.begin() {
		return history.ErrClosed
	}
	if over != nil {
		go a.endWith(ctx, over, inner.Done())
	}
	sequence, err := q.store.Append(inner, message, a.placed)
	if err == nil {
		q.appended(sequence)
		return nil
	}
	if inner.Err() == nil {
		return err
	}
	cause := context.Cause(inner)
	if cause == history.ErrClosed && !errors.Is(err, history.ErrUncertain) {
		return cause
	}
	return gaveUp(cause, err)
}

// storeContext is the context of an Append: that of Send, which ends with the channel, too.
type storeContext struct {
	context.Context
	deadline time.Time
	limited  bool
}

func (c storeContext) Deadline() (time.Time, bool) { return c.deadline, c.limited }

// await waits for the turn.
func (q *storeTurns) await(ctx context.Context, over <-chan struct{}) error {
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
	t := &storeTurn{make(chan error, 1)}
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
		q.queue.DeleteFunc(func(o *storeTurn) bool { return o == t })
	}
	q.mu.Unlock()
	return context.Cause(ctx)
}

// pass gives the turn to the next. The caller holds mu.
func (q *storeTurns) pass() {
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
		q.settled()
	}
}

// Waiting implements history.Appender.
func (q *storeTurns) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queue.Len() + len(q.under)
}

// Close implements history.Appender, but for Appends that are under way: their contexts end.
func (q *storeTurns) Close() {
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
		q.settled()
	}
}
