package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// checkMarks checks what a batch says of itself beside its bytes: the class of its lanes, and the
// segments that may stand apart.
func checkMarks(t *testing.T, s *Session, b *Batch, d *wire.Batch) {
	t.Helper()
	for i := range d.Runs {
		if l := s.lane(d.Runs[i].Lane); l != nil && l.borrow != b.Borrow {
			t.Fatalf("batch %d, borrow %v, has frames of lane %d", b.Number, b.Borrow, l.id)
		}
	}
	le := binary.LittleEndian
	last := 0
	for _, i := range b.Apart {
		if i <= last+2 || i >= len(b.Segments)-1 {
			t.Fatalf("batch %d: segments %v of %d stand apart", b.Number, b.Apart, len(b.Segments))
		}
		last = i
		run, head, rest := b.Segments[i-2], b.Segments[i-1], b.Segments[i]
		if len(run) != 24 || len(head) != 24 {
			t.Fatalf("batch %d: run of %d, head of %d bytes", b.Number, len(run), len(head))
		}
		count, size, align := le.Uint32(run[4:]), int(le.Uint32(run[16:])), int(le.Uint32(run[20:]))
		if n := int(le.Uint32(head)); count != 1 || size != 24+len(rest) ||
			wire.Stride(n, align) != size || size < apartMin {
			t.Fatalf("batch %d: a run of %d frames, %d bytes, with a frame of %d and a rest of %d",
				b.Number, count, size, n, len(rest))
		}
	}
	for i, p := range b.Segments {
		// others need padding of their own
		if len(p) >= apartMin && len(p)%8 == 0 && !slices.Contains(b.Apart, i) {
			t.Errorf("batch %d: a segment of %d bytes does not stand apart", b.Number, len(p))
		}
	}
}

// TestApart: large frames of every length and way have a run of their own and are marked, small
// ones are not, and all arrive whole.
func TestApart(t *testing.T) {
	for _, o := range []Options{
		{}, {MaxBatch: 16 << 10}, {MaxBatch: 200_008}, {MaxBatch: maxBatch, Window: 8 << 20},
	} {
		s := built(t, o)
		var lanes []*lane
		for id := uint32(1); id < 8; id += 2 {
			lanes = append(lanes, s.addLane(id, &s.lanes.channels))
		}
		lanes[2].out.onFull.Store(uint32(Latest))
		lanes[3].out.onFull.Store(uint32(Latest))
		parts := map[uint32]*wire.Assembly{}
		want, got := map[uint32][]byte{}, map[uint32][]byte{}
		for i, n := range []int{10, apartMin - 17, apartMin - 16, apartMin - 9, apartMin - 8,
			apartMin - 7, apartMin, 110_001, 300_000, 299_999, 1 << 20, 1_500_003} {
			for _, l := range lanes {
				data := make([]byte, n)
				for j := range data {
					data[j] = byte(i + j + int(l.id) + j>>8)
				}
				if err := l.send(context.Background(), wire.Bytes, data); err != nil {
					t.Fatal(err)
				}
				want[l.id] = data
			}
			marked := 0
			see := func(b *Batch, lane uint32, f wire.Frame) {
				marked += len(b.Apart)
				if f.Kind < wire.Begin {
					got[lane] = bytes.Clone(f.Payload)
					return
				}
				if parts[lane] == nil {
					parts[lane] = new(wire.Assembly)
				}
				if done, err := parts[lane].Add(f, wire.Down, lane, 1<<30); err != nil {
					t.Fatal(err)
				} else if done {
					_, got[lane] = parts[lane].Take()
				}
			}
			for order, _ := nextFrames(t, s, see); order != nil; order, _ = nextFrames(t, s, see) {
			}
			for _, l := range lanes {
				if !bytes.Equal(got[l.id], want[l.id]) {
					t.Errorf("MaxBatch %d, lane %d: a message of %d bytes came as %d others",
						s.opt.MaxBatch, l.id, n, len(got[l.id]))
				}
			}
			if large := wire.Stride(n, 8) >= apartMin &&
				s.opt.maxFrame() >= apartMin; large != (marked > 0) {
				t.Errorf("MaxBatch %d: messages of %d bytes, %d marks", s.opt.MaxBatch, n, marked)
			}
		}
	}
}

// TestApartFills: two of the largest fragments fill a batch.
func TestApartFills(t *testing.T) {
	s := built(t, Options{RingBytes: 32 << 20, Window: 64 << 20})
	l := s.addLane(1, &s.lanes.channels)
	const messages = 8
	for range messages {
		if err := l.send(context.Background(), wire.Bytes, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	batches, marks := 0, 0
	for b := s.build(); b != nil; b = s.build() {
		batches++
		marks += len(b.Apart)
		s.down.receipts.settle(b, true)
		if err := s.down.receipts.take(&wire.Header{Receipt: b.Number}); err != nil {
			t.Fatal(err)
		}
	}
	if batches != messages*4 || marks != messages*8 {
		t.Errorf("%d messages of 1 MiB took %d batches with %d marks", messages, batches, marks)
	}
}
