package transport

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// historyModel is what a history must do, in the simplest form: all messages.
type historyModel struct{ messages [][]byte } // the first has number 1

func (m *historyModel) add(message []byte) { m.messages = append(m.messages, bytes.Clone(message)) }

// check reads with c until everything is read, or too late, and compares.
func (m *historyModel) check(h *history, c *cursor, most int) (loaded, error) {
	for range most {
		message, ok := c.read()
		if !ok {
			found := c.load(h)
			if late := c.next < h.oldest(); late != (found == loadedLate) {
				return found, fmt.Errorf("at %d with %d to %d kept: %v", c.next, h.oldest(),
					h.next-1, found)
			}
			if found != loadedSome {
				return found, nil
			}
			if err := c.unpack(); err != nil {
				return found, err
			}
			if message, ok = c.read(); !ok {
				return found, fmt.Errorf("at %d nothing was loaded", c.next)
			}
		}
		if want := m.messages[c.next-2]; !bytes.Equal(message, want) {
			return loadedSome, fmt.Errorf("message %d has %d bytes, or others, want %d", c.next-1,
				len(message), len(want))
		}
	}
	return loadedSome, nil
}

// Messages of every size go in; cursors at any place read, slower and faster than they come.
func TestHistory(t *testing.T) {
	dense := denseBytes(2 << 20)
	late := 0
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		h, m := newHistory(minHistory+r.IntN(4*minHistory)), &historyModel{}
		cursors := make([]*cursor, 5)
		for range 2000 {
			size := r.IntN(300)
			switch r.IntN(60) {
			case 0:
				size = 0
			case 1:
				size = r.IntN(h.limit / 4)
			case 2:
				size = historyBlockBytes - 4 + r.IntN(8)
			case 3:
				size = historyBlockBytes - len(h.open) - 4 + r.IntN(8) // what is left, about
			}
			size = max(0, min(size, h.limit/4))
			message := make([]byte, size)
			if r.IntN(3) > 0 { // else it compresses well
				message = dense[r.IntN(len(dense)-size):][:size]
			}
			if !h.add(message, everything) {
				t.Fatalf("seed %d: no room for %d bytes", seed, len(message))
			}
			m.add(message)
			if h.bytes() > h.limit {
				t.Fatalf("seed %d: %d bytes, the limit is %d", seed, h.bytes(), h.limit)
			}
			if h.next != uint64(len(m.messages)+1) || h.oldest() > h.next {
				t.Fatalf("seed %d: next %d and oldest %d of %d", seed, h.next, h.oldest(),
					len(m.messages))
			}
			i := r.IntN(len(cursors))
			if cursors[i] == nil || r.IntN(500) == 0 {
				cursors[i] = &cursor{next: h.oldest() + r.Uint64N(h.next-h.oldest()+1)}
			}
			found, err := m.check(&h, cursors[i], r.IntN(12))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if found == loadedLate {
				cursors[i] = nil
				late++
			}
		}
		if h.sealed.len() < 3 || h.oldest() == 1 {
			t.Errorf("seed %d: %d blocks, oldest %d: not what was to be tested", seed,
				h.sealed.len(), h.oldest())
		}
	}
	if late == 0 {
		t.Error("no cursor was too late: not what was to be tested")
	}
}

// denseBytes do not compress.
func denseBytes(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// Nothing behind the floor goes, and a block goes only as a whole.
func TestHistoryFloor(t *testing.T) {
	h, m := newHistory(minHistory), &historyModel{}
	dense := denseBytes(1_000_000)
	fill := func(floor uint64) (added int) {
		for ; added < 1000; added++ {
			message := dense[1000*added:][:1000]
			if !h.add(message, floor) {
				return added
			}
			m.add(message)
		}
		return added
	}
	if n := fill(0); n < 130 || n > minHistory/1000 || h.oldest() != 1 {
		t.Fatalf("%d messages of 1000 bytes in %d, oldest %d", n, minHistory, h.oldest())
	}
	second := h.sealed.all[1].first
	if n := fill(second - 2); n != 0 || h.oldest() != 1 {
		t.Fatalf("%d messages went in, oldest %d: the first block has one that is needed", n,
			h.oldest())
	}
	if n := fill(second - 1); n == 0 || h.oldest() != second {
		t.Fatalf("%d messages went in, oldest %d, want that of the second block, %d", n, h.oldest(),
			second)
	}
	if found, err := m.check(&h, &cursor{next: second}, 10_000); err != nil || found != loadedNone {
		t.Error(found, err)
	}
	if n := fill(everything); n != 1000 {
		t.Errorf("%d messages went in, want all", n)
	}
}

// The messages that fit, for each kind of message: TestHistoryFits prints the table.
func TestHistoryFits(t *testing.T) {
	const limit = 1 << 20
	t.Logf("| messages | mean bytes | fit in %d MiB | without compression | times as many |",
		limit>>20)
	t.Log("|---|---|---|---|---|")
	for _, kind := range historyMessages {
		h := newHistory(limit)
		r := rand.New(rand.NewPCG(1, 2))
		for n := 0; h.add(kind.make(r, n), 0); n++ {
		}
		kept := int(h.next - h.oldest())
		mean := (h.raw + len(h.open)) / kept
		plain := limit / recordSize(mean)
		t.Logf("| %s | %d | %d | %d | %.2f |", kind.name, mean, kept, plain,
			float64(kept)/float64(plain))
		if kept < plain*3/4 {
			t.Errorf("%s: %d messages fit, fewer than the %d that would without compression",
				kind.name, kept, plain)
		}
	}
}

// The heap grows by what the history says that it holds, and no more, whether its blocks compress
// well or not at all.
func TestHistoryMemory(t *testing.T) {
	const limit = 1 << 20
	dense := denseBytes(1 << 20)
	for name, message := range map[string]func(n int) []byte{
		"zeros": func(n int) []byte { return make([]byte, 4000) },
		"dense": func(n int) []byte { return dense[n*37%(len(dense)-4000):][:4000] },
	} {
		before := heap()
		h := newHistory(limit)
		added := 0
		for h.oldest() < 2000 {
			h.add(message(added), everything)
			added++
		}
		held := int(heap() - before)
		if held > h.bytes()+h.bytes()/20 || h.bytes() > limit {
			t.Errorf("%s: after %d messages the heap has grown by %d bytes, the history says %d "+
				"of %d", name, added, held, h.bytes(), limit)
		}
		runtime.KeepAlive(&h)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
