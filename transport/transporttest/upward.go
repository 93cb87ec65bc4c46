package transporttest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/carrier/memory"
)

// upward is what the page sends. Everything in it is guarded by the page's mu.
type upward struct {
	p       *Page
	cond    *sync.Cond
	frames  []upFrame
	number  uint64
	pending bool     // credits or receipts should be posted
	flying  []uint64 // numbers of batches that are not answered, in order
	told    uint64   // the highest receipt that a request has carried
	slots   []bool
	request []uint32
}

type upFrame struct {
	c    *Channel
	kind wire.Kind
	data []byte
}

func (u *upward) init(p *Page) {
	u.p, u.cond = p, sync.NewCond(&p.mu)
	n := p.limits.Pulls + p.posts
	u.slots, u.request = make([]bool, n), make([]uint32, n)
}

// piece is the largest payload of one upward frame: as in the page's client, at most a quarter of a
// batch, so that it always comes within the window though Go tells credits only by the quarter.
func (u *upward) piece() int { return min(32<<10, u.p.limits.MaxBatch/4) }

// send queues a message of the page, in fragments when it is large; it waits for the window. The
// caller holds mu.
func (u *upward) send(c *Channel, kind wire.Kind, data []byte) error {
	piece := u.piece()
	if len(data) <= piece {
		return u.frame(c, kind, data)
	}
	err := u.p.await(u.cond, func() bool { return !c.up.sending }, func() string {
		return fmt.Sprintf("the end of another large message on lane %d", c.id)
	})
	if err != nil {
		return err
	}
	c.up.sending = true
	defer func() { c.up.sending = false; u.cond.Broadcast() }()
	head := make([]byte, wire.BeginSize, wire.BeginSize+piece)
	wire.PutBegin(head, len(data), kind)
	err = u.frame(c, wire.Begin, append(head, data[:piece]...))
	for data = data[piece:]; err == nil && len(data) > piece; data = data[piece:] {
		err = u.frame(c, wire.Middle, data[:piece])
	}
	if err == nil {
		err = u.frame(c, wire.End, data)
	}
	return err
}

func (u *upward) frame(c *Channel, kind wire.Kind, data []byte) error {
	stride := uint64(wire.Stride(len(data), 8))
	room := func() bool {
		out := c.up.sent - c.up.credited
		return u.p.err != nil || c.err != nil || out == 0 || out+stride <= c.up.window
	}
	err := u.p.await(u.cond, room, func() string {
		return fmt.Sprintf("Go to receive on lane %d: %d bytes are sent, %d of them received, its "+
			"window is %d", c.id, c.up.sent, c.up.credited, c.up.window)
	})
	if err != nil {
		return err
	}
	if u.p.err != nil {
		return u.p.err
	}
	if c.err != nil && kind != wire.Close {
		return c.err
	}
	u.queue(c, kind, data)
	return nil
}

// queue adds a frame to the next post.
func (u *upward) queue(c *Channel, kind wire.Kind, data []byte) {
	c.up.sent += uint64(wire.Stride(len(data), 8))
	u.frames = append(u.frames, upFrame{c, kind, append([]byte(nil), data...)})
	u.post()
}

func (u *upward) flushCredits() {
	u.pending = true
	u.post()
}

// post starts a post if a slot is free and there is something to send.
func (u *upward) post() {
	if len(u.frames) == 0 && !u.pending || u.p.err != nil {
		return
	}
	for i := u.p.limits.Pulls; i < len(u.slots); i++ {
		if !u.slots[i] {
			u.slots[i] = true
			u.p.loops.Go(func() { u.p.postLoop(i) })
			return
		}
	}
}

// take makes the runs of the next upward batch.
func (u *upward) take() (runs []byte, number uint64) {
	size := 0
	for len(u.frames) > 0 && size < u.p.limits.MaxBatch/2 {
		c := u.frames[0].c
		var frames []wire.Frame
		for len(u.frames) > 0 && u.frames[0].c == c && size < u.p.limits.MaxBatch/2 {
			f := u.frames[0]
			frames = append(frames, wire.Frame{Kind: f.kind, Payload: f.data})
			size += wire.Stride(len(f.data), 8)
			u.frames = u.frames[1:]
		}
		runs = wire.AppendRun(runs, c.id, c.up.next, frames...)
		size += wire.RunSize
		c.up.next += uint64(len(frames))
	}
	u.pending = false
	u.number++
	return runs, u.number
}

