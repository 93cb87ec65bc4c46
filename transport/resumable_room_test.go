package transport

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/transport/history"
)

// denseBytes do not compress.
func denseBytes(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// attached makes a resumable channel that is full, with a reader whose page has been sent
// everything, by hand: it has no pump.
func attached(t *testing.T, s *Session, l *lane, o ResumableOptions) (*resumable, *reader) {
	t.Helper()
	ch, err := NewResumable[[]byte](s.engine, "flow", o)
	if err != nil {
		t.Fatal(err)
	}
	r := ch.r
	rd, err := r.attach(t.Context(), s, resumeTo(l))
	if err != nil {
		t.Fatal(err)
	}
	noise := denseBytes(30_000)
	for ; err == nil; err = ch.TrySend(noise) {
	}
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	for rd.want <= r.stats().Newest {
		message, err := rd.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := rd.send(r.kind, message); err != nil {
			t.Fatal(err)
		}
	}
	return r, rd
}

// resumeTo are the arguments of who attaches with that lane.
func resumeTo(l *lane) resumeArgs {
	return resumeArgs{
		From: from{word: "last"}, Channel: &wordChannel{Channel[json.RawMessage]{lane: l}},
	}
}

// Credit makes room for who waits, whoever looks at it first: the figures, or a page that is
// refused.
func TestCreditSeenByOthers(t *testing.T) {
	for _, look := range []func(*testing.T, *Session, *resumable){
		func(_ *testing.T, _ *Session, r *resumable) { r.stats() },
		func(t *testing.T, s *Session, r *resumable) {
			taken := s.addLane(3, &s.lanes.channels)
			taken.page.bell.Store(new(chan struct{}))
			if _, err := r.attach(t.Context(), s, resumeTo(taken)); err == nil {
				t.Error("a lane that is attached already is attached again")
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := built(t, Options{})
			l := s.addLane(1, &s.lanes.channels)
			r, rd := attached(t, s, l, ResumableOptions{HistoryBytes: history.MinMemory})
			sent := make(chan error, 1)
			go func() { sent <- r.send(t.Context(), denseBytes(30_000)) }()
			synctest.Wait()
			l.page.credited.Store(rd.marks.Sum())
			look(t, s, r)
			rd.consume()
			synctest.Wait()
			select {
			case err := <-sent:
				if err != nil {
					t.Error(err)
				}
			default:
				t.Error("Send waits, though its reader has consumed everything")
				r.close(&ClosedError{Reason: "test"})
			}
		})
	}
}

// Sends that have given up leave nothing behind, though another one before them waits on.
func TestGivenUpSendsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := built(t, Options{})
		r, _ := attached(t, s, s.addLane(1, &s.lanes.channels), ResumableOptions{
			HistoryBytes: history.MinMemory,
		})
		first := make(chan error, 1)
		go func() { first <- r.send(t.Context(), denseBytes(30_000)) }()
		synctest.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 1000 {
			if err := r.send(gone, denseBytes(30)); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if waiting := r.stats().Waiting; waiting != 1 {
			t.Errorf("%d Sends wait", waiting)
		}
		r.close(&ClosedError{Reason: "test"})
		if err := <-first; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

// A page that has closed its channel does not count any more, even before that channel's pump knows
// it.
func TestClosedReaderLeavesItsSeat(t *testing.T) {
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	r, rd := attached(t, s, l, ResumableOptions{HistoryBytes: history.MinMemory, Readers: 1})
	if _, err := r.attach(t.Context(), s, resumeTo(s.addLane(3, &s.lanes.channels))); err == nil {
		t.Fatal("two readers where one is allowed")
	}
	l.page.credited.Store(rd.marks.Sum())
	l.in.ended.Store(true)
	l.finish(&ClosedError{Reason: "closed by the page"}, false)
	next, err := r.attach(t.Context(), s, resumeTo(s.addLane(5, &s.lanes.channels)))
	if err != nil {
		t.Fatal(err)
	}
	if next.begin != r.stats().Newest+1 {
		t.Errorf("it begins with %d, want %d", next.begin, r.stats().Newest+1)
	}
}
