package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// strictMemory is a carrier's memory that is gone after Free: it is overwritten, and whoever reads
// it later gets that, and a race. It knows what was given.
type strictMemory struct {
	mu    sync.Mutex
	given map[*byte]int
	errs  []error
	total int
	fail  atomic.Bool // Alloc gives errRegion
}

var errRegion = fmt.Errorf("no room in the region: %w", ErrMemory)

func (m *strictMemory) Alloc(n int) ([]byte, error) {
	if m.fail.Load() {
		return nil, errRegion
	}
	b := make([]byte, n)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.given == nil {
		m.given = map[*byte]int{}
	}
	m.given[unsafe.SliceData(b)] = n
	m.total++
	return b, nil
}

func (m *strictMemory) Free(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.given[unsafe.SliceData(b)] != len(b) {
		m.errs = append(m.errs, fmt.Errorf("free of %d bytes that are not given", len(b)))
		return
	}
	delete(m.given, unsafe.SliceData(b))
	for i := range b {
		b[i] = 0xDB
	}
}

// check waits for the session's end and checks that all memory came back, once.
func (m *strictMemory) check(t *testing.T, s *Session) {
	t.Helper()
	<-s.down.drained
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, err := range m.errs {
		t.Error(err)
	}
	if len(m.given) > 0 || m.total == 0 {
		t.Errorf("%d of %d rings were not freed", len(m.given), m.total)
	}
}

// noise is what messages are cut from.
var noise = func() []byte {
	b := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}()

// numbered is the message with a number.
func numbered(size int, n uint64) []byte {
	b := make([]byte, size)
	copy(b, noise[n*131%(1<<19):])
	binary.LittleEndian.PutUint64(b, n)
	return b
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// TestMemoryIsTheCarriers: each ring's memory is freed once, and nothing reads it afterwards: while
// rings grow, batches are refused, lost and sent again, channels end from both sides, and the
// session ends in the middle of it.
func TestMemoryIsTheCarriers(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			e, err := NewEngine(Options{MaxBatch: 256 << 10, RingBytes: 1 << 20, Logger: quiet()})
			if err != nil {
				t.Fatal(err)
			}
			p := &shakyPage{
				t: t, dice: rand.New(rand.NewPCG(seed, 1)), copies: make(chan []byte, wire.Ahead),
				over: make(chan struct{}), closing: map[uint32]bool{5: true, 9: true},
			}
			s, err := e.Open(SessionConfig{Carrier: p})
			if err != nil {
				t.Fatal(err)
			}
			var page, senders sync.WaitGroup
			page.Go(p.run)
			s.up.mu.Lock()
			var lanes []*lane
			for id := uint32(1); id <= 15; id += 2 {
				l := newLane(s, id, s.opt.RingBytes)
				l.borrow = id%4 == 1
				lanes = append(lanes, s.enter(l, &s.lanes.channels))
				s.up.lanes = id
			}
			s.up.mu.Unlock()
			const half = 150
			reached := make(chan bool, len(lanes))
			for i, l := range lanes {
				senders.Go(func() {
					r := rand.New(rand.NewPCG(seed, uint64(i)+10))
					for n := uint64(0); ; n++ {
						size := 8 + r.IntN(2000)
						switch x := r.IntN(10); {
						case n < half/2: // the ring fills, and then grows
						case x == 0:
							size = 100_000 + r.IntN(30_000)
						case x == 1 && n%4 == 0:
							size = 200_000 + r.IntN(300_000)
						}
						err := l.send(context.Background(), wire.Bytes, numbered(size, n))
						if n == half || err != nil && n < half {
							reached <- true
						}
						if err != nil {
							if !errors.Is(err, ErrClosed) {
								t.Error(err)
							}
							return
						}
						if l.id == 13 && n == half {
							l.finish(&ClosedError{Reason: "closed by Go"}, true)
						}
					}
				})
			}
			for range lanes {
				<-reached
			}
			if got := s.Stats(); got.Carrier != "shaky" || got.Reason != "a test" {
				t.Errorf("the figures say %q, %q", got.Carrier, got.Reason)
			}
			s.End("test is over")
			senders.Wait()
			page.Wait()
			p.check(t, s)
			if p.got.Load() < half*4 || s.Stats().Resent == 0 {
				t.Errorf("%d messages came, %d batches were sent again", p.got.Load(),
					s.Stats().Resent)
			}
			if used := s.budget.Used(); used != 0 {
				t.Errorf("%d bytes are still counted", used)
			}
		})
	}
}

