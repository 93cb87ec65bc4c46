// Package historytest tests what history.Store promises, for authors of stores.
package historytest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport/history"
)

// Config is how a store is tested. Each function that is nil leaves out what needs it.
type Config struct {
	// New makes an empty store, which the end of the test may take down. It must be set, and keep
	// 150 KB of what does not compress.
	New func(testing.TB) history.Store
	// Again opens the store's messages once more, as another process would, while the first one
	// stays open, which must notice and read what the second one appends. Leave it nil for a store
	// with one owner.
	Again func(testing.TB, history.Store) history.Store
	// Wipe has the store lose everything.
	Wipe func(testing.TB, history.Store)
	// Overflow is how many bytes that don't compress make the store drop its oldest messages. 0: it
	// drops none within a test.
	Overflow int
	// Patience is how long the store may take for anything. Default: 10 s.
	Patience time.Duration
}

// Run runs the tests, each with a store of its own.
func Run(t *testing.T, c Config) {
	if c.New == nil {
		t.Fatal("historytest: Config.New must be set")
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	for _, test := range []struct {
		name string
		f    func(*suite)
		runs bool
	}{
		{"Empty", (*suite).empty, true},
		{"Order", (*suite).order, true},
		{"From", (*suite).from, true},
		{"Copies", (*suite).copies, true},
		{"EmptyMessages", (*suite).emptyMessages, true},
		{"LargeMessages", (*suite).largeMessages, true},
		{"Epoch", (*suite).epoch, true},
		{"Watch", (*suite).watch, true},
		{"Placed", (*suite).placed, true},
		{"EndedContext", (*suite).endedContext, true},
		{"Writers", (*suite).writers, true},
		{"Overflow", (*suite).overflow, c.Overflow > 0},
		{"Again", (*suite).again, c.Again != nil},
		{"Wipe", (*suite).wipe, c.Wipe != nil},
		{"Hold", (*suite).hold, c.Overflow > 0},
		{"HoldAgain", (*suite).holdAgain, c.Overflow > 0},
		{"Appender", (*suite).appender, true},
		{"AppenderFull", (*suite).appenderFull, c.Overflow > 0},
		{"AppenderClose", (*suite).appenderClose, c.Overflow > 0},
	} {
		if test.runs {
			t.Run(test.name, func(t *testing.T) {
				test.f(&suite{T: t, Config: c, store: c.New(t)})
			})
		}
	}
}

// suite is one test.
type suite struct {
	*testing.T
	Config
	store history.Store
}

// ctx ends when the store's patience is over.
func (s *suite) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), s.Patience)
	s.Cleanup(cancel)
	return ctx
}

// message is the n-th message of a writer: its length and bytes are by chance.
func message(writer, n int) []byte {
	r := rand.New(rand.NewPCG(uint64(writer), uint64(n)))
	b := make([]byte, 16+r.IntN(500))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	binary.LittleEndian.PutUint64(b, uint64(writer))
	binary.LittleEndian.PutUint64(b[8:], uint64(n))
	return b
}

// kept is a message that was read.
type kept struct {
	sequence uint64
	message  []byte
}

// append adds messages, and gives what is to be read.
func (s *suite) append(messages ...[]byte) (all []kept) {
	s.Helper()
	for _, m := range messages {
		sequence, err := s.store.Append(s.ctx(), m, func() {})
		if err != nil {
			s.Fatalf("Append: %v", err)
		}
		if n := len(all); n > 0 && all[n-1].sequence >= sequence {
			s.Fatalf("sequence %d is given after %d", sequence, all[n-1].sequence)
		}
		all = append(all, kept{sequence, bytes.Clone(m)})
	}
	return all
}

// numbered are messages of one writer.
func numbered(writer, first, last int) (all [][]byte) {
	for n := first; n <= last; n++ {
		all = append(all, message(writer, n))
	}
	return all
}

func (s *suite) state() history.State {
	s.Helper()
	st, err := s.store.State(s.ctx())
	if err != nil {
		s.Fatalf("State: %v", err)
	}
	if st.Epoch == 0 || st.Epoch > history.MaxEpoch {
		s.Fatalf("the epoch is %d", st.Epoch)
	}
	if st.Oldest == 0 || st.Oldest > st.Newest+1 {
		s.Fatalf("oldest %d, newest %d", st.Oldest, st.Newest)
	}
	return st
}

// read reads from a sequence to the end.
func (s *suite) read(store history.Store, epoch, from uint64) (all []kept, err error) {
	s.Helper()
	var b history.Block
	for {
		b.Reset()
		if err := store.Read(s.ctx(), epoch, from, &b); err != nil {
			return all, err
		}
		if b.Empty() {
			return all, nil
		}
		for {
			sequence, message, ok := b.Next()
			if !ok {
				break
			}
			if sequence < from {
				return all, fmt.Errorf("message %d is read where %d is due", sequence, from)
			}
			all = append(all, kept{sequence, bytes.Clone(message)})
			from = sequence + 1
		}
	}
}

// want compares what is read from a sequence on.
func (s *suite) want(from uint64, want []kept) {
	s.Helper()
	got, err := s.read(s.store, s.state().Epoch, from)
	if err == nil {
		err = same(got, want)
	}
	if err != nil {
		s.Fatalf("read from %d: %v", from, err)
	}
}

func same(got, want []kept) error {
	for i := range min(len(got), len(want)) {
		if got[i].sequence != want[i].sequence {
			return fmt.Errorf("message %d where %d is due", got[i].sequence, want[i].sequence)
		}
		if !bytes.Equal(got[i].message, want[i].message) {
			return fmt.Errorf("message %d has %d bytes, or others, want %d", got[i].sequence,
				len(got[i].message), len(want[i].message))
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d messages, want %d", len(got), len(want))
	}
	return nil
}

// wantTrimmed reads what is not kept any more.
func (s *suite) wantTrimmed(epoch, from, oldest uint64) {
	s.Helper()
	got, err := s.read(s.store, epoch, from)
	var trimmed *history.TrimmedError
	if !errors.As(err, &trimmed) || len(got) > 0 {
		s.Fatalf("read from %d, which is dropped: %d messages, %v", from, len(got), err)
	}
	if trimmed.Oldest != oldest {
		s.Errorf("the oldest is %d, the error says %d", oldest, trimmed.Oldest)
	}
}

// fill appends messages of n bytes in all that don't compress. It ends with the first error.
func (s *suite) fill(ctx context.Context, n int) error {
	b := make([]byte, 8<<10)
	r := rand.NewChaCha8([32]byte{byte(n)})
	for ; n > 0; n -= len(b) {
		_, _ = r.Read(b)
		if _, err := s.store.Append(ctx, b, func() {}); err != nil {
			return err
		}
	}
	return nil
}
