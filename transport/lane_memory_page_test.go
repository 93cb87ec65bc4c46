package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// shakyPage is a carrier and its page: it refuses batches, loses them one by one and all at once,
// and its receipts come late. It checks the messages.
type shakyPage struct {
	strictMemory
	t       *testing.T
	port    Port
	dice    *rand.Rand // the drainer's
	copies  chan []byte
	over    chan struct{}
	closing map[uint32]bool // lanes that the page closes when it sees them; the page's own
	got     atomic.Int64    // messages
	receipt atomic.Uint64   // what the page has told
}

func (p *shakyPage) Name() string { return "shaky" }

func (p *shakyPage) Reason() string { return "a test" }

func (p *shakyPage) Bind(port Port, _ Options) { p.port = port }

func (p *shakyPage) Ready() bool { return true }

func (p *shakyPage) Close(*ClosedError) { close(p.over) }

var _ Carrier = (*shakyPage)(nil)

func (p *shakyPage) Deliver(b *Batch) bool {
	var whole []byte
	for _, s := range b.Segments {
		whole = append(whole, s...)
		if p.dice.IntN(4) == 0 {
			runtime.Gosched()
		}
	}
	chances := 12
	if b.Number < 40 {
		chances = 4 // while the rings grow
	}
	switch p.dice.IntN(chances) {
	case 0:
		go p.port.Wake()
		return false
	case 1:
		go p.port.Lost(b.Number)
		return true
	case 2:
		go p.port.LostAll()
		return true
	}
	select {
	case p.copies <- whole:
	case <-p.over:
		return false
	}
	if p.dice.IntN(4) == 0 { // it may read on: the receipt comes first
		for i := 0; i < 2000 && p.receipt.Load() < b.Number; i++ {
			runtime.Gosched()
		}
		if !bytes.Equal(bytes.Join(b.Segments, nil), whole) {
			p.t.Errorf("batch %d changes while it is delivered", b.Number)
		}
	}
	return true
}

// pageLane is what the page knows of a lane.
type pageLane struct {
	part     wire.Assembly
	next     uint64
	message  uint64
	consumed uint64
}

// run is the page. Every message is its number and then bytes that follow from it.
func (p *shakyPage) run() {
	early := map[uint64][]byte{}
	lanes := map[uint32]*pageLane{}
	receipt := uint64(0)
	up := uint64(0)
	upNext := map[uint32]uint64{}
	for {
		select {
		case raw := <-p.copies:
			early[binary.LittleEndian.Uint64(raw[8:])] = raw
		case <-p.over:
			return
		}
		h := wire.Header{}
		var runs []byte
		for raw := early[receipt+1]; raw != nil; raw = early[receipt+1] {
			delete(early, receipt+1)
			receipt++
			d, err := wire.Decode(raw, wire.Down)
			if err != nil {
				p.t.Errorf("batch %d: %v", receipt, err)
				p.port.Fail(err)
				return
			}
			for i := range d.Runs {
				r := &d.Runs[i]
				l := lanes[r.Lane]
				if l == nil {
					l = new(pageLane)
					lanes[r.Lane] = l
					if p.closing[r.Lane] {
						runs = wire.AppendRun(runs, r.Lane, upNext[r.Lane], wire.Frame{
							Kind: wire.Close,
						})
					}
				}
				if r.First != l.next {
					p.t.Errorf("lane %d: frame %d where %d is due", r.Lane, r.First, l.next)
				}
				l.next += uint64(r.Count)
				l.consumed += uint64(r.Bytes())
				if r.Lane != 0 {
					_ = r.Each(func(f wire.Frame, _ int) error {
						p.frame(r.Lane, l, f)
						return nil
					})
				}
			}
		}
		for n := range early {
			if n <= receipt {
				delete(early, n)
			} else {
				h.Selective |= 1 << (n - receipt - 2)
			}
		}
		for id, l := range lanes {
			h.Credits = append(h.Credits, wire.Credit{Lane: id, Total: l.consumed})
		}
		h.Receipt = receipt
		if runs != nil {
			up++
			h.Number = up
		}
		batch := append(wire.AppendHeader(nil, &h), runs...)
		if _, err := p.port.Receive(wire.Finish(batch)); err != nil {
			if !errors.Is(err, ErrClosed) {
				p.t.Error(err)
			}
			return
		}
		p.receipt.Store(receipt)
	}
}

func (p *shakyPage) frame(lane uint32, l *pageLane, f wire.Frame) {
	kind, data := f.Kind, f.Payload
	if kind >= wire.Begin {
		done, err := l.part.Add(f, wire.Down, lane, 1<<30)
		if err != nil {
			p.t.Error(err)
		}
		if !done {
			return
		}
		kind, data = l.part.Take()
	}
	if kind == wire.Close {
		return
	}
	if want := numbered(len(data), l.message); !bytes.Equal(data, want) {
		p.t.Errorf("lane %d: message %d is damaged, or another: % x…", lane, l.message,
			data[:min(16, len(data))])
	}
	l.message++
	p.got.Add(1)
}
