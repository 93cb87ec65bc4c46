package transporttest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// Event is one event that the page got.
type Event struct {
	// Subs are the page's subscriptions that it is for.
	Subs []uint32
	// Binary says that Payload are raw bytes and no JSON.
	Binary  bool
	Payload []byte
}

// events are those that NextEvent has not taken.
type events struct {
	cond  *sync.Cond
	queue []Event
}

func (e *events) add(v Event) {
	e.queue = append(e.queue, v)
	e.cond.Broadcast()
}

// NextEvent takes the next event; it waits. After the session's end it gives what had come before,
// then ErrEnded; ErrPatience if none comes.
func (p *Page) NextEvent() (Event, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.await(p.events.cond, func() bool { return len(p.events.queue) > 0 || p.err != nil },
		func() string { return "an event" })
	if err != nil {
		return Event{}, err
	}
	if len(p.events.queue) == 0 {
		return Event{}, p.err
	}
	e := p.events.queue[0]
	p.events.queue = p.events.queue[1:]
	return e, nil
}

// Events takes all events that have come.
func (p *Page) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.events.queue
	p.events.queue = nil
	return all
}

// Stall stops the page's requests, as a page does that is busy, or begins them again: meanwhile
// nothing comes, and nothing has a receipt. Requests under way end.
func (p *Page) Stall(stalled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down.stalled = stalled
	p.down.resume.Broadcast()
}

// standStill waits while the page does. The caller holds mu.
func (p *Page) standStill() {
	for p.down.stalled && p.err == nil {
		p.down.resume.Wait()
	}
}

// native is an eval that Go evaluates, and what waits behind it.
type native struct {
	holding bool
	id      uint32
	stride  int // of its frame, which is credited when it ran
	held    []heldMessage
}

type heldMessage struct {
	kind   wire.Kind
	data   []byte
	stride int
	body   *Channel
}

// Ran tells the page, as Go's native script does, that the script ran. It reports whether the page
// waited for it.
func (p *Page) Ran(id uint32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := &p.native
	if !n.holding || n.id != id {
		return false
	}
	n.holding = false
	p.consume(p.lanes.open[0], n.stride)
	for len(n.held) > 0 && !n.holding && p.err == nil {
		m := n.held[0]
		n.held = n.held[1:]
		if err := p.controlNow(m.kind, m.data, m.stride, m.body); err != nil {
			p.fail(err)
		}
	}
	if c := p.lanes.open[0]; !n.holding && c.down.held > 0 {
		p.consume(c, c.down.held)
		c.down.held = 0
	}
	return true
}

// controlMessage handles a message of lane 0, or keeps it behind an eval.
func (p *Page) controlMessage(kind wire.Kind, data []byte, stride int) error {
	var body *Channel
	if kind == wire.Result && len(data) >= 12 && binary.LittleEndian.Uint32(data[4:]) == 2 {
		body = p.addLane(binary.LittleEndian.Uint32(data[8:])) // now: its frames do not wait
	}
	if p.native.holding {
		p.native.held = append(p.native.held, heldMessage{kind, bytes.Clone(data), stride, body})
		return nil
	}
	return p.controlNow(kind, data, stride, body)
}

// controlNow handles a message of lane 0 and credits it, unless it is a script that Go has to
// evaluate first.
func (p *Page) controlNow(kind wire.Kind, data []byte, stride int, body *Channel) error {
	err := p.control(kind, data, body)
	if p.native.holding {
		p.native.stride = stride
	} else {
		p.consume(p.lanes.open[0], stride)
	}
	return err
}

// control handles a message of lane 0; body is the lane that brings a raw result.
func (p *Page) control(kind wire.Kind, data []byte, body *Channel) error {
	if len(data) < 8 {
		return wire.Broken("%v frame of %d bytes", kind, len(data))
	}
	id, second, rest := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:]),
		data[8:]
	if kind == wire.Event {
		e, err := wire.DecodeEvent(data)
		if err != nil {
			return err
		}
		if p.config.Control != nil {
			p.config.Control(kind, 0, e.Payload)
		}
		p.events.add(Event{e.Subs, e.Binary, bytes.Clone(e.Payload)})
		return nil
	}
	if p.config.Control != nil {
		p.config.Control(kind, id, rest)
	}
	switch kind {
	case wire.Open:
		if c := p.lanes.open[id]; c != nil {
			c.up.announced, c.up.window = true, binary.LittleEndian.Uint64(rest)
			c.cond.Broadcast()
			p.up.cond.Broadcast()
		}
		return nil
	case wire.Eval:
		p.runEval(id, second, string(rest))
		return nil
	}
	c := p.calls.open[id]
	if c == nil {
		return wire.Broken("%v for call %d", kind, id)
	}
	switch {
	case kind == wire.Error:
		e := new(transport.Error)
		if err := json.Unmarshal(rest, e); err != nil {
			return wire.Broken("error for call %d: %v", id, err)
		}
		c.finish(nil, e)
	case body != nil:
		go func() {
			m, err := body.Next()
			p.mu.Lock()
			defer p.mu.Unlock()
			if err != nil {
				c.finish(nil, err)
				return
			}
			c.finish(&Result{true, m.Data}, nil)
		}()
	default:
		c.finish(&Result{second == 1, append([]byte(nil), rest...)}, nil)
	}
	return nil
}

// What WIRE.md says of evals.
const (
	quietFlag  = 1 // flag: nobody waits for the result
	nativeFlag = 2 // flag: Go can evaluate natively
	notAllowed = 3 // form of a result: the page can't evaluate
)

func (p *Page) runEval(id, flags uint32, js string) {
	if p.config.ForbidEval && flags&nativeFlag != 0 {
		p.native.holding, p.native.id = true, id
		p.up.queue(p.lanes.open[0], wire.Result, twoWords(id, notAllowed))
		return
	}
	v, err := any(nil), fmt.Errorf("this page runs no scripts")
	if p.config.Eval != nil {
		v, err = p.config.Eval(js)
	}
	payload := twoWords(id, 0)
	kind := wire.Result
	var body []byte
	if err == nil {
		if flags&quietFlag != 0 {
			return
		}
		body, err = json.Marshal(v)
	}
	if err != nil {
		kind = wire.Error
		body, _ = json.Marshal(&transport.Error{Code: "eval", Message: err.Error()})
	}
	p.up.queue(p.lanes.open[0], kind, append(payload, body...))
}

func twoWords(a, b uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, a), b)
}
