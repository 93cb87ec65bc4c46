package transport

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// memoryPage is a page that has everything at once, as over shared memory: it tells receipts and
// credits of what it finds, in one go, every 512 KiB and when it finds no more.
type memoryPage struct {
	HeapMemory
	port    Port
	batches chan pageBatch
	credits chan struct{} // capacity one: there is credit for the page
}

type pageBatch struct {
	number uint64
	bytes  int
}

var _ Carrier = (*memoryPage)(nil)

func (c *memoryPage) Name() string           { return "bench" }
func (c *memoryPage) Bind(p Port, _ Options) { c.port = p }
func (c *memoryPage) Ready() bool            { return true }
func (c *memoryPage) Close(*ClosedError)     {}

func (c *memoryPage) Deliver(b *Batch) bool {
	c.batches <- pageBatch{b.Number, b.Len} // has room for all that may be without receipt
	if binary.LittleEndian.Uint32(b.Segments[0][28:]) > 0 {
		select {
		case c.credits <- struct{}{}:
		default:
		}
	}
	return true
}

func (c *memoryPage) run(s *Session, lanes []*lane) {
	h := wire.Header{Credits: make([]wire.Credit, len(lanes))}
	var up []byte
	for {
		bytes := 0
		more := true
		select {
		case b := <-c.batches:
			h.Receipt, bytes = b.number, b.bytes
		case <-s.Done():
			return
		}
		for more && bytes < 512<<10 {
			select {
			case b := <-c.batches:
				h.Receipt = b.number
				bytes += b.bytes
			default:
				more = false
			}
		}
		for i, l := range lanes {
			h.Credits[i] = wire.Credit{Lane: l.id, Total: l.drain.sent.Load()}
		}
		up = wire.Finish(wire.AppendHeader(up[:0], &h))
		if _, err := c.port.Receive(up); err != nil {
			return
		}
	}
}

// benchPage opens a session on a memoryPage with n lanes.
func benchPage(b *testing.B, o Options, n int) (*Session, *memoryPage, []*lane) {
	b.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	e, err := NewEngine(o)
	if err != nil {
		b.Fatal(err)
	}
	c := &memoryPage{batches: make(chan pageBatch, wire.Ahead), credits: make(chan struct{}, 1)}
	s, err := e.Open(SessionConfig{Carrier: c})
	if err != nil {
		b.Fatal(err)
	}
	var lanes []*lane
	for i := range n {
		lanes = append(lanes, s.addLane(uint32(2*i+1), &s.lanes.channels))
	}
	go c.run(s, lanes)
	return s, c, lanes
}

// BenchmarkSend is the way of messages to the carrier, and of their receipts back.
func BenchmarkSend(b *testing.B) {
	type point struct {
		Name string
		X, Y float64
		Tags []int
	}
	value := point{"a sensor in the third hall, on the left", 1234.5678, -0.125,
		[]int{1, 22, 333, 4444, 55555}}
	for _, producers := range []int{1, 4} {
		for _, size := range []int{128, 1 << 10, 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("raw/%d/producers=%d", size, producers), func(b *testing.B) {
				benchSend(b, producers, size, func(ch *Channel[[]byte], body []byte) error {
					return ch.Send(context.Background(), body)
				})
			})
		}
		b.Run(fmt.Sprintf("json/128/producers=%d", producers), func(b *testing.B) {
			benchSend(b, producers, 128, func(ch *Channel[point], _ []byte) error {
				return ch.Send(context.Background(), value)
			})
		})
	}
}

func benchSend[T any](b *testing.B, producers, size int, send func(*Channel[T], []byte) error) {
	s, _, lanes := benchPage(b, Options{}, producers)
	defer s.End("bench is over")
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, l := range lanes {
		ch := new(Channel[T])
		ch.lane, ch.codec = l, JSONCodec{}
		wg.Go(func() {
			body := make([]byte, size)
			for range (b.N + producers - 1 - i) / producers {
				if err := send(ch, body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := s.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/float64(s.Stats().Batches), "msg/batch")
}

// BenchmarkBusyLanes sends 128 bytes on each of many lanes in turn.
func BenchmarkBusyLanes(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, _, lanes := benchPage(b, Options{}, n)
			defer s.End("bench is over")
			body := make([]byte, 128)
			b.SetBytes(128)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if err := lanes[i%n].send(context.Background(), wire.Bytes, body); err != nil {
					b.Fatal(err)
				}
			}
			if err := s.Flush(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// upward makes the upward batches of lane 1 that bring whole messages of that size, in turn, and
// says how many frames each has. Large messages take several.
func upward(size int) (batches [][]byte, frames []int, messages int) {
	const limit = 256 << 10
	add := func(f ...wire.Frame) {
		b := wire.AppendRun(wire.AppendHeader(nil, &wire.Header{}), 1, 0, f...)
		batches, frames = append(batches, wire.Finish(b)), append(frames, len(f))
	}
	data := make([]byte, size)
	if size <= limit {
		messages = max(1, limit/wire.Stride(size, 8))
		f := make([]wire.Frame, messages)
		for i := range f {
			f[i] = wire.Frame{Kind: wire.Bytes, Payload: data}
		}
		add(f...)
		return batches, frames, messages
	}
	head := make([]byte, wire.BeginSize)
	wire.PutBegin(head, size, wire.Bytes)
	add(wire.Frame{Kind: wire.Begin, Payload: append(head, data[:limit]...)})
	for data = data[limit:]; len(data) > limit; data = data[limit:] {
		add(wire.Frame{Kind: wire.Middle, Payload: data[:limit]})
	}
	add(wire.Frame{Kind: wire.End, Payload: data})
	return batches, frames, 1
}

// BenchmarkReceive is the way of a page's batches to Stream.Receive, with the copy out of the
// page's memory.
func BenchmarkReceive(b *testing.B) {
	for _, size := range []int{128, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, c, lanes := benchPage(b, Options{}, 1)
			defer s.End("bench is over")
			l := lanes[0]
			s.up.lanes = l.id
			l.in.window.Store(int64(s.opt.Window))
			stream := new(Stream[[]byte, []byte])
			stream.lane, stream.codec = l, JSONCodec{}
			batches, frames, messages := upward(size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				seq, sent := uint64(0), 0
				var up []byte // one for all
				for n := 0; n/len(batches)*messages < b.N; n++ {
					up = append(up[:0], batches[n%len(batches)]...)
					binary.LittleEndian.PutUint64(up[8:], uint64(n+1))
					copy(up[len(up)-wire.ClosingSize:], up[8:16])
					binary.LittleEndian.PutUint64(up[wire.HeaderSize+8:], seq)
					seq += uint64(frames[n%len(batches)])
					for sent += len(up); sent-int(l.in.credit.consumed.Load()) > s.opt.Window; {
						select {
						case <-c.credits:
						case <-s.Done():
							return
						}
					}
					if _, err := c.port.Receive(up); err != nil {
						return
					}
				}
			}()
			for range b.N {
				m, err := stream.Receive(context.Background())
				if err != nil || len(m) != size {
					b.Fatal(len(m), err)
				}
			}
		})
	}
}
