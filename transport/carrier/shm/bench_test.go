//go:build linux && (amd64 || arm64)

package shm

import (
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport"
)

// skim is a page that only says that it has read, which costs no copy, and sleeps when there is
// nothing.
func skim(p *peer) {
	for word32(p.down, downClosed).Load() == 0 {
		if tail := word64(p.down, downTail).Load(); tail != p.head {
			p.consume(tail - p.head)
			continue
		}
		p.sleeps++
		word32(p.up, upSleeping).Store(p.sleeps)
		if word64(p.down, downTail).Load() == p.head && p.wait() != nil {
			return
		}
	}
}

// BenchmarkDeliver is what one batch costs the drainer: of a 64 KB message in the region, of 100
// bytes from the heap, and of 64 KB from the heap, which is copied.
func BenchmarkDeliver(b *testing.B) {
	for _, k := range []struct {
		name   string
		n      int
		shared bool
	}{{"region/64KB", 64 << 10, true}, {"heap/100B", 104, false}, {"heap/64KB", 64 << 10, false}} {
		b.Run(k.name, func(b *testing.B) {
			c, p, at := linked(b, Options{}, sizes{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				skim(p)
			}()
			defer func() {
				c.Down("benchmark is over")
				<-done
			}()
			body := make([]byte, k.n)
			if k.shared {
				var err error
				if body, err = c.Alloc(k.n); err != nil {
					b.Fatal(err)
				}
			}
			one := batch(1, make([]byte, 24), body)
			b.SetBytes(int64(k.n))
			b.ReportAllocs()
			for b.Loop() {
				for !c.Ready() {
					<-at.woken
				}
				if !c.Deliver(one) {
					b.Fatal("no room")
				}
			}
		})
	}
}

// BenchmarkRing is a sender that copies into a ring and a drainer that hands it over, with the ring
// in the region or on the heap: the difference is what mapped memory costs, page faults of the
// first lap included.
func BenchmarkRing(b *testing.B) {
	for _, where := range []string{"region", "heap"} {
		for _, size := range []int{64 << 10, 4 << 20} {
			b.Run(fmt.Sprintf("%s/%dKB", where, size>>10), func(b *testing.B) {
				c, _, _ := linked(b, Options{}, sizes{})
				memory := make([]byte, size)
				if where == "region" {
					var err error
					if memory, err = c.Alloc(size); err != nil {
						b.Fatal(err)
					}
				}
				r, err := ring.New(memory, ring.Options{})
				if err != nil {
					b.Fatal(err)
				}
				message := make([]byte, 8<<10)
				b.SetBytes(int64(len(message)))
				for b.Loop() {
					claim, err := r.TryClaim(len(message))
					if err != nil {
						b.Fatal(err)
					}
					copy(claim.Bytes(), message)
					r.Commit(claim)
					r.Drain(size)
					r.Release(r.DrainPos())
				}
			})
		}
	}
}

// BenchmarkFirstLap is a new ring that is filled once: what a channel that has just become busy
// pays for its memory.
func BenchmarkFirstLap(b *testing.B) {
	message := make([]byte, 64<<10)
	for _, where := range []string{"region", "heap"} {
		b.Run(where, func(b *testing.B) {
			c, p, _ := linked(b, Options{}, sizes{})
			b.SetBytes(slotBytes)
			for b.Loop() {
				var memory []byte
				if where == "region" {
					var err error
					if memory, err = c.Alloc(slotBytes); err != nil {
						b.Fatal(err)
					}
				} else {
					memory = make([]byte, slotBytes)
				}
				for at := 0; at < len(memory); at += len(message) {
					copy(memory[at:], message)
				}
				if where == "region" {
					c.Free(memory)
					if err := p.messages(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkSession is 64 KB messages from Send to a page that copies nothing, and one that copies
// all.
func BenchmarkSession(b *testing.B) {
	for _, n := range []int{100, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("%dB", n), func(b *testing.B) {
			e := newEngine(b, transport.Options{})
			got := grabber(e)
			s := openShared(b, e, Options{}, sizes{})
			s.attach(b)
			page, ch := grab(b, s.Page, got)
			message := make([]byte, n)
			b.SetBytes(int64(n))
			done := make(chan struct{})
			ctx := soon(b)
			go func() {
				defer close(done)
				for {
					if _, err := page.Next(); err != nil {
						return
					}
				}
			}()
			for b.Loop() {
				if err := ch.Send(ctx, message); err != nil {
					b.Fatal(err)
				}
			}
			ch.Close()
			<-done
		})
	}
}

// BenchmarkBells is a batch for a page that sleeps, which answers to a reader that sleeps: both
// bells.
func BenchmarkBells(b *testing.B) {
	c, p, at := linked(b, Options{}, sizes{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := p.take(); err != nil || !p.push([]byte("12345678")) {
				return
			}
		}
	}()
	one := batch(1, make([]byte, 100))
	for b.Loop() {
		for !c.Ready() {
			<-at.woken
		}
		if !c.Deliver(one) {
			b.Fatal("no room")
		}
		<-at.up
	}
	c.Down("benchmark is over")
	<-done
}