// batch makes the bytes of one request; the caller holds mu.
func (p *Page) batch(slot int, hold time.Duration, number uint64, runs []byte) []byte {
	p.up.request[slot]++
	h := wire.Header{Number: number, Receipt: p.down.receipt, Slot: uint32(slot),
		Request: p.up.request[slot], Hold: uint32(hold.Milliseconds())}
	for n := range p.down.early {
		h.Selective |= 1 << (n - p.down.receipt - 2)
	}
	for id := range p.lanes.credits {
		if len(h.Credits) == p.limits.MaxBatch/8/wire.CreditSize {
			p.up.flushCredits() // the rest goes with the next request
			break
		}
		delete(p.lanes.credits, id)
		if c := p.lanes.open[id]; c != nil {
			c.down.told = c.down.consumed
			h.Credits = append(h.Credits, wire.Credit{Lane: id, Total: c.down.consumed})
		}
	}
	p.up.told = max(p.up.told, p.down.receipt)
	return wire.Finish(append(wire.AppendHeader(nil, &h), runs...))
}

// restoreCredits tells them again after a request that failed.
func (p *Page) restoreCredits() {
	for id, c := range p.lanes.open {
		if c.down.consumed > 0 {
			p.lanes.credits[id] = true
		}
	}
}

// pull is one pull's loop.
func (p *Page) pull(slot int) {
	for {
		p.mu.Lock()
		if p.err != nil {
			p.mu.Unlock()
			return
		}
		body := p.batch(slot, p.limits.Hold, 0, nil)
		p.mu.Unlock()
		p.exchange(body)
	}
}

// postLoop sends posts in one slot until there is nothing to send.
func (p *Page) postLoop(slot int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.up.slots[slot] = false }()
	for p.err == nil && (len(p.up.frames) > 0 || p.up.pending) {
		if u := &p.up; len(u.flying) > 0 && u.number+1-u.flying[0] >= wire.Ahead {
			u.cond.Wait() // Go takes no batch that is further ahead
			continue
		}
		runs, number := p.up.take()
		p.up.flying = append(p.up.flying, number)
		for p.err == nil {
			body := p.batch(slot, 0, number, runs)
			p.mu.Unlock()
			ok := p.exchange(body)
			p.mu.Lock()
			if ok {
				break
			}
		}
		p.up.flying = slices.DeleteFunc(p.up.flying, func(n uint64) bool { return n == number })
		p.up.cond.Broadcast()
		// What answered this post has its receipt: the pulls may all be held, and Go wait for room.
		p.up.pending = p.up.pending || p.down.receipt > p.up.told
	}
}

// exchange sends one request and handles its answer, with faults. It reports whether the answer
// came, whole.
func (p *Page) exchange(body []byte) bool {
	if send := p.config.Send; send != nil && send(body) {
		return true
	}
	p.mu.Lock()
	p.standStill()
	p.stats.Requests++
	p.mu.Unlock()
	exchange := p.faulty
	if p.config.Network != nil {
		exchange = p.network
	}
	r := exchange(body)
	switch r.Status {
	case 0:
		return false
	case http.StatusOK:
	case http.StatusNoContent:
		return true
	case http.StatusTooManyRequests:
		p.mu.Lock()
		p.restoreCredits()
		p.mu.Unlock()
		time.Sleep(20 * time.Millisecond) // the page's pause, WIRE.md
		return false
	default:
		p.mu.Lock()
		p.fail(errors.New(string(r.Body)))
		p.mu.Unlock()
		return false
	}
	ok := p.handle(r.Body)
	if ok && r.Twice {
		p.handle(r.Body)
	}
	return ok
}

// network is the way of one request and its answer when the test decides what happens to them.
func (p *Page) network(body []byte) memory.Reply {
	status, answer := p.config.Network(body, p.carrier.Send)
	if status != http.StatusOK {
		p.mu.Lock()
		p.restoreCredits()
		p.mu.Unlock()
	}
	return memory.Reply{Status: status, Body: answer}
}

// faulty is the way of one request and its answer under Faults.
func (p *Page) faulty(body []byte) memory.Reply {
	r := p.carrier.Exchange(body)
	if r.Faults > 0 {
		p.mu.Lock()
		p.stats.Faults += r.Faults
		p.restoreCredits()
		p.mu.Unlock()
	}
	return r
}
