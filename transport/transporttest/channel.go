package transporttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// ErrChannelClosed is the end of a channel that Go, or the page itself, closed.
var ErrChannelClosed = errors.New("transporttest: channel is closed")

// Kind says what a frame holds: a message of a channel, or one of lane 0.
type Kind = wire.Kind

// The kinds. A channel has the first two, lane 0 the others.
const (
	KindJSON   = wire.JSON
	KindBytes  = wire.Bytes
	KindEvent  = wire.Event
	KindEval   = wire.Eval
	KindResult = wire.Result
	KindError  = wire.Error
)

// Message is one message that the page got.
type Message struct {
	Kind   Kind
	Data   []byte
	stride int
}

// Channel is the page's end of a channel. The page's mu guards its fields.
type Channel struct {
	p    *Page
	id   uint32
	cond *sync.Cond

	down   channelDown
	up     channelUp
	err    error
	borrow bool
}

// channelDown is what Go has sent on a channel. The page's mu guards it.
type channelDown struct {
	next     uint64
	part     wire.Assembly
	queue    []Message
	received uint64
	consumed uint64
	held     int // strides of fragments behind unread messages, not credited yet
	told     uint64
}

// channelUp is what the page sends on a channel. The page's mu guards it.
type channelUp struct {
	window    uint64 // what may be sent; 0 until Go opens it
	announced bool
	sent      uint64
	next      uint64
	credited  uint64
	sending   bool
	closed    bool // our close is queued
}

// NewChannel makes a channel, to be passed to Invoke.
func (p *Page) NewChannel() *Channel {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.channel()
}

func (p *Page) channel() *Channel {
	if p.lanes.last == 0 {
		p.lanes.last = 1
	} else {
		p.lanes.last += 2
	}
	return p.addLane(p.lanes.last)
}

func (p *Page) addLane(id uint32) *Channel {
	c := &Channel{p: p, id: id, cond: sync.NewCond(&p.mu), err: p.err}
	p.lanes.open[id] = c
	return c
}

// Borrow makes it a channel whose messages the page only borrows: Go sends them in batches of their
// own. Call it before the channel is passed to Invoke. Messages of this page stay valid all the
// same.
func (c *Channel) Borrow() { c.borrow = true }

// ID is the channel's lane.
func (c *Channel) ID() uint32 { return c.id }

// MarshalJSON gives what stands for the channel in a command's arguments.
func (c *Channel) MarshalJSON() ([]byte, error) {
	return json.Marshal(fmt.Sprintf("__CHANNEL__:%d", c.id))
}

// Next takes the next message and credits it. It waits. After the end it gives what had come
// before, then ErrChannelClosed, Go's *transport.Error, or ErrEnded; ErrPatience if nothing comes.
func (c *Channel) Next() (Message, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if len(c.down.queue) == 0 && c.err == nil {
		err := c.p.await(c.cond, func() bool { return len(c.down.queue) > 0 || c.err != nil },
			func() string {
				return fmt.Sprintf("a message on channel %d, which has brought %d bytes", c.id,
					c.down.received)
			})
		if err != nil {
			return Message{}, err
		}
	}
	if len(c.down.queue) == 0 {
		return Message{}, c.err
	}
	m := c.down.queue[0]
	c.down.queue = c.down.queue[1:]
	if len(c.down.queue) == 0 {
		m.stride += c.down.held
		c.down.held = 0
	}
	c.p.consume(c, m.stride)
	return m, nil
}

// Queued is the number of messages that wait for Next.
func (c *Channel) Queued() int {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return len(c.down.queue)
}

// Send sends a message; it waits for the window, with an end as Next.
func (c *Channel) Send(kind Kind, data []byte) error {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	err := c.p.await(c.cond, func() bool { return c.up.announced || c.err != nil }, func() string {
		return fmt.Sprintf("Go to take channel %d: pass it to a command whose arguments have a "+
			"Channel or Stream for it", c.id)
	})
	if err != nil {
		return err
	}
	if c.up.announced && c.up.window == 0 {
		return errors.New("transporttest: channel is one-way")
	}
	return c.p.up.send(c, kind, data)
}

// Close ends the channel from the page's side.
func (c *Channel) Close() {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.finish(ErrChannelClosed)
	c.sendClose()
}

func (c *Channel) sendClose() {
	if !c.up.closed && c.p.err == nil {
		c.up.closed = true
		c.p.up.queue(c, wire.Close, nil)
	}
}

func (c *Channel) finish(err error) {
	if c.err == nil {
		c.err = err
	}
	if c.cond != nil {
		c.cond.Broadcast()
	}
}

// closed handles Go's close of a lane.
func (p *Page) closed(c *Channel, payload []byte) error {
	err := ErrChannelClosed
	if len(payload) > 0 {
		e := new(transport.Error)
		if jsonErr := json.Unmarshal(payload, e); jsonErr != nil {
			return wire.Broken("close frame: %v", jsonErr)
		}
		err = e
	}
	c.finish(err)
	c.sendClose()
	delete(p.lanes.open, c.id)
	p.up.cond.Broadcast()
	return nil
}
