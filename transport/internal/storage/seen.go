package storage

import (
	"context"
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/transport/history"
)

// Seen is what a store that is not local has told of itself.
type Seen struct {
	store history.Store

	mu     ranked.Mutex[ranked.Leaf]
	state  history.State
	asking bool
}

// NewSeen is for a store that has told nothing yet.
func NewSeen(store history.Store) *Seen {
	return &Seen{store: store, state: history.State{Oldest: 1}}
}

// MaxAsk is how long the store may take to tell its state for the figures.
const MaxAsk = time.Minute

// Ask gives what is known, and asks anew for the next time.
func (s *Seen) Ask() history.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asking {
		s.asking = true
		go s.fetch()
	}
	return s.state
}

func (s *Seen) fetch() {
	ctx, cancel := context.WithTimeout(context.Background(), MaxAsk)
	defer cancel()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = false
	}()
	if st, err := s.store.State(ctx); err == nil {
		s.Note(st)
	}
}

// Note takes a state for the newest one.
func (s *Seen) Note(st history.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Epoch == s.state.Epoch || s.state.Epoch == 0 {
		st.Newest = max(st.Newest, s.state.Newest) // what was appended meanwhile
	}
	s.state = st
}

// Appended takes note of a message.
func (s *Seen) Appended(sequence uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Newest = max(s.state.Newest, sequence)
}
