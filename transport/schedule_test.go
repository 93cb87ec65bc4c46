package transport

import (
	"context"
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/schedule"
)

// addBorrowed makes a lane whose messages the page borrows.
func (s *Session) addBorrowed(id uint32) *lane {
	l := newLane(s, id, s.opt.RingBytes)
	l.borrow = true
	return s.enter(l, &s.lanes.channels)
}

// lanesOf makes n lanes of a class, numbered from first on.
func lanesOf(s *Session, borrowed bool, first uint32, n int) []*lane {
	all := make([]*lane, n)
	for i := range all {
		id := first + 2*uint32(i)
		if borrowed {
			all[i] = s.addBorrowed(id)
		} else {
			all[i] = s.addLane(id, &s.lanes.channels)
		}
	}
	return all
}

// TestFairBetweenClasses: lanes that flood get the same share of bytes, however many are borrowed
// and how many not. next checks that no batch mixes the two.
func TestFairBetweenClasses(t *testing.T) {
	for _, c := range []struct{ owned, borrowed, size int }{
		{1, 1, 1000}, {1, 40, 8000}, {40, 1, 8000}, {3, 7, 60_000}, {1, 20, 120_000},
		{20, 1, 120_000}, {2, 2, 100},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := built(t, Options{SessionBytes: 1 << 30})
			owned := lanesOf(s, false, 1, c.owned)
			all := append(owned, lanesOf(s, true, 1001, c.borrowed)...)
			batches := 20 * (c.owned + c.borrowed)
			for range batches {
				for _, l := range all {
					if l.stats().Depth < 400<<10 { // more than two batches may take
						for range 1 + 300_000/c.size {
							if err := l.send(noWait, wire.Bytes,
								make([]byte, c.size)); err == ErrFull {
								break
							} else if err != nil {
								t.Fatal(err)
							}
						}
					}
				}
				next(t, s)
			}
			mean := uint64(0)
			for _, l := range all {
				mean += l.drain.sent.Load() / uint64(len(all))
			}
			for _, l := range all {
				if sent := l.drain.sent.Load(); sent < mean*8/10 || sent > mean*12/10 {
					t.Errorf("lane %d, borrowed %v: %d bytes sent, the mean is %d", l.id, l.borrow,
						sent, mean)
				}
			}
		})
	}
}

// TestSparseBesideTheOtherClass: what lanes say that say little is in one of the next two batches,
// whatever class they and those that flood are of, and so is what lane 0 says.
func TestSparseBesideTheOtherClass(t *testing.T) {
	for _, borrowed := range []bool{false, true} {
		for _, peers := range []int{0, 1} {
			t.Run(fmt.Sprintf("borrowed %v, %d busy peers", borrowed, peers), func(t *testing.T) {
				s := built(t, Options{SessionBytes: 1 << 30})
				flood := append(lanesOf(s, !borrowed, 1, 15), lanesOf(s, borrowed, 501, peers)...)
				sparse := lanesOf(s, borrowed, 1001, 40)
				for _, l := range flood {
					fillRing(t, l, 20_000)
				}
				for range 30 {
					next(t, s)
					for _, l := range flood {
						fillRing(t, l, 20_000)
					}
				}
				for round := range 4 {
					before := make([]uint64, len(sparse))
					for i, l := range sparse {
						before[i] = l.drain.seq.Load()
						if err := l.send(context.Background(), wire.JSON, []byte("1")); err != nil {
							t.Fatal(err)
						}
					}
					evals := s.lanes.control.drain.seq.Load()
					if err := s.Eval("1"); err != nil {
						t.Fatal(err)
					}
					next(t, s)
					next(t, s)
					for i, l := range sparse {
						if l.drain.seq.Load() == before[i] {
							t.Errorf("round %d: lane %d waits", round, l.id)
						}
					}
					if s.lanes.control.drain.seq.Load() == evals {
						t.Errorf("round %d: lane 0 waits", round)
					}
					// Until their class has had its turn, they would not be fresh again.
					for range 40 {
						for _, l := range flood {
							fillRing(t, l, 20_000)
						}
						next(t, s)
					}
				}
			})
		}
	}
}

// TestLaneZeroLeavesTurns: a flood of events does not stop borrowed lanes, which are never in its
// batches.
func TestLaneZeroLeavesTurns(t *testing.T) {
	s := built(t, Options{})
	l := s.addBorrowed(1)
	for range 100 {
		fillRing(t, l, 1000)
		for s.Event([]uint32{1}, true, make([]byte, 1000)) == nil {
		}
		next(t, s)
	}
	if a, b := l.drain.sent.Load(), s.lanes.control.drain.sent.Load(); a < b*8/10 || b < a*8/10 {
		t.Errorf("%d bytes of the borrowed lane, %d of lane 0", a, b)
	}
}

