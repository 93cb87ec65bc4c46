//go:build linux && (amd64 || arm64)

package shm

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"golang.org/x/sys/unix"
)

// slotLog keeps the messages, and closes their descriptors.
type slotLog struct {
	mapped   map[uint32]uint32
	messages []slotMessage
}

func (l *slotLog) send(m slotMessage) {
	if l.mapped == nil {
		l.mapped = map[uint32]uint32{}
	}
	if m.op == opMap {
		l.mapped[m.first] = m.count
	} else {
		delete(l.mapped, m.first)
	}
	l.messages = append(l.messages, m)
	m.close()
}

// testRegion is a region of n slots, with the queue's positions.
func testRegion(t testing.TB, n int) (r *region, l *slotLog, written, read *uint64) {
	t.Helper()
	l, written, read = new(slotLog), new(uint64), new(uint64)
	r, err := newRegion(n*slotBytes, slotBytes, l, func() uint64 { return *written },
		func() uint64 { return *read })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.end)
	return r, l, written, read
}

func mustAlloc(t testing.TB, r *region, n int) []byte {
	t.Helper()
	b, err := r.alloc(n)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// resident is how many bytes of the region are in memory, as the kernel says.
func resident(t testing.TB, r *region) int {
	t.Helper()
	var from, n uint64
	if _, err := fmt.Sscanf(fmt.Sprintf("%p", r.whole), "0x%x", &from); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total, inside := 0, false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var begin, end uint64
		if k, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &begin, &end); k == 2 {
			inside = begin >= from && end <= from+uint64(len(r.whole))
		} else if k, _ := fmt.Sscanf(lines.Text(), "Rss: %d kB", &n); k == 1 && inside {
			total += int(n) << 10
		}
	}
	return total
}

// Random rings of all sizes: none overlaps another, all are zero at first, and in the end nothing
// is left.
func TestRegionOfAllSizes(t *testing.T) {
	r, l, _, _ := testRegion(t, 24)
	rnd := rand.New(rand.NewPCG(3, 4))
	type ring struct {
		b    []byte
		mark byte
	}
	var rings []ring
	check := func(g ring) {
		t.Helper()
		for i := 0; i < len(g.b); i += unit / 2 {
			if g.b[i] != g.mark {
				t.Fatal("two rings overlap")
			}
		}
	}
	full := 0
	for i := range 3000 {
		if len(rings) > 0 && (rnd.IntN(2) == 0 || len(rings) > 60) {
			k := rnd.IntN(len(rings))
			check(rings[k])
			r.release(rings[k].b)
			rings = append(rings[:k], rings[k+1:]...)
			continue
		}
		n := unit << rnd.IntN(10)
		switch rnd.IntN(20) {
		case 0:
			n += rnd.IntN(n)
		case 1:
			n = 3*slotBytes - rnd.IntN(slotBytes)
		}
		b, err := r.alloc(n)
		if errors.Is(err, ErrRegionFull) {
			full++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != n || cap(b) != n {
			t.Fatalf("%d bytes of %d, capacity %d", len(b), n, cap(b))
		}
		for i := 0; i < n; i += unit / 2 {
			if b[i] != 0 {
				t.Fatalf("a ring of %d bytes is not zero at %d", n, i)
			}
		}
		g := ring{b, byte(i%255) + 1}
		for j := 0; j < n; j += unit / 2 {
			b[j] = g.mark
		}
		rings = append(rings, g)
	}
	if full == 0 {
		t.Error("the region was never full")
	}
	for _, g := range rings {
		check(g)
		r.release(g.b)
	}
	if r.live != 0 || len(l.mapped) > 1 || resident(t, r) > spareBytes {
		t.Fatalf("%d rings, slots %v, %d bytes are left", r.live, l.mapped, resident(t, r))
	}
}

func TestRegionFull(t *testing.T) {
	r, _, _, _ := testRegion(t, 3)
	small := mustAlloc(t, r, 64<<10)
	two := mustAlloc(t, r, 2*slotBytes)
	_, err := r.alloc(slotBytes)
	if !errors.Is(err, ErrRegionFull) || !errors.Is(err, transport.ErrMemory) ||
		!strings.Contains(err.Error(), "SharedBytes") {
		t.Fatal(err)
	}
	if _, err := r.alloc(1 << 20); err != nil {
		t.Fatal("a slot has room, and is not used: ", err)
	}
	r.release(two)
	r.release(mustAlloc(t, r, slotBytes))
	_ = small
}

// A short channel's ring again and again needs no new slot.
func TestRegionKeepsASpareSlot(t *testing.T) {
	r, l, _, _ := testRegion(t, 4)
	for range 100 {
		b := mustAlloc(t, r, 64<<10)
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Fatal("not zero")
		}
		fill(b, 1)
		r.release(b)
	}
	if len(l.messages) != 1 {
		t.Fatalf("%d messages about slots", len(l.messages))
	}
	// It goes when its place is needed.
	r.release(mustAlloc(t, r, 4*slotBytes))
}

