//go:build linux && (amd64 || arm64)

package shm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"golang.org/x/sys/unix"
)

// What a page must not write ends the use of shared memory, with a reason, and nothing else.
func TestHostilePage(t *testing.T) {
	var table []string
	record := func(p *peer, length uint64, tail uint64) {
		binary.LittleEndian.PutUint64(p.upRing, length)
		word64(p.up, upTail).Store(tail)
	}
	for name, c := range map[string]struct {
		write  func(p *peer)
		reason string
	}{
		"head beyond tail": {func(p *peer) { word64(p.up, upHead).Store(1 << 20) },
			"has read up to 1048576"},
		"head backwards": {func(p *peer) { word64(p.up, upHead).Store(p.head - 8) },
			"has read up to"},
		"head unaligned": {func(p *peer) { word64(p.up, upHead).Store(p.head + 4) },
			"has read up to"},
		"head enormous": {func(p *peer) { word64(p.up, upHead).Store(1<<64 - 8) },
			"has read up to"},
		"tail over capacity": {func(p *peer) {
			word64(p.up, upTail).Store(uint64(len(p.upRing)) + 8)
		}, "has written up to"},
		"tail enormous": {func(p *peer) { word64(p.up, upTail).Store(1<<64 - 8) },
			"has written up to"},
		"tail unaligned": {func(p *peer) { word64(p.up, upTail).Store(12) },
			"has written up to 12"},
		"tail backwards": {func(p *peer) {
			p.push([]byte("12345678"))
			for p.taken() != 16 {
				runtime.Gosched()
			}
			word64(p.up, upTail).Store(8)
		}, "has written up to 8, after 16"},
		"length 2^63": {func(p *peer) { record(p, 1<<63, 64) },
			"sends 9223372036854775808 bytes"},
		"length 2^64-1": {func(p *peer) { record(p, 1<<64-1, 64) },
			"sends 18446744073709551615 bytes"},
		"length over limit": {func(p *peer) { record(p, p.maxUp+1, uint64(len(p.upRing))) },
			"at most"},
		"length over tail": {func(p *peer) { record(p, 100, 64) }, "sends 100 bytes"},
		"state unknown":    {func(p *peer) { word32(p.up, upState).Store(3) }, "state is 3"},
		"state back": {func(p *peer) { word32(p.up, upState).Store(pageOffered) },
			"state is 0"},
		"gave up": {func(p *peer) { word32(p.up, upState).Store(pageFailed) }, gaveUp},
		"writes into socket": {func(p *peer) { _, _ = p.socket.Write([]byte("hello")) },
			"writes into the socket"},
		"closes the bells": {func(p *peer) {
			_ = unix.Shutdown(descriptor(p.bell), unix.SHUT_RDWR)
		}, processGone},
		"dies": {func(p *peer) {
			_ = unix.Shutdown(descriptor(p.socket), unix.SHUT_RDWR)
		}, processGone},
	} {
		t.Run(name, func(t *testing.T) {
			s, p, at := linked(t, Options{}, sizes{})
			ring, err := s.Alloc(64 << 10)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				if !s.Deliver(batch(uint64(i), ring[:1000])) {
					t.Fatal("no room")
				}
				if i > 1 {
					continue
				}
				if r, err := p.next(); err != nil || r == nil {
					t.Fatal(err)
				} else {
					p.consume(r.size)
				}
			}
			c.write(p)
			p.ringGo()
			select {
			case <-at.lost:
			case <-time.After(20 * time.Second):
				t.Fatal("nothing happens")
			}
			if s.Active() || !strings.Contains(s.Reason(), c.reason) || s.Name() != "memory" {
				t.Fatalf("on %q because %q, want %q", s.Name(), s.Reason(), c.reason)
			}
			if _, err := p.next(); err != errPeerOver {
				t.Fatalf("the page is told %v", err)
			}
			// The rings are still there, and later ones, too.
			fill(ring, 1)
			more, err := s.Alloc(8 << 20)
			if err != nil {
				t.Fatal(err)
			}
			fill(more[:10], 1)
			if s.Deliver(batch(9, ring[:1000])) {
				t.Fatal("delivered to a page that does not pull")
			}
			s.Free(more)
			s.Free(ring)
			s.Down("again")
			if len(at.lost) != 0 || !strings.Contains(s.Reason(), c.reason) {
				t.Fatal("Down counted twice")
			}
			table = append(table,
				fmt.Sprintf("| %s | the session goes on without shared memory: %s |", name,
					s.Reason()))
		})
	}
	if testing.Verbose() {
		slices.Sort(table)
		fmt.Println("\n| what the page's process does to the memory | outcome |\n|---|---|\n" +
			strings.Join(table, "\n"))
	}
}

// The page sends what is no batch.
func TestPageSendsNoBatch(t *testing.T) {
	s := openShared(t, newEngine(t, transport.Options{}), Options{}, sizes{})
	s.attach(t)
	s.peer.push([]byte("no batch"))
	eventually(t, "the session is on the pulls", func() bool { return !s.carrier.Active() })
	if !strings.Contains(s.carrier.Reason(), "no whole batch") || s.Session.Err() != nil {
		t.Fatal(s.carrier.Reason(), s.Session.Err())
	}
}

