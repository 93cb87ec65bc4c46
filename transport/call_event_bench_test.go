package transport

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// readCarrier is a page that has everything at once: it gives receipt and credit for each batch.
// Only the encoder's part and the drainer's remain.
type readCarrier struct {
	HeapMemory
	port    Port
	batches chan uint64
}

var _ Carrier = (*readCarrier)(nil)

func (c *readCarrier) Name() string           { return "read" }
func (c *readCarrier) Bind(p Port, _ Options) { c.port = p }
func (c *readCarrier) Ready() bool            { return true }
func (c *readCarrier) Close(*ClosedError)     {}

func (c *readCarrier) Deliver(b *Batch) bool {
	select {
	case c.batches <- b.Number:
		return true
	default:
		return false
	}
}

// receipts answers what was delivered.
func (c *readCarrier) receipts(s *Session) {
	for {
		select {
		case n := <-c.batches:
			h := wire.Header{
				Receipt: n,
				Credits: []wire.Credit{{Lane: 0, Total: s.lanes.control.drain.sent.Load()}},
			}
			if _, err := c.port.Receive(wire.Finish(wire.AppendHeader(nil, &h))); err != nil {
				return
			}
		case <-s.Done():
			return
		}
	}
}

// BenchmarkEvent puts events of 100 bytes for one subscription into lane 0 while a drainer takes
// them.
func BenchmarkEvent(b *testing.B) {
	for name, event := range map[string]func(*Session, []uint32, []byte) error{
		"wait": func(s *Session, subs []uint32, p []byte) error {
			return s.EventContext(context.Background(), subs, false, p)
		},
		"try": func(s *Session, subs []uint32, p []byte) error {
			for {
				if err := s.Event(subs, false, p); err != ErrFull {
					return err
				}
				if err := s.Flush(context.Background()); err != nil {
					return err
				}
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			e, err := NewEngine(Options{})
			if err != nil {
				b.Fatal(err)
			}
			c := &readCarrier{batches: make(chan uint64, wire.Ahead)}
			s, err := e.Open(SessionConfig{Carrier: c})
			if err != nil {
				b.Fatal(err)
			}
			go c.receipts(s)
			subs := []uint32{1}
			payload := make([]byte, 100)
			b.ReportAllocs()
			b.SetBytes(100)
			for n := uint64(0); b.Loop(); n++ {
				binary.LittleEndian.PutUint64(payload, n)
				if err := event(s, subs, payload); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			if err := s.Flush(context.Background()); err != nil {
				b.Fatal(err)
			}
			if got := s.Stats().Events; got < uint64(b.N) {
				b.Fatalf("%d events of %d", got, b.N)
			}
			s.End("bench is over")
			<-s.down.drained
		})
	}
}
