//go:build linux && (amd64 || arm64)

package shm

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// fill makes n bytes that depend on the seed.
func fill(b []byte, seed int) []byte {
	for i := range b {
		b[i] = byte(seed + i*7)
	}
	return b
}

func joined(b *transport.Batch) []byte { return bytes.Join(b.Segments, nil) }

// Records of all lengths, from the region and from the heap, so many that they wrap at each offset
// of the queue.
func TestQueueWraps(t *testing.T) {
	const capacity = 16 << 10
	c, p, at := linked(t, Options{InFlight: 1 << 30}, sizes{queue: capacity})
	ring, err := c.Alloc(64 << 10)
	if err != nil {
		t.Fatal(err)
	}
	fill(ring, 3)
	rnd := rand.New(rand.NewPCG(1, 2))
	begins, pads, full := map[uint64]bool{}, map[uint64]bool{}, 0
	var sent [][]byte
	take := func() {
		r, err := p.next()
		if err != nil || r == nil {
			t.Fatalf("no record: %v", err)
		}
		begins[p.head%capacity] = true
		if !bytes.Equal(r.whole, sent[0]) {
			t.Fatalf("a record of %d bytes is not the batch of %d", len(r.whole), len(sent[0]))
		}
		p.consume(r.size)
		sent = sent[1:]
	}
	for i := 1; len(begins) < (capacity-400)/8 || len(pads) < 50; i++ {
		if i > 2_000_000 {
			t.Fatalf("%d offsets, %d paddings", len(begins), len(pads))
		}
		var segments [][]byte
		for range rnd.IntN(5) {
			from := 8 * rnd.IntN(1000)
			segments = append(segments,
				ring[from:from+8*rnd.IntN(300)],
				fill(make([]byte, 8*rnd.IntN(100)), i))
		}
		b := batch(uint64(i), segments...)
		before := c.queue.tail % capacity
		for !c.Deliver(b) {
			full++
			take()
		}
		if c.queue.tail%capacity < before {
			pads[capacity-before] = true
		}
		sent = append(sent, joined(b))
		for len(sent) > rnd.IntN(60) {
			take()
		}
	}
	if full == 0 {
		t.Fatal("the queue was never full")
	}
	t.Logf("%d offsets, %d paddings, full %d times", len(begins), len(pads), full)
	select {
	case <-at.lost:
		t.Fatal(c.Reason())
	default:
	}
}

// What the record of the largest batch may take is what Ready keeps free.
func TestLargestRecord(t *testing.T) {
	const capacity = 64 << 10
	c, _, _ := linked(t, Options{}, sizes{queue: capacity})
	ring, err := c.Alloc(64 << 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"region", "heap", "both"} {
		for size := 8; size < 4<<10; size += 8 {
			b := &transport.Batch{}
			for b.Len < 16<<10 {
				s := ring[:size]
				if kind == "heap" || kind == "both" && len(b.Segments)%2 == 1 {
					s = make([]byte, size)
				}
				b.Segments = append(b.Segments, s)
				b.Len += len(s)
			}
			var l layout
			l.plan(b, c.region)
			if l.size() > largestRecord(b.Len) {
				t.Fatalf("%s, segments of %d: a batch of %d makes a record of %d, more than %d",
					kind, size, b.Len, l.size(), largestRecord(b.Len))
			}
		}
	}
}