// idleStrict is a carrier with strict memory that takes nothing.
type idleStrict struct {
	idleCarrier
	strictMemory
}

func (c *idleStrict) Alloc(n int) ([]byte, error) { return c.strictMemory.Alloc(n) }

func (c *idleStrict) Free(b []byte) { c.strictMemory.Free(b) }

// TestAllocFails: who opens or sends gets the carrier's error, which is ErrMemory; a ring that
// can't grow stays.
func TestAllocFails(t *testing.T) {
	e, err := NewEngine(Options{Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	c := new(idleStrict)
	c.fail.Store(true)
	if _, err := e.Open(SessionConfig{Carrier: c}); !errors.Is(err, ErrMemory) ||
		!errors.Is(err, errRegion) {
		t.Errorf("open: %v", err)
	}
	c = new(idleStrict)
	s, err := e.Open(SessionConfig{Carrier: c})
	if err != nil {
		t.Fatal(err)
	}
	small, other := s.addLane(1, &s.lanes.channels), s.addLane(3, &s.lanes.channels)
	if err := small.send(noWait, wire.Bytes, numbered(100, 0)); err != nil {
		t.Fatal(err)
	}
	before := s.budget.Used()
	c.fail.Store(true)
	if err := other.send(noWait, wire.Bytes, numbered(100, 0)); !errors.Is(err, errRegion) ||
		!errors.Is(err, ErrMemory) {
		t.Errorf("send on a new channel: %v", err)
	}
	sent := 1
	for ; ; sent++ { // until the first ring is full
		if err := small.send(noWait, wire.Bytes, numbered(1000, uint64(sent))); err == ErrFull {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := small.send(noWait, wire.Bytes, numbered(100_000, 0)); !errors.Is(err, ErrTooLarge) &&
		err != ErrFull {
		t.Errorf("a message over half of the ring that stays: %v", err)
	}
	if st := small.stats(); st.Ring != firstRing || sent < 60 || s.budget.Used() != before {
		t.Errorf("ring of %d bytes, %d messages, %d bytes counted, before %d", st.Ring, sent,
			s.budget.Used(), before)
	}
	c.fail.Store(false)
	if err := small.send(noWait, wire.Bytes, numbered(1000, uint64(sent))); err != nil {
		t.Errorf("with memory again: %v", err)
	}
	if st := small.stats(); st.Ring != growth*firstRing {
		t.Errorf("ring of %d bytes", st.Ring)
	}
	if err := other.send(noWait, wire.Bytes, nil); err != nil {
		t.Errorf("with memory again: %v", err)
	}
	s.End("test is over")
	c.check(t, s)
}

// TestNoRingAfterTheEnd: the drainer may give the rings back before End has come to a lane. That
// lane makes no ring any more.
func TestNoRingAfterTheEnd(t *testing.T) {
	e, err := NewEngine(Options{Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	c := new(idleStrict)
	s, err := e.Open(SessionConfig{Carrier: c})
	if err != nil {
		t.Fatal(err)
	}
	used, unused := s.addLane(1, &s.lanes.channels), s.addLane(3, &s.lanes.channels)
	if err := used.send(noWait, wire.JSON, []byte("1")); err != nil {
		t.Fatal(err)
	}
	s.cancel(&ClosedError{Reason: "test is over"}) // what end does first
	c.check(t, s)
	for _, l := range []*lane{used, unused} {
		if err := l.send(noWait, wire.JSON, []byte("1")); !errors.Is(err, ErrClosed) {
			t.Errorf("send on lane %d: %v", l.id, err)
		}
	}
	c.check(t, s)
}
