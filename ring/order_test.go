package ring

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"sync"
	"testing"
)

// message is producer, number, length, checksum and content. The oracle asserts
// for each producer that its numbers come gapless, each once, with their content.
const messageHeader = 16

func fillMessage(b []byte, producer, n uint32, rnd *rand.Rand) {
	binary.LittleEndian.PutUint32(b, producer)
	binary.LittleEndian.PutUint32(b[4:], n)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)))
	copy(b[messageHeader:], noise[rnd.IntN(1024):])
	binary.LittleEndian.PutUint32(b[12:], checksum(b))
}

// noise is what message bodies are cut from.
var noise = func() []byte {
	b := make([]byte, 4096)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}()

func checksum(b []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE(b[:12]), crc32.IEEETable, b[messageHeader:])
}

// oracle checks what the drainer gets.
type oracle struct{ next []uint32 }

func (o *oracle) run(b []byte, frames int) error {
	for range frames {
		if len(b) < messageHeader {
			return fmt.Errorf("%d bytes left, but frames missing", len(b))
		}
		p, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		size := int(binary.LittleEndian.Uint32(b[8:]))
		if size < messageHeader || size > len(b) || int(p) >= len(o.next) {
			return fmt.Errorf("bad header: producer %d, length %d of %d", p, size, len(b))
		}
		if got, want := binary.LittleEndian.Uint32(b[12:]), checksum(b[:size]); got != want {
			return fmt.Errorf("producer %d, message %d: checksum %08x, want %08x", p, n, got, want)
		}
		if n != o.next[p] {
			return fmt.Errorf("producer %d: message %d, want %d", p, n, o.next[p])
		}
		o.next[p]++
		b = b[roundUp(size):]
	}
	if len(b) != 0 {
		return fmt.Errorf("%d bytes after the last frame", len(b))
	}
	return nil
}

// bell is a doorbell with the channel of capacity one that a drainer sleeps on.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

func TestOrderOracle(t *testing.T) {
	for _, producers := range []int{1, 3, 8} {
		for _, capacity := range []int{MinCapacity, 4096, 1 << 16} {
			for _, start := range []uint64{0, 1<<32 - 512, 1<<64 - 512} {
				t.Run(fmt.Sprintf("producers=%d/cap=%d/start=%#x", producers, capacity, start),
					func(t *testing.T) {
						orderRun(t, producers, capacity, start)
					})
			}
		}
	}
}

func orderRun(t *testing.T, producers, capacity int, start uint64) {
	each := 6000 / producers
	if capacity > 4096 {
		each *= 3
	}
	door := newBell()
	r, err := New(make([]byte, capacity), Options{Doorbell: door.ring, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(p), start))
			largest := min(r.MaxClaim(), 600) - messageHeader
			for n := range each {
				size := messageHeader + rnd.IntN(largest+1)
				c, err := r.TryClaim(size)
				if err == ErrFull {
					c, err = r.Claim(ctx, size)
				}
				if err != nil {
					t.Errorf("producer %d: %v", p, err)
					return
				}
				fillMessage(c.Bytes(), uint32(p), uint32(n), rnd)
				r.Commit(c)
			}
		})
	}
	go func() { wg.Wait(); r.Close() }()

	// Releases lag behind the drainer by a random number of runs, on a goroutine
	// of their own, which stands for the carrier's receipts.
	ends := make(chan uint64, 4)
	released := make(chan struct{})
	go func() {
		defer close(released)
		rnd := rand.New(rand.NewPCG(7, 7))
		for end := range ends {
			for rnd.IntN(3) != 0 && len(ends) > 0 {
				end = <-ends
			}
			r.Release(end)
		}
	}()

	o := oracle{next: make([]uint32, producers)}
	rnd := rand.New(rand.NewPCG(9, 9))
	for !r.Drained() {
		most := r.Next() + rnd.IntN(2048)
		b, frames, end := r.Drain(most)
		if frames == 0 {
			if r.Park() {
				<-door
			}
			continue
		}
		if len(b) > most {
			t.Fatalf("a run of %d bytes, at most %d asked", len(b), most)
		}
		if err := o.run(b, frames); err != nil {
			t.Fatal(err)
		}
		ends <- end
	}
	close(ends)
	<-released
	for p, n := range o.next {
		if int(n) != each {
			t.Errorf("producer %d: %d messages, want %d", p, n, each)
		}
	}
	if r.Len() > int(r.mask) {
		t.Errorf("Len %d after everything was released", r.Len())
	}
}
