package transporttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/memory"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// ErrEnded is what a page's calls give after its session has ended.
var ErrEnded = errors.New("transporttest: the page's session has ended")

// Page is a page with one session. Its methods may be called from any goroutine.
type Page struct {
	Session *transport.Session
	carrier *memory.Carrier
	limits  transport.Options
	posts   int
	config  Config

	mu     sync.Mutex // guards what follows
	down   downward
	lanes  lanes
	calls  calls
	err    error
	stats  Stats
	events events
	native native

	up    upward
	loops sync.WaitGroup
}

// downward is what of Go's batches the page has. The page's mu guards it.
type downward struct {
	receipt uint64                 // of the last batch that came in its turn
	early   map[uint64]*wire.Batch // those that came before theirs
	stalled bool                   // Stall was called
	resume  *sync.Cond
}

// lanes are the page's channels. The page's mu guards them.
type lanes struct {
	open    map[uint32]*Channel
	last    uint32          // of the page's own
	credits map[uint32]bool // those whose credit is to be told
}

// calls are the page's calls that have no result yet. The page's mu guards them.
type calls struct {
	open map[uint32]*call
	last uint32
}

// Stats are what the page has seen.
type Stats struct {
	// Requests counts requests, Faults those of them that something happened to.
	Requests, Faults int
	// Batches counts those that were handled, Repeats those that were dropped as known.
	Batches, Repeats int
	// Early counts the batches that came before their turn, and were kept until it; Cut those that
	// did not come whole.
	Early, Cut int
}

// Faults are what goes wrong between the page and Go.
type Faults = memory.Faults

// Config says how Open makes a page.
type Config struct {
	Label  string
	Faults Faults
	// Eval answers eval frames. Nil: with an error. The page waits for it: it must not call the
	// page's methods.
	Eval func(js string) (any, error)
	// ForbidEval makes the page behave as one whose Content-Security-Policy forbids eval: it asks
	// Go to evaluate, and handles nothing more of lane 0 until Ran is called.
	ForbidEval bool
	// Control, if not nil, is told of each message of lane 0 in its order: its kind, the id of the
	// call or eval (0 for an event), and an event's payload, an eval's source or what a result's
	// frame holds, valid during the call. It must not call the page's methods.
	Control func(kind Kind, id uint32, payload []byte)
	// Arrived, if not nil, is told of each message of a channel that the page takes in, and of Go's
	// close of it, in the order in which they come: after what came before on lane 0, which Control
	// has seen, unless that waits behind an eval. The same rules hold.
	Arrived func(lane uint32, kind Kind, data []byte)
	// Network, if not nil, is what lies between the page and Go, instead of Faults. It is called
	// with each request, on a goroutine of the page's, and returns what the page gets for it: a
	// status and a body, or status 0 for a fetch that failed. send hands bytes to Go, any number of
	// times; its answer is called once, from any goroutine, and must not block.
	Network func(request []byte, send func(request []byte, answer func(status int, body []byte))) (
		status int, body []byte)
	// NativeEval is the session's.
	NativeEval func(id uint32, js string, expectResult bool)
	// Settle is the session's.
	Settle func(command string) func(context.Context)
	// Carrier, if not nil, makes the session's carrier of the one that the page's requests go to.
	Carrier func(*pulls.Carrier) transport.Carrier
	// Send, if not nil, is given each upward batch first. True: the batch goes another way to Go,
	// whose end there gives it to Port.Receive; a Received.Reply that is not nil goes to the page.
	// A batch whose 32-bit word at byte 40 is not 0 is a pull, which only asks: it is not for that
	// way, and Send may keep it, with true, until that has ended. False: the batch goes to the
	// *pulls.Carrier of Carrier, and its answer tells the page of the end.
	Send func(batch []byte) bool
	// Patience is how long a call of the page waits for what does not come: then it gives
	// ErrPatience, which says what that was. In a bubble of synctest it is that bubble's time.
	// Default 2 minutes; below zero: it waits for ever.
	Patience time.Duration
	// Origin is the page's. Default "test://page". Owner is the session's owner.
	Origin string
	Owner  any
}

