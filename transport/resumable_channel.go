package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/internal/storage"
)

// resumable is a Resumable of any type of message. What it keeps is the store's; here is who reads
// it, and where pages have stopped.
//
// No method of the store is called under mu: what its holds are to be told waits until unlock. The
// store's notices come to notice, which takes mu.
type resumable struct {
	e     *Engine
	name  string
	opt   ResumableOptions
	kind  wire.Kind
	store keeping

	parked atomic.Int32 // readers that want to be rung
	// over: end is set, and no message of this channel is on its way into the store any more.
	over atomic.Bool

	mu        ranked.Mutex[ranked.Resumable]
	readers   []*reader // attached, in the order of their attaching
	attaching int       // that take a place among the readers already
	places    places    // where windows stopped
	spare     *held     // WaitForReader: what the last reader has not read, while there is none
	moved     []*held   // to be told so when mu is free
	end       *ClosedError
	discarded bool // end is that of Discard, and nothing is kept
}

// send accepts one message.
func (r *resumable) send(ctx context.Context, message []byte) error {
	if len(message) > r.e.opt.MaxMessage {
		return ErrTooLarge
	}
	var err error
	if ctx == noWait {
		err = r.store.in.TryAppend(message)
	} else {
		err = r.store.in.Append(ctx, message)
	}
	if err == nil {
		return nil
	}
	return r.sendFailed(ctx, err)
}

// sendFailed is the error of Send for that of the way into the store.
func (r *resumable) sendFailed(ctx context.Context, err error) error {
	switch err {
	case history.ErrFull, history.ErrClosed, history.ErrTooLarge:
	default:
		return err
	}
	if err == history.ErrClosed {
		if end := r.ended(); end != nil {
			return end
		}
	}
	if ctx != noWait && ctx.Err() != nil {
		if cause := context.Cause(ctx); errors.Is(cause, err) {
			return cause // the app's, whatever it is
		}
	}
	switch err {
	case history.ErrFull:
		return ErrFull
	case history.ErrClosed:
		return fmt.Errorf("%w: %w", ErrStore, err) // the store has ended by itself
	}
	if r.store.own == nil {
		return fmt.Errorf("%w, or too large for the channel's store", ErrTooLarge)
	}
	return fmt.Errorf("%w, or over a fourth of ResumableOptions.HistoryBytes", ErrTooLarge)
}

// ended is the end of a channel that is closed.
func (r *resumable) ended() *ClosedError {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.end
}

// endError is ended as an error, which is nil while the channel is open.
func (r *resumable) endError() error {
	if end := r.ended(); end != nil {
		return end
	}
	return nil
}

// notice rings the readers that have read everything: there is more, or it was the end. The store
// calls it, too.
func (r *resumable) notice() {
	if r.parked.Load() > 0 {
		r.wake()
	}
}

// wake rings the readers that are parked.
func (r *resumable) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rd := range r.readers {
		if rd.unpark() {
			rd.ring()
		}
	}
}

// close ends the channel for senders. Only the first call counts.
func (r *resumable) close(e *ClosedError) {
	r.mu.Lock()
	if r.end == nil {
		r.end = e
	}
	r.mu.Unlock()
	r.shut()
}

// shut closes the way into the store.
func (r *resumable) shut() {
	if r.store.local != nil {
		defer r.settled() // whatever the store does
	}
	r.store.in.Close()
}

// settled is called when the way into the store is closed and nothing is on it.
func (r *resumable) settled() {
	r.over.Store(true)
	r.notice()
}

var errDiscarded = errors.New("the channel was discarded")

// discard does all of it, whatever the store does.
func (r *resumable) discard() {
	e := closing(r.e.opt.Logger, errDiscarded)
	r.mu.Lock()
	r.end, r.discarded = e, true
	readers := slices.Clone(r.readers)
	r.mu.Unlock()
	defer func() {
		for _, rd := range readers {
			rd.lane.finish(e, true)
		}
	}()
	defer func() {
		r.e.pass(gapDiscarded)
		r.e.resumables.Compute(r.name, func(now *resumable, loaded bool) (*resumable, bool) {
			return now, !loaded || now == r
		})
	}()
	defer r.letGo()
	r.shut()
}

// letGo ends the channel's use of the store. Its own one forgets everything; that of the app stays
// as it is.
func (r *resumable) letGo() {
	if r.store.own != nil {
		defer r.store.own.Clear()
	}
	defer r.store.unseen()
	r.mu.Lock()
	r.release(r.spare)
	r.spare = nil
	r.unlock()
}

// keeping is a resumable channel's store as the channel uses it. It never changes.
type keeping struct {
	history.Store
	in     history.Appender // the way of Sends into it
	own    *history.Memory  // the channel's own; nil: it is the app's
	dense  bool             // its sequences have no gaps
	local  history.Local    // nil: it is none
	holder history.Holder   // nil: it is none
	seen   *storage.Seen    // nil: it is local
	unseen func()           // ends its notices
}

