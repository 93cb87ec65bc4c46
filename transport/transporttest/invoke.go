package transporttest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// Call is an invocation whose result has not been taken.
type Call struct{ c *call }

// Result is a command's result.
type Result struct {
	// Raw says that Data are raw bytes and no JSON.
	Raw  bool
	Data []byte
}

type call struct {
	p    *Page
	id   uint32
	done chan struct{}
	over bool
	name string
	r    *Result
	err  error
}

func (c *call) finish(r *Result, err error) {
	if !c.over {
		c.over, c.r, c.err = true, r, err
		close(c.done)
	}
}

// Request is what Invoke sends. Args is encoded as JSON; Raw, when it is not nil, stands instead.
type Request struct {
	Command  string
	Args     any
	Raw      []byte
	Headers  map[string]string
	Channels []*Channel
}

// Invoke calls a command and waits for its result.
func (p *Page) Invoke(r Request) (*Result, error) { return p.Start(r).Wait() }

// inlineBody is the largest raw body inside an invoke.
const inlineBody = 64 << 10

// Start calls a command and does not wait.
func (p *Page) Start(r Request) *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls.last++
	c := &call{p: p, id: p.calls.last, name: r.Command, done: make(chan struct{})}
	p.calls.open[c.id] = c
	if p.err != nil {
		c.finish(nil, p.err)
		return &Call{c}
	}
	envelope := map[string]any{"cmd": r.Command, "body": "json"}
	if r.Headers != nil {
		envelope["headers"] = r.Headers
	}
	ids, borrow := []uint32{}, []uint32{}
	for _, ch := range r.Channels {
		ids = append(ids, ch.id)
		if ch.borrow {
			borrow = append(borrow, ch.id)
		}
	}
	envelope["channels"] = ids
	if len(borrow) > 0 {
		envelope["borrow"] = borrow
	}
	body := r.Raw
	var upload *Channel
	switch {
	case r.Raw == nil:
		var err error
		if body, err = json.Marshal(r.Args); err != nil {
			c.finish(nil, err)
			return &Call{c}
		}
	case len(r.Raw) > inlineBody:
		upload = p.channel()
		upload.up.window, upload.up.announced = uint64(p.limits.Window), true
		envelope["body"], envelope["lane"], envelope["length"] = "lane", upload.id, len(body)
		body = nil
	default:
		envelope["body"] = "bytes"
	}
	text, err := json.Marshal(envelope)
	if err != nil {
		c.finish(nil, err)
		return &Call{c}
	}
	payload := binary.LittleEndian.AppendUint32(nil, c.id)
	payload = binary.LittleEndian.AppendUint32(payload, uint32(len(text)))
	err = p.up.send(p.lanes.open[0], wire.Invoke, append(append(payload, text...), body...))
	if err == nil && upload != nil {
		if err = p.up.send(upload, wire.Bytes, r.Raw); err == ErrChannelClosed && p.err == nil {
			err = nil // Go refuses the call, which it answers
		}
		upload.sendClose()
	}
	if err != nil {
		c.finish(nil, err)
	}
	return &Call{c}
}

// Wait waits for the result. A rejection is a *transport.Error; ErrPatience if there is none.
func (c *Call) Wait() (*Result, error) {
	p := c.c.p
	var over <-chan time.Time
	if !c.Done() && p.config.Patience > 0 {
		t := time.NewTimer(p.config.Patience)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-c.c.done:
		return c.c.r, c.c.err
	case <-over:
		p.mu.Lock()
		defer p.mu.Unlock()
		return nil, p.impatient(fmt.Sprintf("the result of command %q", c.c.name))
	}
}

// Done reports whether the result has come.
func (c *Call) Done() bool {
	select {
	case <-c.c.done:
		return true
	default:
		return false
	}
}

// Cancel tells Go that the result is not wanted.
func (c *Call) Cancel() {
	p := c.c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up.queue(p.lanes.open[0], wire.Cancel, binary.LittleEndian.AppendUint64(nil, uint64(c.c.id)))
	c.c.finish(nil, transport.ErrCanceled)
}
