package history

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// model is what a Memory must do, in the simplest form: all messages.
type model struct{ messages [][]byte } // the first has sequence 1

func (m *model) add(message []byte) { m.messages = append(m.messages, bytes.Clone(message)) }

// place is where somebody reads.
type place struct {
	next  uint64
	block Block
}

// found says why reading ended.
type found uint8

const (
	foundSome found = iota // that was enough
	foundNone              // everything is read
	foundLate              // what is next is not kept any more
)

// check reads on until everything is read, or too late, and compares.
func (m *model) check(store *Memory, p *place, most int) (found, error) {
	for range most {
		sequence, message, ok := p.block.Next()
		if !ok {
			p.block.Reset()
			st := store.Now()
			err := store.Read(context.Background(), st.Epoch, p.next, &p.block)
			trimmed, late := err.(*TrimmedError)
			if late != (p.next < st.Oldest) || late && trimmed.Oldest != st.Oldest {
				return foundLate, fmt.Errorf("at %d with %d to %d kept: %v", p.next, st.Oldest,
					st.Newest, err)
			}
			if late {
				return foundLate, nil
			}
			if err != nil {
				return foundNone, err
			}
			if sequence, message, ok = p.block.Next(); ok != (p.next <= st.Newest) {
				return foundNone, fmt.Errorf("at %d of %d: %v", p.next, st.Newest, ok)
			}
			if !ok {
				return foundNone, nil
			}
		}
		if sequence != p.next {
			return foundSome, fmt.Errorf("message %d where %d is due", sequence, p.next)
		}
		if want := m.messages[sequence-1]; !bytes.Equal(message, want) {
			return foundSome, fmt.Errorf("message %d has %d bytes, or others, want %d", sequence,
				len(message), len(want))
		}
		p.next++
	}
	return foundSome, nil
}

func newMemory(t testing.TB, limit int) *Memory {
	t.Helper()
	m, err := NewMemory(limit)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Messages of every size go in, and are read at several places, slower and faster than they come.
func TestHistory(t *testing.T) {
	dense := denseBytes(2 << 20)
	late := 0
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		store, m := newMemory(t, MinMemory+r.IntN(4*MinMemory)), &model{}
		h, way := &store.kept, store.Appender()
		places := make([]*place, 5)
		for range 2000 {
			size := r.IntN(300)
			switch r.IntN(60) {
			case 0:
				size = 0
			case 1:
				size = r.IntN(h.limit / 4)
			case 2:
				size = BlockBytes - 4 + r.IntN(8)
			case 3:
				size = BlockBytes - len(h.open) - 4 + r.IntN(8) // what is left, about
			}
			size = max(0, min(size, h.limit/4))
			message := make([]byte, size)
			if r.IntN(3) > 0 { // else it compresses well
				message = dense[r.IntN(len(dense)-size):][:size]
			}
			if err := way.TryAppend(message); err != nil {
				t.Fatalf("seed %d: %d bytes: %v", seed, len(message), err)
			}
			m.add(message)
			if h.size() > h.limit {
				t.Fatalf("seed %d: %d bytes, the limit is %d", seed, h.size(), h.limit)
			}
			if h.next != uint64(len(m.messages)+1) || h.oldest() > h.next {
				t.Fatalf("seed %d: next %d and oldest %d of %d", seed, h.next, h.oldest(),
					len(m.messages))
			}
			i := r.IntN(len(places))
			if places[i] == nil || r.IntN(500) == 0 {
				places[i] = &place{next: h.oldest() + r.Uint64N(h.next-h.oldest()+1)}
			}
			found, err := m.check(store, places[i], r.IntN(12))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if found == foundLate {
				places[i] = nil
				late++
			}
		}
		if len(h.sealed) < 3 || h.oldest() == 1 {
			t.Errorf("seed %d: %d blocks, oldest %d: not what was to be tested", seed,
				len(h.sealed), h.oldest())
		}
	}
	if late == 0 {
		t.Error("nobody was too late: not what was to be tested")
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
	store, m := newMemory(t, MinMemory), &model{}
	h := &store.kept
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
	if n := fill(0); n < 130 || n > MinMemory/1000 || h.oldest() != 1 {
		t.Fatalf("%d messages of 1000 bytes in %d, oldest %d", n, MinMemory, h.oldest())
	}
	second := h.sealed[1].first
	if n := fill(second - 2); n != 0 || h.oldest() != 1 {
		t.Fatalf("%d messages went in, oldest %d: the first block has one that is needed", n,
			h.oldest())
	}
	if n := fill(second - 1); n == 0 || h.oldest() != second {
		t.Fatalf("%d messages went in, oldest %d, want that of the second block, %d", n, h.oldest(),
			second)
	}
	found, err := m.check(store, &place{next: second}, 10_000)
	if err != nil || found != foundNone {
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
	for _, kind := range kinds {
		h := newBlocks(limit)
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
		h := newBlocks(limit)
		added := 0
		for h.oldest() < 2000 {
			h.add(message(added), everything)
			added++
		}
		held := int(heap() - before)
		if held > h.size()+h.size()/20 || h.size() > limit {
			t.Errorf("%s: after %d messages the heap has grown by %d bytes, the history says %d "+
				"of %d", name, added, held, h.size(), limit)
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
