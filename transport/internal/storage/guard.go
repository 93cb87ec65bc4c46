// Package storage is the way of a resumable channel to a store of the app's: each call comes out
// with an error of ours, whatever the store does ([Guard]), and Sends that wait come in their order
// ([Turns]). No lock of a caller is needed or held meanwhile.
package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport/history"
)

// Err is transport.ErrStore.
var Err = errors.New("transport: the store failed")

// Error is an error of a store, of which the text is known: its methods are the app's.
type Error struct {
	text string
	// why is Err, or, if the store had to give up, the cause: of the context's end, or the
	// channel's.
	why error
	err error
}

func (e *Error) Error() string { return e.text }

func (e *Error) Unwrap() []error { return []error{e.why, e.err} }

// gaveUp is the error of a store that had to give up for that cause.
func gaveUp(cause, err error) error {
	if e, ok := err.(*Error); ok {
		return &Error{fmt.Sprintf("transport: %v: %s", cause, e.text), cause, e.err}
	}
	return err
}

// Guarded is a store of the app's as the library calls it.
type Guarded struct {
	history.Store
	Local  history.Local  // nil: it is none
	Holder history.Holder // nil: it is none
	store  *guarded
}

// Watch is the store's, with the error of one that panics.
func (g *Guarded) Watch(notify func()) (stop func(), err error) { return g.store.watch(notify) }

// Appender is that of Local, which is there, with the error of one that panics, or makes none.
func (g *Guarded) Appender() (history.Appender, error) {
	return g.Local.(*guardedLocal).newAppender()
}

// Guard guards a store. name is the channel's.
func Guard(store history.Store, name string, log *slog.Logger) Guarded {
	g := &guarded{store, name, log}
	all := Guarded{Store: g, store: g}
	if l, ok := store.(history.Local); ok {
		all.Local = &guardedLocal{g, l}
	}
	if h, ok := store.(history.Holder); ok {
		all.Holder = &guardedHolder{g, h}
	}
	return all
}

// guarded is a store of the app's. What it panics with is an error, and its errors are a
// *Error, or exactly those of package history.
type guarded struct {
	store history.Store
	name  string // the channel's
	log   *slog.Logger
}

// call calls a method of the store. An error that f returns comes out as one of ours.
func (g *guarded) call(method string, f func() error) (err error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) { err = g.panicked(method, f) })
	if err = f(); err != nil {
		err = g.failed(method, err)
	}
	returned = true
	return err
}

func (g *guarded) panicked(method string, f *appcode.Failure) error {
	g.log.Error("a store panicked", "channel", g.name, "method", method, "panic", f.Panic,
		"stack", f.Stack)
	return &Error{g.text(method, f), Err, f}
}

// failed looks at an error of the store, once.
func (g *guarded) failed(method string, err error) error {
	var trimmed *history.TrimmedError
	switch {
	case errors.As(err, &trimmed) && trimmed != nil:
		return &history.TrimmedError{Oldest: trimmed.Oldest}
	case errors.Is(err, history.ErrUncertain): // whatever else it is
	case errors.Is(err, history.ErrEpoch):
		return history.ErrEpoch
	case errors.Is(err, history.ErrTooLarge):
		return history.ErrTooLarge
	}
	return &Error{g.text(method, err), Err, err}
}

func (g *guarded) text(method string, err error) string {
	return fmt.Sprintf("transport: the store of the resumable channel %q failed: %s: %s", g.name,
		method, err.Error())
}

func (g *guarded) Append(ctx context.Context, message []byte, placed func()) (n uint64, err error) {
	err = g.call("Append", func() (err error) {
		n, err = g.store.Append(ctx, message, placed)
		return err
	})
	return n, err
}

// errBroken is a store that does not do what package history says.
var errBroken = errors.New("what it gives is against the rules of history.Store")

func (g *guarded) Read(ctx context.Context, epoch, from uint64, b *history.Block) error {
	return g.call("Read", func() error { return g.store.Read(ctx, epoch, from, b) })
}