// TestBorrowedLatest: a borrowed lane that keeps the latest value only, and its close.
func TestBorrowedLatest(t *testing.T) {
	s := built(t, Options{})
	l, other := s.addBorrowed(1), s.addLane(3, &s.lanes.channels)
	l.out.onFull.Store(uint32(Latest))
	for _, n := range []int{10, 500_000} {
		if err := l.send(context.Background(), wire.Bytes, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		if err := other.send(context.Background(), wire.Bytes, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		for order, _ := next(t, s); order != nil; order, _ = next(t, s) {
		}
	}
	l.finish(&ClosedError{Reason: "test"}, true)
	if order, _ := next(t, s); fmt.Sprint(order) != "[1]" {
		t.Errorf("the close is in %v", order)
	}
	if a, b := l.drain.sent.Load(), other.drain.sent.Load(); a < 500_000 || b < 500_000 {
		t.Errorf("%d and %d bytes sent", a, b)
	}
}

// TestSparseCarriesNobody: a lane that says little, again and again, brings the one of its class
// that floods no more than its own share and that of the other.
func TestSparseCarriesNobody(t *testing.T) {
	s := built(t, Options{})
	flood := append(lanesOf(s, false, 1, 15), s.addBorrowed(501))
	sparse := s.addBorrowed(503)
	for range 400 {
		for _, l := range flood {
			fillRing(t, l, 20_000)
		}
		if err := sparse.send(context.Background(), wire.JSON, []byte("1")); err != nil {
			t.Fatal(err)
		}
		next(t, s)
	}
	mean := uint64(0)
	for _, l := range flood {
		mean += l.drain.sent.Load() / uint64(len(flood))
	}
	for _, l := range flood {
		if sent := l.drain.sent.Load(); sent < mean*7/10 || sent > mean*2 {
			t.Errorf("lane %d, borrowed %v: %d bytes sent, the mean is %d", l.id, l.borrow, sent,
				mean)
		}
	}
}

// TestShortBatches: beside a lane that says little batches are short, so that little is on its way
// when it speaks again. Lanes that flood alone have full ones.
func TestShortBatches(t *testing.T) {
	for _, borrowed := range []bool{false, true} {
		s := built(t, Options{SessionBytes: 1 << 30})
		flood := lanesOf(s, false, 1, 3)
		sparse := lanesOf(s, borrowed, 1001, 1)[0]
		batch := func() int {
			for _, l := range flood {
				fillRing(t, l, 1000)
			}
			total := 0
			_, sizes := next(t, s)
			for _, n := range sizes {
				total += n
			}
			return total
		}
		full := s.opt.MaxBatch - 2*schedule.Quantum
		for range 40 {
			batch() // until nobody is fresh any more
		}
		for round := range 4 {
			if n := batch(); n < full {
				t.Fatalf("round %d: a batch of %d bytes, though nobody else has said anything "+
					"for long", round, n)
			}
			for range 3 { // it speaks again and again
				if err := sparse.send(context.Background(), wire.JSON, []byte("1")); err != nil {
					t.Fatal(err)
				}
				for i := range schedule.ShortBatches {
					if n := batch(); n > s.opt.MaxBatch/schedule.ShortBatch+schedule.Quantum {
						t.Fatalf("round %d: batch %d behind the one who says little has %d bytes",
							round, i, n)
					}
				}
			}
			for range 2 { // its class may have had a batch of its own
				batch()
			}
		}
	}
}

// TestLaneZeroBesideShortBatches: a flood of events leaves room for channels, whose batches are
// short because one has just become busy.
func TestLaneZeroBesideShortBatches(t *testing.T) {
	s := built(t, Options{})
	flood, sparse := s.addLane(1, &s.lanes.channels), s.addLane(3, &s.lanes.channels)
	for range 10 {
		fillRing(t, flood, 1000)
		next(t, s) // until it is not fresh any more
	}
	for round := range 20 {
		before := [2]uint64{flood.drain.sent.Load(), sparse.drain.sent.Load()}
		if err := sparse.send(context.Background(), wire.JSON, []byte("1")); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			fillRing(t, flood, 1000)
			for s.Event([]uint32{1}, true, make([]byte, 1000)) == nil {
			}
			next(t, s)
		}
		if flood.drain.sent.Load() == before[0] || sparse.drain.sent.Load() == before[1] {
			t.Fatalf("round %d: lane 0 alone has been in four batches", round)
		}
	}
}
