package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// built is a session whose batches the test builds by hand.
func built(t *testing.T, o Options) *Session {
	t.Helper()
	e, err := NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Open(SessionConfig{Carrier: idleCarrier{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.End("test is over")
		<-s.down.drained
		if held, running := s.budget.Used(), s.calls.pending.Load(); held != 0 || running != 0 ||
			s.lanes.open.Size() > 0 {
			t.Errorf("after its end the session holds %d bytes, %d lanes and %d commands", held,
				s.lanes.open.Size(), running)
		}
	})
	return s
}

// next builds a batch, checks that the wire takes it and that its marks are true, and gives the
// bytes of each lane in order of their first run. Its receipt and its credit come at once.
func next(t *testing.T, s *Session) (order []uint32, sizes map[uint32]int) {
	t.Helper()
	return nextFrames(t, s, nil)
}

// nextFrames is next, and gives each frame to see, if that is not nil.
func nextFrames(t *testing.T, s *Session, see func(b *Batch, lane uint32,
	f wire.Frame)) (order []uint32, sizes map[uint32]int) {
	t.Helper()
	b := s.build()
	if b == nil {
		return nil, nil
	}
	raw := bytes.Join(b.Segments, nil)
	if len(raw) != b.Len || len(raw) > s.opt.MaxBatch {
		t.Fatalf("batch of %d bytes says %d, the limit is %d", len(raw), b.Len, s.opt.MaxBatch)
	}
	d, err := wire.Decode(raw, wire.Down)
	if err != nil {
		t.Fatal(err)
	}
	checkMarks(t, s, b, d)
	sizes = map[uint32]int{}
	for i := range d.Runs {
		r := &d.Runs[i]
		_ = r.Each(func(f wire.Frame, _ int) error {
			if see != nil {
				see(b, r.Lane, f)
			}
			return nil
		})
		if sizes[r.Lane] == 0 {
			order = append(order, r.Lane)
		}
		sizes[r.Lane] += r.Bytes()
	}
	s.down.receipts.settle(b, true)
	h := &wire.Header{Receipt: d.Number}
	if err := s.down.receipts.take(h); err != nil {
		t.Fatal(err)
	}
	for lane, n := range sizes {
		l := s.lane(lane)
		if l == nil {
			continue // its close was in the batch
		}
		if err := s.credits([]wire.Credit{
			{Lane: lane, Total: l.page.credited.Load() + uint64(n)},
		}); err != nil {
			t.Fatal(err)
		}
	}
	return order, sizes
}

// fillRing sends messages of that size until the ring is full.
func fillRing(t *testing.T, l *lane, size int) {
	t.Helper()
	for body := make([]byte, size); ; {
		if err := l.send(noWait, wire.Bytes, body); err == ErrFull {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestFairToSparse: lanes that say little are in the very next batch, however much others have
// queued, and lane 0 comes first.
func TestFairToSparse(t *testing.T) {
	s := built(t, Options{})
	var flood []*lane
	for i := range uint32(4) {
		flood = append(flood, s.addLane(2*i+1, &s.lanes.channels))
		fillRing(t, flood[i], 10_000)
	}
	next(t, s)
	for round := range 20 {
		if err := s.Eval("1"); err != nil {
			t.Fatal(err)
		}
		const sparse = 50
		for i := range uint32(sparse) {
			id := 101 + 2*i
			l := s.lane(id)
			if l == nil {
				l = s.addLane(id, &s.lanes.channels)
			}
			if err := l.send(context.Background(), wire.JSON, []byte("1")); err != nil {
				t.Fatal(err)
			}
		}
		order, sizes := next(t, s)
		if order[0] != 0 {
			t.Fatalf("round %d: lane %d goes before lane 0", round, order[0])
		}
		for i := range uint32(sparse) {
			if sizes[101+2*i] == 0 {
				t.Fatalf("round %d: lane %d is not in the batch %v", round, 101+2*i, sizes)
			}
		}
		for _, l := range flood {
			fillRing(t, l, 10_000)
		}
	}
}

// TestFairByBytes: busy lanes get the same share of bytes, whatever their messages' sizes.
func TestFairByBytes(t *testing.T) {
	s := built(t, Options{})
	sizes := []int{100, 1000, 30_000, 120_000}
	lanes := make([]*lane, len(sizes))
	for i := range lanes {
		lanes[i] = s.addLane(uint32(2*i+1), &s.lanes.channels)
	}
	const batches = 200
	for range batches {
		for i, l := range lanes {
			fillRing(t, l, sizes[i])
		}
		next(t, s)
	}
	mean := uint64(0)
	for _, l := range lanes {
		mean += l.drain.sent.Load() / uint64(len(lanes))
	}
	for i, l := range lanes {
		if sent := l.drain.sent.Load(); sent < mean*9/10 || sent > mean*11/10 {
			t.Errorf("messages of %d bytes: %d bytes sent, the mean is %d", sizes[i], sent, mean)
		}
	}
}

// TestCreditStopsALane: a lane without credit waits, the others go on, and credit lists it again.
func TestCreditStopsALane(t *testing.T) {
	s := built(t, Options{MaxBatch: 16 << 10, Window: 64 << 10})
	slow, quick := s.addLane(1, &s.lanes.channels), s.addLane(3, &s.lanes.channels)
	fillRing(t, slow, 1000)
	sent := func() (n uint64) {
		for b := s.build(); b != nil; b = s.build() {
			s.down.receipts.settle(b, true)
			if err := s.down.receipts.take(&wire.Header{Receipt: b.Number}); err != nil {
				t.Fatal(err)
			}
		}
		return slow.drain.sent.Load()
	}
	if n := sent(); n > 64<<10 || n < 62<<10 {
		t.Fatalf("%d bytes of the slow lane went into a window of %d", n, 64<<10)
	}
	if err := quick.send(context.Background(), wire.JSON, []byte("1")); err != nil {
		t.Fatal(err)
	}
	before := sent()
	if quick.drain.sent.Load() == 0 || slow.drain.sent.Load() != before {
		t.Fatal("the quick lane waits for the slow one")
	}
	if err := s.credits([]wire.Credit{{Lane: 1, Total: 10_000}}); err != nil {
		t.Fatal(err)
	}
	if n := sent(); n <= before || n > 64<<10+10_000 {
		t.Fatalf("%d bytes after credit for 10,000 more than %d", n, before)
	}
}

// TestRingsShareTheTotal: many busy channels get smaller rings, then a clear error, and a
// channel's end gives its memory back.
func TestRingsShareTheTotal(t *testing.T) {
	s := built(t, Options{SessionBytes: 16 << 20, RingBytes: 256 << 10})
	var lanes []*lane
	var err error
	for id := uint32(1); err == nil; id += 2 {
		l := s.addLane(id, &s.lanes.channels)
		if err = l.send(context.Background(), wire.JSON, []byte("1")); err == nil {
			lanes = append(lanes, l)
		}
	}
	if err != ErrMemory || len(lanes) < 100 {
		t.Fatalf("%d rings, then %v", len(lanes), err)
	}
	if first, last := lanes[0].stats().Ring, lanes[len(lanes)-1].stats().Ring; first <= last ||
		s.budget.Used() > 16<<20 {
		t.Errorf("rings from %d to %d bytes take %d in all", first, last, s.budget.Used())
	}
	full := s.budget.Used()
	for _, l := range lanes {
		l.finish(&ClosedError{Reason: "test"}, true)
		l.in.ended.Store(true) // the page's close
	}
	for order, _ := next(t, s); order != nil; order, _ = next(t, s) {
	}
	if left := s.budget.Used(); left >= full/4 || s.lanes.open.Size() > 1 {
		t.Errorf("%d bytes of %d and %d lanes are left after the channels' end", left, full,
			s.lanes.open.Size())
	}
}

// TestRingGrows: a ring begins small, grows while messages are in it, keeps their order, and gives
// the memory of the small ones back.
func TestRingGrows(t *testing.T) {
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	sent, rings := 0, []int{}
	for {
		err := l.send(noWait, wire.Bytes, binary.LittleEndian.AppendUint32(make([]byte, 996),
			uint32(sent)))
		if err == ErrFull {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		sent++
		if r := l.stats().Ring; len(rings) == 0 || rings[len(rings)-1] != r {
			rings = append(rings, r)
		}
	}
	if fmt.Sprint(rings) != "[65536 524288 4194304]" {
		t.Fatalf("the ring grew through %v", rings)
	}
	if want := (64<<10+512<<10+4<<20)/1008 - 3; sent < want {
		t.Errorf("%d messages fit, want %d", sent, want)
	}
	l.finish(&ClosedError{Reason: "test"}, true)
	got := 0
	for b := s.build(); b != nil; b = s.build() {
		d, err := wire.Decode(bytes.Join(b.Segments, nil), wire.Down)
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for i := range d.Runs {
			total += d.Runs[i].Bytes()
			if err := d.Runs[i].Each(func(f wire.Frame, _ int) error {
				if f.Kind == wire.Bytes && int(binary.LittleEndian.Uint32(f.Payload[996:])) != got {
					t.Fatalf("message %d where %d is due",
						binary.LittleEndian.Uint32(f.Payload[996:]), got)
				}
				if f.Kind == wire.Bytes {
					got++
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		s.down.receipts.settle(b, true)
		if err := s.down.receipts.take(&wire.Header{Receipt: d.Number}); err != nil {
			t.Fatal(err)
		}
		if err := s.credits([]wire.Credit{
			{Lane: 1, Total: l.page.credited.Load() + uint64(total)},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if got != sent {
		t.Errorf("%d of %d messages came", got, sent)
	}
	want := ringCost(s.opt.ControlBytes) + ringCost(4<<20) + laneCost
	if used := s.budget.Used(); used != want {
		t.Errorf("%d bytes are counted, want lane 0 and the last ring: %d", used, want)
	}
}