// Ready is false when too much is unread, true when the page has read some of that, and the page
// rings when it has read all.
func TestInFlight(t *testing.T) {
	c, p, at := linked(t, Options{InFlight: 100 << 10}, sizes{})
	ring, err := c.Alloc(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for c.Ready() {
		n++
		if !c.Deliver(batch(uint64(n), ring[:10<<10])) {
			t.Fatal("no room")
		}
	}
	if n != 10 {
		t.Fatalf("%d batches of 10 KiB in flight, the bound is 100 KiB", n)
	}
	for len(at.woken) > 0 {
		<-at.woken
	}
	for i := range 10 {
		if r, err := p.next(); err != nil || r == nil {
			t.Fatal(err)
		} else {
			p.consume(r.size)
		}
		if want := (i + 1) / 10; p.rungs != want {
			t.Fatalf("after %d records the page has rung %d times", i+1, p.rungs)
		}
		if !c.Ready() { // a receipt has woken the drainer, say
			t.Fatalf("not ready, with %d records of 10 unread", 9-i)
		}
	}
}

// The record with an apart frame, byte for byte what went in.
func TestApart(t *testing.T) {
	c, p, _ := linked(t, Options{}, sizes{})
	ring, err := c.Alloc(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for name, rest := range map[string][]byte{
		"region": fill(ring[:200<<10], 1), "heap": fill(make([]byte, 200<<10), 1),
	} {
		for _, payload := range []int{200<<10 + 16, 200<<10 + 15, 200<<10 + 9} {
			frame := make([]byte, apartHead)
			wire.PutFrame(frame, wire.Bytes, payload)
			head := make([]byte, wire.RunSize)
			wire.PutRun(head, 7, 1, 5, uint32(apartHead+len(rest)), 8)
			other := make([]byte, wire.RunSize)
			wire.PutRun(other, 5, 1, 9, 16, 8)
			small := fill(make([]byte, 16), 9)
			wire.PutFrame(small, wire.Bytes, 8)
			b := batch(1, other, small, head, frame, rest, other, small)
			b.Apart = []int{5}
			b.Borrow = true
			want := joined(b)
			if !c.Deliver(b) {
				t.Fatal("no room")
			}
			if !bytes.Equal(joined(b), want) {
				t.Fatal("Deliver has changed the batch")
			}
			r, err := p.next()
			if err != nil || r == nil {
				t.Fatal(err)
			}
			p.consume(r.size)
			if r.flags != flagBorrow|flagApart || len(r.apart) != 1 ||
				!bytes.Equal(r.apart[0], rest) || !bytes.Equal(r.whole, want) {
				t.Fatalf("%s: flags %d, %d apart", name, r.flags, len(r.apart))
			}
			if len(r.skeleton) != len(want)-len(rest) {
				t.Fatalf("skeleton of %d bytes", len(r.skeleton))
			}
		}
	}
}

// Both sides fall asleep after each step, for many rounds: a bell that is missed hangs.
func TestNoBellIsMissed(t *testing.T) {
	c, p, at := linked(t, Options{InFlight: 64}, sizes{queue: 1 << 20, up: 1 << 20})
	const rounds = 20_000
	done := make(chan error, 1)
	go func() {
		for i := uint64(1); i <= rounds; i++ {
			r, err := p.take()
			if err != nil {
				done <- err
				return
			}
			if !bytes.Equal(r.whole[8:16], joined(batch(i))[8:16]) {
				t.Errorf("batch %d is another", i)
			}
			if i%3 == 0 && !p.push(r.whole[8:16]) {
				done <- errPeerOver
				return
			}
		}
		done <- nil
	}()
	for i := uint64(1); i <= rounds; i++ {
		for !c.Ready() { // more than 64 bytes are unread, as a rule
			<-at.woken
		}
		if !c.Deliver(batch(i)) {
			t.Fatal("no room")
		}
		if i%3 == 0 {
			<-at.up
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Logf("the page rang %d times", p.rungs)
}

// The page waits for room in the up ring again and again.
func TestUpRingIsFull(t *testing.T) {
	c, p, at := linked(t, Options{}, sizes{up: 1 << 12})
	reads := make(chan error, 1)
	go func() {
		for {
			if _, err := p.take(); err != nil {
				reads <- err
				return
			}
		}
	}()
	const n = 20_000
	go func() {
		for i := range n {
			if !p.push(fill(make([]byte, i%3000), i)) {
				t.Error("the link is over")
				return
			}
		}
	}()
	for i := range n {
		if b := <-at.up; !bytes.Equal(b, fill(make([]byte, i%3000), i)) {
			t.Fatalf("record %d is another", i)
		}
	}
	p.mu.Lock()
	if p.upWishes == 0 {
		t.Error("the ring was never full")
	}
	p.mu.Unlock()
	c.Down("test is over")
	if err := <-reads; err != errPeerOver {
		t.Fatal(err)
	}
}

// A record that comes between the reader's last look and its sleep, unrung for, keeps it awake.
func TestReaderLooksAgain(t *testing.T) {
	u := upRing{down: make([]byte, content), up: make([]byte, 2*content), largest: 100}
	u.data = u.up[content:]
	if p, err := u.next(); p != nil || err != nil {
		t.Fatal(p, err)
	}
	word64(u.up, upTail).Store(lengthSize)
	if u.asleep() {
		t.Fatal("asleep, with a record there")
	}
	if p, err := u.next(); p == nil || err != nil {
		t.Fatal(p, err)
	}
	if !u.asleep() || word32(u.down, downSleeping).Load() != 2 {
		t.Fatal("not asleep, with nothing there")
	}
}

// The page reads on, awake, while Go wishes for a bell: it reads what Go waits for before, while
// and after Go says so.
func TestNoWishIsMissed(t *testing.T) {
	c, p, at := linked(t, Options{InFlight: 64}, sizes{})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if tail := word64(p.down, downTail).Load(); tail != p.head {
				p.consume(tail - p.head)
			} else {
				runtime.Gosched()
			}
		}
	}()
	defer func() {
		close(stop)
		<-done
		t.Logf("the page rang %d times", p.rungs)
	}()
	end := time.Now().Add(2 * time.Second)
	for i := 0; time.Now().Before(end); i++ {
		for !c.Ready() {
			select {
			case <-at.woken:
			case <-time.After(20 * time.Second):
				t.Fatalf("not woken for batch %d", i)
			}
		}
		if !c.Deliver(batch(uint64(i))) {
			t.Fatal("no room")
		}
	}
}