// keep gives a channel its store.
func (r *resumable) keep() error {
	k := &r.store
	k.unseen = func() {}
	kept := false
	defer func() { // whatever the store does
		if !kept {
			r.abandon()
		}
	}()
	var watch func(func()) (func(), error)
	var appender func() (history.Appender, error)
	m, ok := r.opt.Store.(*history.Memory)
	switch {
	case r.opt.Store == nil:
		var err error
		if m, err = history.NewMemory(r.opt.HistoryBytes); err != nil {
			return err
		}
		k.own = m
		fallthrough
	case ok:
		k.Store, k.local, k.holder, k.dense = m, m, m, true
		watch = func(notify func()) (func(), error) { return m.Watch(notify), nil }
		appender = func() (history.Appender, error) { return m.Appender(), nil }
	default:
		g := storage.Guard(r.opt.Store, r.name, r.e.opt.Logger)
		k.Store, k.local, k.holder = g.Store, g.Local, g.Holder
		watch, appender = g.Watch, g.Appender
	}
	var err error
	if k.local == nil {
		k.seen = storage.NewSeen(k.Store)
		k.in = &storage.Turns{
			Store: k.Store, Appended: k.seen.Appended, Settled: r.settled, Ended: r.endError,
		}
	} else if k.in, err = appender(); err != nil {
		return err
	}
	if r.opt.WaitForReader {
		if k.holder == nil {
			return errors.New("WaitForReader needs a Store that is a history.Holder")
		}
		spare, err := k.holder.Hold(context.Background(), 0)
		if err != nil {
			return err
		}
		r.spare = &held{hold: spare}
	}
	if k.unseen, err = watch(r.notice); err != nil {
		return err
	}
	kept = true
	return nil
}

// abandon ends the use of the store by a channel that nobody has got.
func (r *resumable) abandon() {
	defer r.letGo()
	if r.store.in != nil {
		r.store.in.Close()
	}
}

// figures gives the store's state without waiting: if it is not local, that which it gave last.
func (k *keeping) figures() history.State {
	if k.local != nil {
		return k.local.Now()
	}
	return k.seen.Ask()
}

// state asks the store, for a page's call.
func (r *resumable) state(ctx context.Context) (history.State, error) {
	st, err := r.store.State(ctx)
	if err != nil {
		return st, r.storeFailed(err)
	}
	if r.store.seen != nil {
		r.store.seen.Note(st)
	}
	return st, nil
}

// storeFailed is a store's error as it crosses to a page.
func (r *resumable) storeFailed(err error) *Error {
	return &Error{CodeStore, fmt.Sprintf("the store of %q failed: %v", r.name, err), nil}
}

// held is a hold and where it is to be. One goroutine at a time tells the store so, outside of mu:
// who comes meanwhile leaves it to that one. Guarded by the channel's mu.
type held struct {
	hold     history.Hold
	after    uint64
	released bool
	back     bool // after is behind where the store has it
	moved    bool // and not told
	telling  bool
}

// move has unlock tell a hold, which may be nil, what it needs no more. The caller holds mu.
func (r *resumable) move(h *held, after uint64) {
	if h != nil && h.after < after {
		h.after = after
		r.changed(h)
	}
}

// moveBack has unlock keep what is behind after, as far as it is still there.
func (r *resumable) moveBack(h *held, after uint64) {
	if h != nil && after < h.after {
		h.after, h.back = after, true
		r.changed(h)
	}
}

// release has unlock release a hold, which may be nil. The caller holds mu.
func (r *resumable) release(h *held) {
	if h != nil && !h.released {
		h.released = true
		r.changed(h)
	}
}

func (r *resumable) changed(h *held) {
	if !h.moved && !h.telling {
		r.moved = append(r.moved, h)
	}
	h.moved = true
}

// unlock releases mu, after the holds that were moved under it have been told.
func (r *resumable) unlock() {
	told := false
	defer func() {
		if !told { // one has ended the goroutine
			r.unlock()
		}
	}()
	for len(r.moved) > 0 {
		h := r.moved[len(r.moved)-1]
		r.moved = r.moved[:len(r.moved)-1]
		r.tell(h)
	}
	told = true
	r.mu.Unlock()
}

// tell tells one hold. mu is held before and after, whatever the store does.
func (r *resumable) tell(h *held) {
	hold, after, released, back := h.hold, h.after, h.released, h.back
	h.moved, h.back, h.telling = false, false, true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		h.hold, h.telling = hold, false
		if h.moved {
			r.moved = append(r.moved, h)
		}
	}()
	switch {
	case released:
		hold.Release()
	case back: // no hold moves back: another one takes its place
		if again := r.again(after); again != nil {
			before := hold
			hold = again
			before.Release()
		}
	default:
		hold.Move(after)
	}
}

// again gives a hold of what is behind after, as far as it is still there; nil if the store fails.
func (r *resumable) again(after uint64) history.Hold {
	ctx, cancel := context.WithTimeout(context.Background(), storage.MaxAsk)
	defer cancel()
	hold, err := r.store.holder.Hold(ctx, after)
	if err != nil {
		r.e.opt.Logger.Warn("what a page has not consumed may be dropped", "channel", r.name,
			"error", err)
		return nil
	}
	return hold
}