// mappings counts what of ours is mapped.
func mappings(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("/memfd:tailrace"))
}

// Nothing is left of a carrier: no descriptor, mapping or goroutine.
func TestNothingIsLeft(t *testing.T) {
	unixEnd := &transport.ClosedError{Reason: "test"}
	cases := map[string]func(c *Carrier, at *port){
		"never bound": func(c *Carrier, _ *port) { c.Close(unixEnd) },
		"not offered": func(c *Carrier, at *port) {
			c.Bind(at, engineDefaults(t, transport.Options{}))
			c.Close(unixEnd)
		},
		"not taken": func(c *Carrier, at *port) {
			c.Bind(at, engineDefaults(t, transport.Options{}))
			b, _ := c.Alloc(1 << 20)
			for _, f := range c.Offer() {
				f.Close()
			}
			c.Free(b)
			<-at.lost
			c.Close(unixEnd)
		},
		"in use": func(c *Carrier, at *port) {
			c.Bind(at, engineDefaults(t, transport.Options{}))
			p := newPeer(t, c.Offer())
			p.state(pageAttached)
			var rings [][]byte
			for i := range 12 {
				b, err := c.Alloc(1 << 20 << (i % 4))
				if err != nil {
					t.Fatal(err)
				}
				fill(b, 1)
				rings = append(rings, b)
			}
			eventually(t, "attached", c.Active)
			if !c.Deliver(batch(1, rings[0][:100000])) {
				t.Fatal("no room")
			}
			c.Free(rings[11])
			if _, err := p.next(); err != nil {
				t.Fatal(err)
			}
			c.Close(unixEnd)
			for _, b := range rings[:11] {
				fill(b, 2) // a sender may be at it until the last Free
			}
			for _, b := range rings[:11] {
				c.Free(b)
			}
			p.drop()
		},
		"bound after its end": func(c *Carrier, at *port) {
			c.Close(unixEnd)
			c.Bind(at, engineDefaults(t, transport.Options{}))
			if c.Offer() != nil {
				t.Fatal("an offer after the end")
			}
		},
	}
	for name, use := range cases {
		t.Run(name, func(t *testing.T) {
			one := func() {
				c, err := New(pulls.New("memory"), Options{Logger: quiet})
				if err != nil {
					t.Fatal(err)
				}
				use(c, newPort())
			}
			before := mappings(t)
			one() // what the runtime opens once
			eventually(t, "the first one has ended", func() bool { return mappings(t) <= before })
			fds, goroutines := descriptors(t), runtime.NumGoroutine()
			for range 5 {
				one()
			}
			eventually(t, "all is given back", func() bool {
				return descriptors(t) <= fds && mappings(t) <= before &&
					runtime.NumGoroutine() <= goroutines
			})
		})
	}
}

// A whole session leaves nothing behind either.
func TestSessionLeavesNothing(t *testing.T) {
	e := newEngine(t, transport.Options{})
	got := grabber(e)
	run := func(name string) {
		t.Run(name, func(t *testing.T) {
			s := openShared(t, e, Options{}, sizes{})
			s.attach(t)
			stream(t, s, got, 3, 300, mixed, nil)
		})
	}
	before := mappings(t)
	run("first")
	eventually(t, "the first one has ended", func() bool { return mappings(t) <= before })
	fds := descriptors(t)
	for i := range 3 {
		run(fmt.Sprint(i))
	}
	eventually(t, "all is given back", func() bool {
		return descriptors(t) <= fds && mappings(t) <= before
	})
}

// Everything at once, and an end in the middle of it.
func TestEndsAtAnyTime(t *testing.T) {
	before := mappings(t)
	for i := range 60 {
		c, p, at := linked(t, Options{InFlight: 64 << 10, Region: 64 << 20},
			sizes{queue: 1 << 18, up: 1 << 14})
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
			ring, err := c.Alloc(256 << 10)
			if err != nil {
				t.Error(err)
				return
			}
			for n := uint64(1); !over(); n++ {
				if c.Ready() {
					c.Deliver(batch(n, ring[:n%200000], ring[:1000]))
					continue
				}
				select {
				case <-at.woken:
				case <-stop:
				}
			}
			c.Free(ring)
		})
		all.Go(func() { // a sender
			for n := 0; !over(); n++ {
				b, err := c.Alloc(unit << (n % 10))
				if err != nil {
					t.Error(err)
					return
				}
				b[0] = 1
				c.Free(b)
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
		all.Go(func() { // the page
			for {
				if _, err := p.take(); err != nil {
					if err != errPeerOver {
						t.Error(err)
					}
					break
				}
			}
			p.mu.Lock()
			p.over = true
			p.room.Broadcast()
			p.mu.Unlock()
		})
		all.Go(func() {
			for n := 0; p.push(make([]byte, n%5000)); n++ {
			}
		})
		all.Go(func() {
			time.Sleep(time.Duration(i) * 300 * time.Microsecond)
			if i%2 == 0 {
				c.Down("test")
			} else {
				c.Close(&transport.ClosedError{Reason: "test"})
			}
			close(stop)
		})
		all.Wait()
		c.Close(&transport.ClosedError{Reason: "test"})
		p.drop()
	}
	eventually(t, "all is given back", func() bool { return mappings(t) <= before })
}
