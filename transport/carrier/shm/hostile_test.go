//go:build linux && (amd64 || arm64)

package shm

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"golang.org/x/sys/unix"
)

// Whatever the page's process does to its ends of the sockets, Go neither waits nor stops hearing
// it.
func TestBellsNeverBlock(t *testing.T) {
	c, p, at := linked(t, Options{}, sizes{})
	// blocking, on its side
	if _, err := unix.FcntlInt(uintptr(descriptor(p.bell)), unix.F_SETFL, 0); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 1 << 24} {
		if err := unix.SetsockoptInt(descriptor(p.bell), unix.SOL_SOCKET, unix.SO_RCVBUF,
			size); err != nil {
			t.Fatal(err)
		}
		rung := make(chan struct{})
		go func() {
			defer close(rung)
			for range 20_000 { // far more than fits
				c.mu.Lock()
				c.ringPage()
				c.mu.Unlock()
			}
		}()
		select {
		case <-rung:
		case <-time.After(20 * time.Second):
			t.Fatal("Go waits in its bell")
		}
	}
	// And the other way: bells without need, as many as go in.
	flood := make([]byte, 1<<20)
	for range 50 {
		_ = unix.Send(descriptor(p.bell), flood, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	}
	p.push([]byte("12345678"))
	select {
	case <-at.up:
	case <-time.After(20 * time.Second):
		t.Fatal("Go hears nothing any more")
	}
	if !c.Deliver(batch(1, make([]byte, 100))) {
		t.Fatal("nothing is delivered")
	}
	if r, err := p.next(); err != nil || r == nil || !c.Active() {
		t.Fatal(r, err, c.Reason())
	}
	begun := time.Now()
	c.Close(&transport.ClosedError{Reason: "test is over"})
	if took := time.Since(begun); took > 10*time.Second {
		t.Fatalf("the end took %v", took)
	}
}

// A page that writes anything anywhere, at any time, while its session works: at most its own
// shared memory ends, with a reason.
func TestScribblingPage(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	reasons := map[string]int{}
	for round := range 60 {
		random := rand.New(rand.NewPCG(seed, uint64(round)))
		c, p, at := linked(t, Options{InFlight: 64 << 10, Region: 16 << 20},
			sizes{queue: 1 << 20, up: 1 << 14})
		stop := make(chan struct{})
		over := func() bool {
			select {
			case <-stop:
				return true
			default:
				return false
			}
		}
		var all sync.WaitGroup
		all.Go(func() { // the drainer
			ring, err := c.Alloc(64 << 10)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Free(ring)
			for n := uint64(1); !over(); n++ {
				if c.Ready() {
					c.Deliver(batch(n, ring[:n%60000]))
					continue
				}
				select {
				case <-at.woken:
				case <-stop:
				}
			}
		})
		all.Go(func() { // the session
			for !over() {
				select {
				case <-at.up:
				case <-stop:
				}
			}
		})
		words := []int{upHead, upTail, upSleeping, upWants, upState}
		for range 300 {
			near := word64(p.down, downTail).Load()
			value := []uint64{random.Uint64(), random.Uint64N(64), near, near - 8, near + 8,
				1 << 63, ^uint64(7)}[random.IntN(7)]
			if word := words[random.IntN(len(words))]; word == upState || random.IntN(3) == 0 {
				word32(p.up, words[2+random.IntN(2)]).Store(uint32(value))
				if random.IntN(60) == 0 {
					word32(p.up, upState).Store(uint32(value))
				}
			} else if random.IntN(20) == 0 {
				word64(p.up, word).Store(value)
			}
			word64(p.up, content+8*random.IntN(len(p.upRing)/8)).Store(value)
			if at := word64(p.up, upTail).Load(); random.IntN(4) == 0 {
				word64(p.up, upTail).Store(at + 8*random.Uint64N(40))
			}
			p.ringGo()
			if random.IntN(40) == 0 {
				time.Sleep(50 * time.Microsecond) // with one processor, too, Go looks in between
			}
			if !c.Active() {
				break
			}
		}
		if round%2 == 0 && c.Active() { // not all that was written need be wrong: this is
			p.state(99)
			eventually(t, "a wrong state is found", func() bool { return !c.Active() })
		}
		if !c.Active() {
			select {
			case <-at.lost:
			case <-time.After(20 * time.Second):
				t.Fatalf("round %d: shared memory was left (%s), and the session is not told",
					round, c.Reason())
			}
			if c.Name() != "memory" || c.Reason() == "" {
				t.Fatalf("round %d: on %q because %q", round, c.Name(), c.Reason())
			}
			// "the page has read", "the page's state is"
			reasons[strings.Join(strings.Fields(c.Reason())[:4], " ")]++
		}
		close(stop)
		all.Wait()
		c.Close(&transport.ClosedError{Reason: "test is over"})
		p.drop()
	}
	t.Log(reasons)
	if len(reasons) < 2 {
		t.Fatalf("nothing that was written was found wrong: %v", reasons)
	}
}
