package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime"
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

// shakyPage is a carrier and its page: it refuses batches, loses them one by one and all at once,
// and its receipts come late. It checks the messages.
type shakyPage struct {
	strictMemory
	t       *testing.T
	port    Port
	dice    *rand.Rand // the drainer's
	copies  chan []byte
	over    chan struct{}
	closing map[uint32]bool // lanes that the page closes when it sees them; the page's own
	got     atomic.Int64    // messages
	receipt atomic.Uint64   // what the page has told
}

func (p *shakyPage) Name() string              { return "shaky" }
func (p *shakyPage) Reason() string            { return "a test" }
func (p *shakyPage) Bind(port Port, _ Options) { p.port = port }
func (p *shakyPage) Ready() bool               { return true }
func (p *shakyPage) Close(*ClosedError)        { close(p.over) }

var _ Carrier = (*shakyPage)(nil)

func (p *shakyPage) Deliver(b *Batch) bool {
	var whole []byte
	for _, s := range b.Segments {
		whole = append(whole, s...)
		if p.dice.IntN(4) == 0 {
			runtime.Gosched()
		}
	}
	chances := 12
	if b.Number < 40 {
		chances = 4 // while the rings grow
	}
	switch p.dice.IntN(chances) {
	case 0:
		go p.port.Wake()
		return false
	case 1:
		go p.port.Lost(b.Number)
		return true
	case 2:
		go p.port.LostAll()
		return true
	}
	select {
	case p.copies <- whole:
	case <-p.over:
		return false
	}
	if p.dice.IntN(4) == 0 { // it may read on: the receipt comes first
		for i := 0; i < 2000 && p.receipt.Load() < b.Number; i++ {
			runtime.Gosched()
		}
		if !bytes.Equal(bytes.Join(b.Segments, nil), whole) {
			p.t.Errorf("batch %d changes while it is delivered", b.Number)
		}
	}
	return true
}

// pageLane is what the page knows of a lane.
type pageLane struct {
	part     wire.Assembly
	next     uint64
	message  uint64
	consumed uint64
}

// run is the page. Every message is its number and then bytes that follow from it.
func (p *shakyPage) run() {
	early := map[uint64][]byte{}
	lanes := map[uint32]*pageLane{}
	receipt := uint64(0)
	up := uint64(0)
	upNext := map[uint32]uint64{}
	for {
		select {
		case raw := <-p.copies:
			early[binary.LittleEndian.Uint64(raw[8:])] = raw
		case <-p.over:
			return
		}
		h := wire.Header{}
		var runs []byte
		for raw := early[receipt+1]; raw != nil; raw = early[receipt+1] {
			delete(early, receipt+1)
			receipt++
			d, err := wire.Decode(raw, wire.Down)
			if err != nil {
				p.t.Errorf("batch %d: %v", receipt, err)
				p.port.Fail(err)
				return
			}
			for i := range d.Runs {
				r := &d.Runs[i]
				l := lanes[r.Lane]
				if l == nil {
					l = new(pageLane)
					lanes[r.Lane] = l
					if p.closing[r.Lane] {
						runs = wire.AppendRun(runs, r.Lane, upNext[r.Lane], wire.Frame{
							Kind: wire.Close,
						})
					}
				}
				if r.First != l.next {
					p.t.Errorf("lane %d: frame %d where %d is due", r.Lane, r.First, l.next)
				}
				l.next += uint64(r.Count)
				l.consumed += uint64(r.Bytes())
				if r.Lane != 0 {
					_ = r.Each(func(f wire.Frame, _ int) error {
						p.frame(r.Lane, l, f)
						return nil
					})
				}
			}
		}
		for n := range early {
			if n <= receipt {
				delete(early, n)
			} else {
				h.Selective |= 1 << (n - receipt - 2)
			}
		}
		for id, l := range lanes {
			h.Credits = append(h.Credits, wire.Credit{Lane: id, Total: l.consumed})
		}
		h.Receipt = receipt
		if runs != nil {
			up++
			h.Number = up
		}
		if _, err := p.port.Receive(wire.Finish(append(wire.AppendHeader(nil, &h),
			runs...))); err != nil {
			if !errors.Is(err, ErrClosed) {
				p.t.Error(err)
			}
			return
		}
		p.receipt.Store(receipt)
	}
}

func (p *shakyPage) frame(lane uint32, l *pageLane, f wire.Frame) {
	kind, data := f.Kind, f.Payload
	if kind >= wire.Begin {
		done, err := l.part.Add(f, wire.Down, lane, 1<<30)
		if err != nil {
			p.t.Error(err)
		}
		if !done {
			return
		}
		kind, data = l.part.Take()
	}
	if kind == wire.Close {
		return
	}
	if want := numbered(len(data), l.message); !bytes.Equal(data, want) {
		p.t.Errorf("lane %d: message %d is damaged, or another: % x…", lane, l.message,
			data[:min(16, len(data))])
	}
	l.message++
	p.got.Add(1)
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
func (c *idleStrict) Free(b []byte)               { c.strictMemory.Free(b) }

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