func (g *guarded) State(ctx context.Context) (st history.State, err error) {
	err = g.call("State", func() (err error) {
		st, err = g.store.State(ctx)
		if err == nil {
			err = checkState(&st)
		}
		return err
	})
	return st, err
}

// checkState looks for what can't be.
func checkState(st *history.State) error {
	if st.Epoch == 0 || st.Epoch > history.MaxEpoch || st.Oldest == 0 || st.Oldest > st.Newest+1 ||
		st.Newest > history.MaxSequence {
		return fmt.Errorf("%w: epoch %d, oldest %d, newest %d", errBroken, st.Epoch, st.Oldest,
			st.Newest)
	}
	return nil
}

func (g *guarded) Watch(notify func()) func() {
	stop, _ := g.watch(notify)
	return stop
}

func (g *guarded) watch(notify func()) (func(), error) {
	var stop func()
	err := g.call("Watch", func() error {
		stop = g.store.Watch(notify)
		return nil
	})
	return func() {
		_ = g.call("Watch's stop", func() error {
			if stop != nil {
				stop()
			}
			return nil
		})
	}, err
}

// guardedLocal is a local store of the app's.
type guardedLocal struct {
	*guarded
	local history.Local
}

func (g *guardedLocal) Now() (st history.State) {
	_ = g.call("Now", func() error {
		st = g.local.Now()
		return nil
	})
	return st
}

func (g *guardedLocal) Appender() history.Appender {
	a, _ := g.newAppender()
	return a
}

func (g *guardedLocal) newAppender() (history.Appender, error) {
	a := &guardedAppender{g: g.guarded}
	err := g.call("Appender", func() error {
		if a.appender = g.local.Appender(); a.appender == nil {
			return errBroken
		}
		return nil
	})
	return a, err
}

type guardedAppender struct {
	g        *guarded
	appender history.Appender // nil: Appender panicked, as each call will
}

func (a *guardedAppender) Append(ctx context.Context, message []byte) error {
	err := a.call("Append", func() error { return a.appender.Append(ctx, message) })
	if err != nil && ctx.Err() != nil {
		return gaveUp(context.Cause(ctx), err)
	}
	return err
}

func (a *guardedAppender) TryAppend(message []byte) error {
	return a.call("TryAppend", func() error { return a.appender.TryAppend(message) })
}

// call is that of guarded, for the errors that an Appender has beside a store's.
func (a *guardedAppender) call(method string, f func() error) error {
	var own error
	err := a.g.call(method, func() error {
		err := f()
		for _, is := range []error{history.ErrFull, history.ErrClosed} {
			if errors.Is(err, is) && !errors.Is(err, history.ErrUncertain) {
				own = is
				return nil
			}
		}
		return err
	})
	return cmp.Or(own, err)
}

func (a *guardedAppender) Waiting() (n int) {
	_ = a.g.call("Waiting", func() error {
		n = a.appender.Waiting()
		return nil
	})
	return n
}

func (a *guardedAppender) Close() {
	_ = a.g.call("Close", func() error {
		a.appender.Close()
		return nil
	})
}

// guardedHolder is a Holder of the app's.
type guardedHolder struct {
	*guarded
	holder history.Holder
}

func (g *guardedHolder) Hold(ctx context.Context, after uint64) (history.Hold, error) {
	h := &guardedHold{g: g.guarded}
	err := g.call("Hold", func() (err error) {
		h.hold, err = g.holder.Hold(ctx, after)
		if err == nil && h.hold == nil {
			err = errBroken
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

type guardedHold struct {
	g    *guarded
	hold history.Hold
}

func (h *guardedHold) Move(after uint64) {
	_ = h.g.call("Move", func() error {
		h.hold.Move(after)
		return nil
	})
}

func (h *guardedHold) Release() {
	_ = h.g.call("Release", func() error {
		h.hold.Release()
		return nil
	})
}
