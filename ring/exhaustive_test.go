package ring

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// starts are first positions whose counters pass 2^32 and 2^64 in a short test, at
// every offset of the smallest ring.
func starts() []uint64 {
	var s []uint64
	for _, base := range []uint64{0, 1<<32 - MinCapacity, 1<<64 - MinCapacity} {
		for at := uint64(0); at < MinCapacity; at += Unit {
			s = append(s, base+at)
		}
	}
	return s
}

// model is what a ring of a few bytes must do, written the slow way: with a list
// of claims and offsets counted from the start instead of stamps and masks.
type model struct {
	capacity, origin int // origin: offset of the first position in the buffer
	first            uint64
	tail             int // claimed, from the first position on
	drained          int
	released         int
	closed           bool
	claims           []modelClaim // claimed and not drained
}

type modelClaim struct {
	at, pad, size, n int
	id               byte
	committed        bool
	claim            Claim
}

// place returns where a claim of n bytes goes, and whether it fits.
func (m *model) place(n int) (c modelClaim, fits bool) {
	c.n = n
	for c.size = Unit; c.size < n; c.size += Unit {
	}
	for (m.origin+m.tail+c.pad)%m.capacity+c.size > m.capacity {
		c.pad += Unit
	}
	c.at = m.tail + c.pad
	return c, c.at+c.size-m.released <= m.capacity
}

// take removes and returns the run that Drain(most) must give.
func (m *model) take(most int) []modelClaim {
	var run []modelClaim
	total := 0
	for _, c := range m.claims {
		if !c.committed || total+c.size > most || len(run) > 0 && (m.origin+c.at)%m.capacity == 0 {
			break
		}
		total += c.size
		run = append(run, c)
	}
	m.claims = m.claims[len(run):]
	if len(run) > 0 {
		m.drained = run[len(run)-1].at + run[len(run)-1].size
	}
	return run
}

// step is one operation on ring and model, with its name for failures.
type step struct {
	name string
	do   func(*testing.T, *Ring, *model)
}

func claimStep(n int) step {
	return step{fmt.Sprintf("claim %d", n), func(t *testing.T, r *Ring, m *model) {
		want, fits := m.place(n)
		c, err := r.TryClaim(n)
		switch {
		case m.closed:
			if err != ErrClosed {
				t.Errorf("claim after close: %v", err)
			}
			return
		case !fits:
			if err != ErrFull {
				t.Errorf("claim without room: %v", err)
			}
			return
		case err != nil:
			t.Errorf("claim with room: %v", err)
			return
		}
		if len(c.Bytes()) != n || cap(c.Bytes()) != n {
			t.Errorf("claim of %d: length %d, capacity %d", n, len(c.Bytes()), cap(c.Bytes()))
		}
		if got := int(c.Pos() - m.first); got != want.at {
			t.Errorf("claim at %d, want %d", got, want.at)
		}
		want.id, want.claim = byte(want.at/Unit+1), c
		for i := range c.Bytes() {
			c.Bytes()[i] = want.id
		}
		m.tail = want.at + want.size
		m.claims = append(m.claims, want)
	}}
}

// commitStep commits one of the claims that are not: the first, or the last.
func commitStep(last bool) step {
	return step{fmt.Sprintf("commit (last %v)", last), func(t *testing.T, r *Ring, m *model) {
		found := -1
		for i, c := range m.claims {
			if !c.committed && (found < 0 || last) {
				found = i
			}
		}
		if found >= 0 {
			m.claims[found].committed = true
			r.Commit(m.claims[found].claim)
		}
	}}
}

func drainStep(most int) step {
	return step{fmt.Sprintf("drain %d", most), func(t *testing.T, r *Ring, m *model) {
		next := 0
		if len(m.claims) > 0 && m.claims[0].committed {
			next = m.claims[0].size
		}
		if got := r.Next(); got != next {
			t.Errorf("Next %d, want %d", got, next)
		}
		run := m.take(most)
		b, frames, end := r.Drain(most)
		if frames != len(run) {
			t.Errorf("%d frames drained, want %d", frames, len(run))
			return
		}
		if end != r.DrainPos() || frames > 0 && end != m.first+uint64(m.drained) {
			t.Errorf("end %d, drained position %d, want %d", end, r.DrainPos(), m.first+
				uint64(m.drained))
		}
		for _, c := range run {
			if !bytes.Equal(b[:c.n], bytes.Repeat([]byte{c.id}, c.n)) {
				t.Errorf("claim %d of %d bytes: % x", c.id, c.n, b[:c.n])
			}
			b = b[c.size:]
		}
		if len(b) != 0 {
			t.Errorf("%d bytes too many", len(b))
		}
	}}
}

