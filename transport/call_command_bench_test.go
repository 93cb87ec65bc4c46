package transport

import (
	"context"
	"encoding/binary"
	"log/slog"
	"strconv"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// BenchmarkCommands is the way of a page's commands to their handlers and of their results back,
// with so many of them in a batch. It tells how many of a million were handled before one that the
// page had called earlier.
func BenchmarkCommands(b *testing.B) {
	for _, burst := range []int{1, 10, 100, 1000} {
		b.Run(strconv.Itoa(burst), func(b *testing.B) {
			e, err := NewEngine(Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			finished := make(chan struct{}, 1)
			var mu sync.Mutex
			var highest, late int
			var handled int
			Handle(e, "count", func(_ context.Context, n int) (int, error) {
				mu.Lock()
				if n < highest {
					late++
				}
				highest = max(highest, n)
				handled++
				last := handled%burst == 0
				mu.Unlock()
				if last {
					finished <- struct{}{}
				}
				return n, nil
			})
			c := &readCarrier{batches: make(chan uint64, wire.Ahead)}
			s, err := e.Open(SessionConfig{Carrier: c})
			if err != nil {
				b.Fatal(err)
			}
			go c.receipts(s)
			b.ReportAllocs()
			n := 0
			for i := 0; i < b.N; i += burst {
				batch := commands(uint64(i/burst)+1, &n, burst)
				if _, err := c.port.Receive(batch); err != nil {
					b.Fatal(err)
				}
				<-finished
			}
			b.StopTimer()
			b.ReportMetric(float64(late)/float64(n)*1e6, "late/million")
			s.End("bench is over")
			<-s.down.drained
		})
	}
}

// commands is a batch of calls with arguments of their numbers, from n on.
func commands(number uint64, n *int, count int) []byte {
	const envelope = `{"cmd":"count","body":"json"}`
	frames := make([]wire.Frame, count)
	first := uint64(*n)
	for i := range frames {
		p := binary.LittleEndian.AppendUint32(nil, uint32(*n+1))
		p = binary.LittleEndian.AppendUint32(p, uint32(len(envelope)))
		p = strconv.AppendInt(append(p, envelope...), int64(*n), 10)
		frames[i] = wire.Frame{Kind: wire.Invoke, Payload: p}
		*n++
	}
	b := wire.AppendHeader(nil, &wire.Header{Number: number})
	return wire.Finish(wire.AppendRun(b, 0, first, frames...))
}