// The pages of a channel that has ended come back.
func TestMemoryComesBack(t *testing.T) {
	r, _, _, _ := testRegion(t, 32)
	var rings [][]byte
	for _, n := range []int{64 << 10, 512 << 10, 4 << 20, 4 << 20, 16 << 20} {
		b := mustAlloc(t, r, n)
		fill(b, 1)
		rings = append(rings, b)
	}
	if got, want := resident(t, r), 24<<20+576<<10; got != want {
		t.Fatalf("%d bytes are resident, want %d", got, want)
	}
	for i, want := range []int{24<<20 + 576<<10, 24<<20 + 576<<10, 20<<20 + 576<<10, 16<<20 +
		576<<10, 576 << 10} {
		if i > 1 { // the two small ones share a slot, and stay until the end
			r.release(rings[i])
		}
		if got := resident(t, r); got != want {
			t.Fatalf("%d bytes are resident after %d frees, want %d", got, i+1, want)
		}
	}
	r.release(rings[0])
	r.release(rings[1])
	if got := resident(t, r); got > spareBytes {
		t.Fatalf("%d bytes are resident in the end", got)
	}
}

// A slot that a published record may refer to stays mapped until the page has read that; it may be
// used again before.
func TestSlotStaysForUnreadRecords(t *testing.T) {
	for _, n := range []int{slotBytes, 2*slotBytes - 5} {
		r, l, written, read := testRegion(t, 4)
		b := fill(mustAlloc(t, r, n), 1)
		*written, *read = 800, 720
		r.release(b)
		if len(l.mapped) != 1 {
			t.Fatal("unmapped at once")
		}
		again := mustAlloc(t, r, n)
		if &again[0] != &b[0] || !bytes.Equal(again, make([]byte, n)) || len(l.messages) != 1 {
			t.Fatal("not used again, or not zero")
		}
		*read = 800
		r.progress()
		if len(l.mapped) != 1 {
			t.Fatal("unmapped in use")
		}
		*written = 1600
		r.release(again)
		*read = 1592
		r.progress()
		if len(l.mapped) != 1 {
			t.Fatal("unmapped too early")
		}
		*read = 1600
		r.progress()
		if len(l.mapped) != 0 {
			t.Fatal("not unmapped")
		}
		r.release(mustAlloc(t, r, n))
		if len(l.messages) != 4 {
			t.Fatalf("%d messages", len(l.messages))
		}
	}
}

// Senders and receipts use the region at the same time.
func TestRegionIsConcurrent(t *testing.T) {
	c, p, _ := linked(t, Options{Region: 64 << 20}, sizes{})
	var all sync.WaitGroup
	stop := make(chan struct{})
	all.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := p.next(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(50 * time.Microsecond)
		}
	})
	var users sync.WaitGroup
	for g := range 4 {
		users.Go(func() {
			for i := range 300 {
				b, err := c.Alloc(unit << ((i + g) % 9))
				if err != nil {
					t.Error(err)
					return
				}
				b[0], b[len(b)-1] = 1, 1
				c.Free(b)
			}
		})
	}
	users.Wait()
	close(stop)
	all.Wait()
	if !c.Active() {
		t.Fatal(c.Reason())
	}
}

// While the page's process takes no messages, no record is published that needs them; then the
// drainer is woken.
func TestSlotMessagesWait(t *testing.T) {
	c, p, at := linked(t, Options{Region: 1 << 30}, sizes{})
	p.eagerSlots = false
	if err := unix.SetsockoptInt(c.socket.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1); err != nil {
		t.Fatal(err)
	}
	var last []byte
	for range 64 {
		b, err := c.Alloc(slotBytes)
		if err != nil {
			t.Fatal(err)
		}
		fill(b[:100], 5)
		last = b
	}
	if _, clear := c.socket.clear(); clear {
		t.Fatal("the socket took all messages")
	}
	if c.Ready() || c.Deliver(batch(1, last[:4096])) {
		t.Fatal("a record was published before the messages that it needs")
	}
	for !c.Ready() {
		if err := p.messages(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-at.woken:
		case <-time.After(time.Millisecond):
		}
	}
	want := batch(1, last[:4096])
	if !c.Deliver(want) {
		t.Fatal("no room")
	}
	r, err := p.next()
	if err != nil || r == nil || !bytes.Equal(r.whole, joined(want)) {
		t.Fatal(err)
	}
	if p.handled != 64 {
		t.Fatalf("%d messages", p.handled)
	}
}