var releaseStep = step{"release", func(t *testing.T, r *Ring, m *model) {
	m.released = m.drained
	r.Release(m.first + uint64(m.drained))
}}

var closeStep = step{"close", func(t *testing.T, r *Ring, m *model) {
	m.closed = true
	r.Close()
}}

// check compares what can be asked at any time.
func (m *model) check(t *testing.T, r *Ring) {
	if got := int(r.Tail() - m.first); got != m.tail {
		t.Errorf("Tail %d, want %d", got, m.tail)
	}
	if got := r.Len(); got != m.tail-m.released {
		t.Errorf("Len %d, want %d", got, m.tail-m.released)
	}
	if r.Closed() != m.closed || r.Drained() != (m.closed && len(m.claims) == 0) {
		t.Errorf("Closed %v, Drained %v; model: closed %v, %d claims", r.Closed(), r.Drained(),
			m.closed, len(m.claims))
	}
}

// every runs each sequence of depth steps on a fresh ring, and then drains it.
func every(t *testing.T, capacity int, first uint64, depth int, steps []step) {
	sequence := make([]int, depth)
	end := []step{commitStep(false), commitStep(false), commitStep(false), commitStep(false),
		commitStep(false), commitStep(false), drainStep(capacity), drainStep(capacity), releaseStep}
	for {
		r, err := New(make([]byte, capacity), Options{Start: first})
		if err != nil {
			t.Fatal(err)
		}
		m := &model{capacity: capacity, first: first, origin: int(first % uint64(capacity))}
		for _, i := range sequence {
			steps[i].do(t, r, m)
			m.check(t, r)
		}
		for _, s := range end[max(0, 6-depth):] {
			s.do(t, r, m)
		}
		m.check(t, r)
		if r.Len() != 0 && len(m.claims) == 0 {
			t.Errorf("Len %d in an empty ring", r.Len())
		}
		if t.Failed() {
			var names []string
			for _, i := range sequence {
				names = append(names, steps[i].name)
			}
			t.Fatalf("capacity %d, first %#x: %q", capacity, first, names)
		}
		i := slices.IndexFunc(sequence, func(i int) bool { return i < len(steps)-1 })
		if i < 0 {
			return
		}
		sequence[i]++
		clear(sequence[:i])
	}
}

// TestExhaustiveSizes goes through every sequence of sizes near the capacity, with
// drains and releases between, from every offset.
func TestExhaustiveSizes(t *testing.T) {
	put := func(n int) step {
		claim, commit := claimStep(n), commitStep(false)
		return step{claim.name, func(t *testing.T, r *Ring, m *model) {
			claim.do(t, r, m)
			commit.do(t, r, m)
		}}
	}
	for _, first := range starts() {
		every(t, 64, first, 5-shallower, []step{put(0), put(9), put(23), put(32), drainStep(64),
			releaseStep})
		every(t, 128, first, 4-shallower, []step{put(1), put(40), put(56), put(57), put(64),
			drainStep(64), drainStep(128), releaseStep})
	}
}

// TestExhaustiveCommits goes through every order of claims and commits.
func TestExhaustiveCommits(t *testing.T) {
	for _, first := range []uint64{0, 1<<32 - 24, 1<<64 - 24} {
		every(t, 64, first, 6-shallower, []step{
			claimStep(8), claimStep(17), claimStep(32),
			commitStep(false), commitStep(true), drainStep(64), releaseStep,
		})
		every(t, 64, first, 5-shallower, []step{
			claimStep(8), claimStep(30),
			commitStep(true), drainStep(16), drainStep(64), releaseStep, closeStep,
		})
	}
}
