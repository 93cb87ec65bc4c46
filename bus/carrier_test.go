package bus_test

import (
	"encoding/binary"
	"encoding/json"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// plainPage is a page without a carrier: it takes each batch at once, and sends frames as they are.
// Calls may have arguments that are no JSON; benchmarks use it because it costs little.
type plainPage struct {
	transport.HeapMemory
	t       testing.TB
	engine  *transport.Engine
	port    transport.Port
	session *transport.Session
	bell    chan struct{}
	over    chan struct{}
	event   func(wire.EventPayload) // called by the drainer, like eval; may be nil
	eval    func(id uint32, js string)
	busy    atomic.Bool // it takes no batch

	mu       sync.Mutex
	batch    []byte
	held     bool // no receipts are sent
	receipt  uint64
	consumed uint64
	number   uint64 // of upward batches
	frames   uint64 // sent on lane 0
	answers  map[uint32]chan error
}

var _ transport.Carrier = (*plainPage)(nil)

// openPlain opens a window with a plain page.
func openPlain(t testing.TB, e *transport.Engine, b *bus.Bus, label string,
	event func(wire.EventPayload)) *plainPage {
	return loadPlain(t, e, b.Open(label), label, event)
}

// loadPlain has a window show a plain page.
func loadPlain(t testing.TB, e *transport.Engine, w *bus.Page, label string,
	event func(wire.EventPayload)) *plainPage {
	t.Helper()
	p := &plainPage{t: t, engine: e, bell: make(chan struct{}, 1), over: make(chan struct{}),
		event: event, answers: make(map[uint32]chan error)}
	s, err := e.Open(transport.SessionConfig{Carrier: p, Label: label, Settle: w.Settle})
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.session = s
	p.mu.Unlock()
	w.Connect(s)
	go p.acknowledge()
	t.Cleanup(func() { s.End("the test is over") })
	return p
}

func (p *plainPage) Name() string                                  { return "plain" }
func (p *plainPage) Bind(port transport.Port, _ transport.Options) { p.port = port }
func (p *plainPage) Ready() bool                                   { return !p.busy.Load() }
func (p *plainPage) Close(*transport.ClosedError)                  { close(p.over) }

// Deliver implements transport.Carrier.
func (p *plainPage) Deliver(b *transport.Batch) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != nil && p.session.Err() != nil {
		return true // a batch that was being built when the session ended
	}
	p.batch = p.batch[:0]
	for _, s := range b.Segments {
		p.batch = append(p.batch, s...)
	}
	d, err := wire.Decode(p.batch, wire.Down)
	if err != nil {
		p.t.Error(err)
		return true
	}
	if d.Number == p.receipt+1 {
		p.receipt = d.Number
		for i := range d.Runs {
			p.consumed += uint64(d.Runs[i].Bytes())
			_ = d.Runs[i].Each(p.frame)
		}
	}
	select {
	case p.bell <- struct{}{}:
	default:
	}
	return true
}

func (p *plainPage) frame(f wire.Frame, _ int) error {
	switch f.Kind {
	case wire.Event:
		if p.event != nil {
			e, err := wire.DecodeEvent(f.Payload)
			if err != nil {
				p.t.Error(err)
			}
			p.event(e)
		}
	case wire.Eval:
		if p.eval != nil {
			p.eval(binary.LittleEndian.Uint32(f.Payload), string(f.Payload[8:]))
		}
	case wire.Result:
		p.answers[binary.LittleEndian.Uint32(f.Payload)] <- nil
	case wire.Error:
		e := new(transport.Error)
		if err := json.Unmarshal(f.Payload[8:], e); err != nil {
			p.t.Error(err)
		}
		p.answers[binary.LittleEndian.Uint32(f.Payload)] <- e
	}
	return nil
}

// acknowledge sends receipts and credits.
func (p *plainPage) acknowledge() {
	for {
		select {
		case <-p.bell:
		case <-p.over:
			return
		}
		p.mu.Lock()
		if p.held {
			p.mu.Unlock()
			continue
		}
		h := wire.Header{Receipt: p.receipt, Credits: []wire.Credit{{Lane: 0, Total: p.consumed}}}
		p.mu.Unlock()
		if _, err := p.port.Receive(wire.Finish(wire.AppendHeader(nil, &h))); err != nil {
			return
		}
	}
}

// hold stops the receipts, so that lane 0 fills up, or begins them again. There may be few batches
// without a receipt, so the page takes none meanwhile but those before its calls' answers.
func (p *plainPage) hold(held bool) {
	p.mu.Lock()
	p.held = held
	p.mu.Unlock()
	p.take(!held)
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// take has the page take batches, or none any more.
func (p *plainPage) take(takes bool) {
	p.busy.Store(!takes)
	if takes {
		p.port.Wake()
	}
}

// call calls a command and waits for the answer.
func (p *plainPage) call(command, args string) error {
	p.t.Helper()
	answer := p.start(command, args)
	if p.busy.Load() {
		for over := within(p.t); p.session.Stats().Running > 0 && over.Err() == nil; {
			runtime.Gosched() // until the answer is in lane 0
		}
		p.take(true)
		defer p.take(false)
	}
	return receive(p.t, answer)
}

// start calls a command.
func (p *plainPage) start(command, args string) <-chan error {
	p.mu.Lock()
	p.number++
	id := uint32(p.number)
	answer := make(chan error, 1)
	p.answers[id] = answer
	envelope, err := json.Marshal(map[string]any{"cmd": command, "body": "json"})
	if err != nil {
		p.t.Fatal(err)
	}
	payload := binary.LittleEndian.AppendUint32(nil, id)
	payload = binary.LittleEndian.AppendUint32(payload, uint32(len(envelope)))
	payload = append(append(payload, envelope...), args...)
	up := wire.AppendHeader(nil, &wire.Header{Number: p.number, Slot: 6, Request: id})
	up = wire.AppendRun(up, 0, p.frames, wire.Frame{Kind: wire.Invoke, Payload: payload})
	p.frames++
	p.mu.Unlock()
	if _, err := p.port.Receive(wire.Finish(up)); err != nil {
		p.t.Fatal(err)
	}
	return answer
}
