package transport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/transport/history"
)

// keeping is a resumable channel's store as the channel uses it. It never changes.
type keeping struct {
	history.Store
	in     history.Appender // the way of Sends into it
	own    *history.Memory  // the channel's own; nil: it is the app's
	local  history.Local    // nil: it is none
	holder history.Holder   // nil: it is none
	seen   *seen            // nil: it is local
	unseen func()           // ends its notices
}

// keep gives a channel its store.
func (r *resumable) keep() error {
	k := &r.store
	app := r.opt.Store
	if m, ok := app.(*history.Memory); ok && m != nil {
		k.Store, k.local, k.holder = m, m, m
	} else if app != nil {
		g := &guarded{app, r.name, r.e.opt.Logger}
		k.Store = g
		if l, ok := app.(history.Local); ok {
			k.local = &guardedLocal{g, l}
		}
		if h, ok := app.(history.Holder); ok {
			k.holder = &guardedHolder{g, h}
		}
	} else {
		m, err := history.NewMemory(r.opt.HistoryBytes)
		if err != nil {
			return err
		}
		k.Store, k.own, k.local, k.holder = m, m, m, m
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
	if k.local != nil {
		k.in = k.local.Appender()
	} else {
		k.seen = &seen{store: k.Store, state: history.State{Oldest: 1}}
		k.in = &storeTurns{store: k.Store, appended: k.seen.appended, settled: r.settled}
	}
	k.unseen = k.Watch(r.notice)
	return nil
}

// figures gives the store's state without waiting: if it is not local, that which it gave last.
func (k *keeping) figures() history.State {
	if k.local != nil {
		return k.local.Now()
	}
	return k.seen.ask()
}

// seen is what a store that is not local has told of itself.
type seen struct {
	store history.Store

	mu     ranked.Mutex[ranked.Leaf]
	state  history.State
	asking bool
}

// maxAsk is how long the store may take to tell its state for the figures.
const maxAsk = time.Minute

// ask gives what is known, and asks anew for the next time.
func (s *seen) ask() history.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asking {
		s.asking = true
		go s.fetch()
	}
	return s.state
}

func (s *seen) fetch() {
	ctx, cancel := context.WithTimeout(context.Background(), maxAsk)
	defer cancel()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = false
	}()
	if st, err := s.store.State(ctx); err == nil {
		s.note(st)
	}
}

// note takes a state for the newest one.
func (s *seen) note(st history.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Epoch == s.state.Epoch || s.state.Epoch == 0 {
		st.Newest = max(st.Newest, s.state.Newest) // what was appended meanwhile
	}
	s.state = st
}

// appended takes note of a message.
func (s *seen) appended(sequence uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Newest = max(s.state.Newest, sequence)
}

// state asks the store, for a page's call.
func (r *resumable) state(ctx context.Context) (history.State, error) {
	st, err := r.store.State(ctx)
	if err != nil {
		return st, r.storeFailed(err)
	}
	if r.store.seen != nil {
		r.store.seen.note(st)
	}
	return st, nil
}

// CodeStore is the code, in a page, of a resumable channel whose store has failed.
const CodeStore = "store_failed"

// storeFailed is a store's error as it crosses to a page.
func (r *resumable) storeFailed(err error) *Error {
	return &Error{CodeStore, fmt.Sprintf("the store of %q failed: %v", r.name, err), nil}
}

// CodeRenumbered is the code with which a page's resumable channel ends when the sequences of its
// store do not go on as they were: the store was wiped, or has a gap. Nothing of what it keeps is
// missed by a page that resumes again.
const CodeRenumbered = "renumbered"
