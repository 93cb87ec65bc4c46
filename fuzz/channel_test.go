package fuzz

import (
	"context"
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// channel is one channel with both of its ends.
type channel struct {
	l       *load
	n       int
	page    *transporttest.Channel
	call    *call
	down    *transport.Channel[[]byte]
	up      *transport.Stream[[]byte, []byte] // nil: one-way
	options byte
	finish  chan error // lets the command return
	returns bool       // finish was used

	order  order // Go to page
	actors [2]*actor
	ctx    context.Context
	cancel context.CancelCauseFunc
	ended  bool  // by Go
	err    error // that the page must get with the end
	closed bool  // the page has seen Go's end
	left   bool  // the page has closed it

	upward  order
	sender  *actor // the page's
	upEnded bool   // Go has got the page's end
}

// handle is the command that brings a channel. It returns when it is told to.
func (c *channel) handle(ctx context.Context, down *transport.Channel[[]byte],
	up *transport.Stream[[]byte, []byte]) (string, error) {
	l := c.l
	l.mu.Lock()
	l.calls[c.call.n].handled = true
	c.order.latest = c.options&1 != 0
	var options transport.ChannelOptions
	if c.order.latest {
		options.OnFull = transport.Latest
	}
	if c.options&2 != 0 {
		options.RingBytes = 16 << 10 << (c.options >> 6)
	}
	if err := down.Configure(options); err != nil && !c.left {
		l.breaks(err)
	}
	if c.options&4 != 0 {
		down.Keep()
	}
	c.down, c.up = down, up
	l.mu.Unlock()
	var err error
	select {
	case err = <-c.finish:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c.call.returned = l.now()
	if c.options&4 == 0 {
		c.ends(nil)
	}
	return "bye", err
}

// ends notes that Go ends the channel; the caller holds mu.
func (c *channel) ends(err error) {
	if !c.ended {
		c.ended, c.err = true, err
	}
}

// openChannel is opOpen.
func (l *load) openChannel(a, options byte) {
	c := &channel{l: l, options: options, finish: make(chan error, 1)}
	command := "open"
	if a&1 != 0 {
		command = "watch"
	}
	c.renew()
	c.actors = [2]*actor{newActor(), newActor()}
	c.sender = newActor()
	c.call = &call{channel: c, want: func(r *transporttest.Result, err error) error {
		if err == nil && string(r.Data) != `"bye"` {
			return fmt.Errorf("result %s", r.Data)
		}
		return nil
	}}
	l.begin(c.call, func() transporttest.Request {
		p := l.page.NewChannel()
		if a&2 != 0 {
			p.Borrow()
		}
		l.mu.Lock()
		c.n = len(l.channels)
		c.page = p
		c.order = order{
			name: fmt.Sprintf("channel %d", c.n),
			series: []*series{
				{id: byte(c.n)}, {id: 1<<4 | byte(c.n)},
			},
		}
		c.upward = order{
			name: fmt.Sprintf("channel %d up", c.n), series: []*series{{id: byte(c.n)}},
		}
		l.channels = append(l.channels, c)
		l.mu.Unlock()
		return transporttest.Request{
			Command: command, Args: map[string]any{"N": c.n, "S": p, "C": p},
			Channels: []*transporttest.Channel{p},
		}
	})
}

func (l *load) nth(n int) *channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.channels[n]
}

// channel picks one.
func (l *load) channel(a byte) *channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.channels) == 0 {
		return nil
	}
	return l.channels[int(a&0x7f)%len(l.channels)]
}

// send offers a message on a channel, which its command must have got.
func (c *channel) send(sender int, n int, wait bool) {
	l := c.l
	l.mu.Lock()
	down, ctx := c.down, c.ctx
	l.mu.Unlock()
	if down == nil {
		return
	}
	if n < headSize && (sender > 0 || c.order.latest) {
		n = headSize
	}
	c.actors[sender].do(func() {
		l.mu.Lock()
		i, m := l.offer(&c.order, sender, n)
		l.mu.Unlock()
		data := content(c.order.series[sender].id, i, n)
		var err error
		if wait {
			err = down.Send(ctx, data)
		} else {
			err = down.TrySend(data)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.decide(m, err)
	})
}

// renew gives the sends to come a context; the caller holds mu.
func (c *channel) renew() { c.ctx, c.cancel = context.WithCancelCause(context.Background()) }

// closeGo ends the channel on Go's side.
func (c *channel) closeGo(withError bool) {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.down == nil {
		return
	}
	var err error
	if withError {
		err = fmt.Errorf("channel %d has failed", c.n)
	}
	c.ends(err)
	l.mu.Unlock()
	if withError {
		c.down.CloseWithError(err)
	} else {
		c.down.Close()
	}
	l.mu.Lock()
}

func (c *channel) returnCommand(withError bool) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	if c.returns {
		return
	}
	c.returns = true
	var err error
	if withError {
		err = errors.New("the program says so")
	}
	c.finish <- err
}

// read takes up to n messages of the page's.
func (c *channel) read(n int) bool {
	did := false
	for ; n > 0 && c.page.Queued() > 0; n-- {
		if _, err := c.page.Next(); err != nil {
			return did
		}
		did = true
	}
	return did
}

func (c *channel) sendUp(n int) {
	l := c.l
	c.sender.do(func() {
		l.mu.Lock()
		i, m := l.offer(&c.upward, 0, n)
		l.mu.Unlock()
		err := c.page.Send(wire.Bytes, content(c.upward.series[0].id, i, n))
		l.mu.Lock()
		defer l.mu.Unlock()
		l.decide(m, err)
	})
}

func (c *channel) closePage() {
	l := c.l
	c.sender.do(func() { // behind what the page sends
		l.mu.Lock()
		c.left = true
		l.mu.Unlock()
		c.page.Close()
	})
}

var ended = func() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errNothing)
	return ctx
}()

var errNothing = errors.New("nothing has come")

// receive takes up to n messages of the page.
func (c *channel) receive(n int) bool {
	l := c.l
	l.mu.Lock()
	up := c.up
	l.mu.Unlock()
	if up == nil || c.upEnded {
		return false
	}
	did := false
	for ; n > 0; n-- {
		b, err := up.Receive(ended)
		if errors.Is(err, errNothing) {
			break
		}
		l.mu.Lock()
		if err == nil {
			did = true
			l.breaks(c.upward.arrive(b))
		} else {
			c.upEnded = true
			if !errors.Is(err, transport.ErrClosed) {
				l.breaks(fmt.Errorf("receive gave %w", err))
			}
			if !c.ended && l.over == "" {
				l.breaks(c.upward.missing(l.clock))
			}
		}
		l.mu.Unlock()
		if err != nil {
			break
		}
	}
	return did
}