// Open opens a session and starts the page's requests.
func Open(e *transport.Engine, c Config) (*Page, error) {
	if e == nil {
		return nil, errors.New("transporttest: the engine is nil")
	}
	own := memory.New(c.Faults)
	carrier := transport.Carrier(own)
	if c.Carrier != nil {
		carrier = c.Carrier(own.Carrier)
	}
	if c.Label == "" {
		c.Label = "main"
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if c.Origin == "" {
		c.Origin = "test://page"
	}
	s, err := e.Open(transport.SessionConfig{Carrier: carrier, Label: c.Label, Origin: c.Origin,
		Owner: c.Owner, NativeEval: c.NativeEval, Settle: c.Settle})
	if err != nil {
		return nil, err
	}
	var hello struct{ Posts int }
	if err := json.Unmarshal(s.Hello(), &hello); err != nil {
		return nil, fmt.Errorf("transporttest: hello: %w", err)
	}
	p := &Page{
		Session: s, carrier: own, limits: e.Options(),
		posts: hello.Posts, config: c,
		down:  downward{early: make(map[uint64]*wire.Batch)},
		lanes: lanes{open: make(map[uint32]*Channel), credits: make(map[uint32]bool)},
		calls: calls{open: make(map[uint32]*call)},
	}
	p.lanes.open[0] = &Channel{p: p, up: channelUp{window: uint64(p.limits.Window)}}
	p.events.cond, p.down.resume = sync.NewCond(&p.mu), sync.NewCond(&p.mu)
	p.up.init(p)
	for i := range p.limits.Pulls {
		p.loops.Go(func() { p.pull(i) })
	}
	return p, nil
}

// Err is why the page gave up, nil while it runs.
func (p *Page) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Close ends the session, as a window that closes does, and waits for the page's requests.
func (p *Page) Close() {
	p.Session.End("page was closed")
	p.mu.Lock()
	p.fail(errors.New("page was closed"))
	p.mu.Unlock()
	p.loops.Wait()
}

// Stats returns the page's counts.
func (p *Page) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// fail ends the page; the caller holds mu.
func (p *Page) fail(err error) {
	if p.err != nil {
		return
	}
	p.err = fmt.Errorf("%w: %w", ErrEnded, err)
	for _, c := range p.calls.open {
		c.finish(nil, p.err)
	}
	for _, c := range p.lanes.open {
		c.finish(p.err)
	}
	p.events.cond.Broadcast()
	p.down.resume.Broadcast()
	p.up.cond.Broadcast()
}

// Handle takes a batch that did not come as an answer, which it keeps, and sends the receipt. It
// reports whether the batch was whole. While the page stands still (Stall), it waits.
func (p *Page) Handle(batch []byte) bool {
	p.mu.Lock()
	p.standStill()
	p.mu.Unlock()
	ok := p.handle(batch)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up.flushCredits()
	return ok
}

// handle takes one answer's batch. It reports whether the answer was whole.
func (p *Page) handle(body []byte) bool {
	b, err := wire.Decode(body, wire.Down)
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(err, wire.ErrLost) {
		p.stats.Cut++
		return false
	}
	if p.err != nil {
		return true
	}
	if err == nil {
		err = p.inOrder(b)
	}
	if err != nil {
		p.fail(err)
	}
	return true
}

func (p *Page) inOrder(b *wire.Batch) error {
	if b.Number == 0 {
		return nil // it brings a receipt, which the answer to the page's request is anyhow
	}
	if b.Number <= p.down.receipt || p.down.early[b.Number] != nil {
		p.stats.Repeats++
		return nil
	}
	if b.Number > p.down.receipt+1+wire.Ahead {
		return wire.Broken("batch %d while %d is the last one", b.Number, p.down.receipt)
	}
	if b.Number > p.down.receipt+1 {
		p.stats.Early++
	}
	p.down.early[b.Number] = b
	for {
		b := p.down.early[p.down.receipt+1]
		if b == nil {
			return nil
		}
		delete(p.down.early, b.Number)
		p.down.receipt++
		p.stats.Batches++
		for _, c := range b.Credits {
			ch := p.lanes.open[c.Lane]
			if ch == nil {
				continue // it is gone
			}
			if c.Total > ch.up.sent {
				return wire.Broken("credit of %d bytes for lane %d, which has sent %d", c.Total,
					c.Lane, ch.up.sent)
			}
			ch.up.credited = max(ch.up.credited, c.Total)
		}
		p.up.cond.Broadcast()
		for i := range b.Runs {
			if err := p.run(&b.Runs[i]); err != nil {
				return err
			}
		}
	}
}

func (p *Page) run(r *wire.Run) error {
	c := p.lanes.open[r.Lane]
	if c == nil {
		return wire.Broken("frames for lane %d, which is not open", r.Lane)
	}
	if r.First != c.down.next {
		return wire.Broken("run on lane %d begins with %d, not %d", r.Lane, r.First, c.down.next)
	}
	c.down.next += uint64(r.Count)
	return r.Each(func(f wire.Frame, stride int) error { return p.frame(c, f, stride) })
}

func (p *Page) frame(c *Channel, f wire.Frame, stride int) error {
	kind, data := f.Kind, f.Payload
	c.down.received += uint64(stride)
	if out := c.down.received - c.down.consumed; kind != wire.Close &&
		out > uint64(max(p.limits.Window, stride)) {
		return wire.Broken("lane %d has %d bytes without credit, its window is %d", c.id, out,
			p.limits.Window)
	}
	if kind >= wire.Begin {
		done, err := c.down.part.Add(f, wire.Down, c.id, p.limits.MaxMessage)
		if err != nil {
			return err
		}
		if !done {
			// as the client does: credit says what was handed out
			if len(c.down.queue) > 0 || c.id == 0 && p.native.holding {
				c.down.held += stride
			} else {
				p.consume(c, stride)
			}
			return nil
		}
		kind, data = c.down.part.Take()
		stride += c.down.held
		c.down.held = 0
	}
	if p.config.Arrived != nil && c.id%2 == 1 && c.err == nil {
		p.config.Arrived(c.id, kind, data)
	}
	switch {
	case kind == wire.Close:
		return p.closed(c, data)
	case c.id == 0:
		return p.controlMessage(kind, data, stride)
	case c.err != nil:
		p.consume(c, stride)
	default:
		c.down.queue = append(c.down.queue, Message{Kind: kind, Data: data, stride: stride})
		c.cond.Broadcast()
	}
	return nil
}

// consume credits bytes of a lane.
func (p *Page) consume(c *Channel, n int) {
	c.down.consumed += uint64(n)
	p.lanes.credits[c.id] = true
	if c.down.consumed-c.down.told > uint64(p.limits.Window)/4 {
		p.up.flushCredits()
	}
}
