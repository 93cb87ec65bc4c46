package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// starting is a page that starts: it does one thing after the other, awaits the answers or not, and
// is ready as the client is: once its document is parsed, and the bus has answered what it was
// asked.
type starting struct {
	t       *testing.T
	w       *window
	b       *bus.Bus
	calls   []*transporttest.Call
	asked   []*transporttest.Call // of the bus
	parsed  bool
	ready   *transporttest.Call
	manual  bool
	subs    uint32
	listens bool
	emitted atomic.Int64
	values  chan error // of EvalResult
	results int
	heard   []*listening    // in Go, but for those that were ended
	arrived map[string]bool // events that a command has emitted, and that have come
	early   []string        // results that came before their events
}

// call calls a command.
func (p *starting) call(
	command string, args any, headers map[string]string, raw []byte,
) *transporttest.Call {
	c := p.w.page.Start(transporttest.Request{
		Command: command, Args: args, Headers: headers, Raw: raw,
	})
	p.calls = append(p.calls, c)
	if strings.HasPrefix(command, "plugin:event|") {
		p.asked = append(p.asked, c)
	}
	return c
}

// listen listens in Go to what the page and Go emit.
func (p *starting) listen(
	listen func(bus.Target, string, func(bus.Event)) (bus.ID, error), once bool,
) {
	l := &listening{once: once}
	var err error
	l.id, err = listen(bus.Any, "e", func(bus.Event) { l.events.Add(1) })
	noError(p.t, err)
	p.heard = append(p.heard, l)
}

// listening is a listener in Go.
type listening struct {
	id     bus.ID
	once   bool
	events atomic.Int64
}

// steps are what a page, or Go, does while the page starts. nil: nothing to await.
var steps = []struct {
	name string
	do   func(p *starting) *transporttest.Call
}{
	{"listen", func(p *starting) *transporttest.Call {
		p.subs++
		p.listens = true
		return p.call(bus.CommandListen, object{"event": "e", "sub": p.subs}, nil, nil)
	}},
	{"unlisten", func(p *starting) *transporttest.Call {
		p.listens = p.listens && p.subs > 1 // the others still do
		return p.call(bus.CommandUnlisten, object{"event": "e", "sub": p.subs}, nil, nil)
	}},
	{"emit", func(p *starting) *transporttest.Call {
		return p.call(bus.CommandEmit, object{"event": "e"}, nil, nil)
	}},
	{"emitTo", func(p *starting) *transporttest.Call {
		return p.call(bus.CommandEmitTo, object{"event": "e", "target": bus.Window("main")}, nil,
			nil)
	}},
	{"emitBytes", func(p *starting) *transporttest.Call {
		return p.call(bus.CommandEmitBytes, nil, map[string]string{bus.HeaderEvent: "e"},
			[]byte("x"))
	}},
	{"invoke", func(p *starting) *transporttest.Call {
		return p.call("emits", object{}, nil, nil)
	}},
	{"ordered", func(p *starting) *transporttest.Call {
		return p.call("ordered", object{}, nil, nil)
	}},
	{"Go's Emit", func(p *starting) *transporttest.Call {
		noError(p.t, p.b.Emit("e", 0))
		return nil
	}},
	{"Go's EmitSticky", func(p *starting) *transporttest.Call {
		noError(p.t, p.b.EmitSticky(bus.Any, "e", 0))
		return nil
	}},
	{"Go's Listen", func(p *starting) *transporttest.Call {
		p.listen(p.b.Listen, false)
		return nil
	}},
	{"Go's Once", func(p *starting) *transporttest.Call {
		p.listen(p.b.Once, true)
		return nil
	}},
	{"Go's Unlisten", func(p *starting) *transporttest.Call {
		if n := len(p.heard); n > 0 {
			l := p.heard[n-1]
			p.heard = p.heard[:n-1]
			if !p.b.Unlisten(l.id) && !l.once {
				p.t.Fatalf("Go's listener %d is gone", l.id)
			}
		}
		return nil
	}},
	{"Go's Eval", func(p *starting) *transporttest.Call {
		noError(p.t, p.w.Eval("script"))
		return nil
	}},
	{"Go's EvalResult", func(p *starting) *transporttest.Call {
		p.results++
		go func() {
			_, err := p.w.EvalResult(context.Background(), "script")
			p.values <- err
		}()
		return nil
	}},
}

// look is ready when the client is: the page has nothing to do at the moment.
func (p *starting) look() {
	synctest.Wait()
	if !p.parsed || p.ready != nil || p.manual {
		return
	}
	for _, c := range p.asked {
		if !c.Done() {
			return
		}
	}
	p.ready = p.call(bus.CommandReady, object{}, nil, nil)
	synctest.Wait()
}

// run does the steps of an order; the document is parsed before the one with that number.
func (p *starting) run(order []int, parsed int, await bool) {
	if p.manual {
		p.call(bus.CommandReadyLater, object{}, nil, nil)
	}
	for i, step := range order {
		if p.parsed = p.parsed || i == parsed; p.parsed {
			p.look()
		}
		c := steps[step].do(p)
		if c == nil || !await {
			continue
		}
		if p.look(); !c.Done() && !p.manual {
			p.parsed = true // no document waits for its scripts' promises
			p.look()
		}
		if !c.Done() {
			p.t.Fatalf("%s is not answered", steps[step].name)
		}
	}
	p.parsed = true
	if p.look(); p.manual {
		p.ready = p.call(bus.CommandReady, object{}, nil, nil)
	}
	synctest.Wait()
	if p.ready == nil {
		p.t.Fatal("the page is never ready")
	}
	for _, c := range p.calls {
		if !c.Done() {
			p.t.Fatal("not all calls are answered")
		}
	}
	for range p.results {
		select {
		case err := <-p.values:
			noError(p.t, err)
		default:
			p.t.Fatal("an EvalResult waits")
		}
	}
	for _, l := range p.heard {
		n := l.events.Load()
		if over := !p.b.Unlisten(l.id); over != (l.once && n == 1) {
			p.t.Fatalf("Go's listener, for one event %v, got %d and has ended %v", l.once, n, over)
		}
	}
	if len(p.early) > 0 && !p.manual {
		p.t.Fatalf("results came before the events %v", p.early)
	}
}

// start opens a page that starts.
func start(t *testing.T, e *transport.Engine, b *bus.Bus, manual bool) *starting {
	p := &starting{
		t: t, b: b, manual: manual, values: make(chan error, 10), arrived: map[string]bool{},
	}
	p.w = openWindow(t, e, b, "main")
	p.w.load(transporttest.Config{
		Owner: p,
		Eval:  func(string) (any, error) { return 1, nil },
		Control: func(kind wire.Kind, _ uint32, payload []byte) {
			switch kind {
			case wire.Event:
				p.arrived[string(payload)] = true
			case wire.Result:
				if name := string(payload); strings.HasPrefix(name, `"call `) && p.listens &&
					!p.arrived[name] {
					p.early = append(p.early, name)
				}
			}
		},
	})
	return p
}

// emits is a command that emits to its window, and gives what it has emitted.
func emits(b *bus.Bus) func(context.Context, json.RawMessage) (string, error) {
	return func(ctx context.Context, _ json.RawMessage) (string, error) {
		p := transport.SessionFrom(ctx).Owner().(*starting)
		value := fmt.Sprint("call ", p.emitted.Add(1))
		return value, b.EmitTo(bus.Window("main"), "e", value)
	}
}

// TestOrdersWhileStarting: whatever a page and Go do before, while and after the page gets ready,
// in any order and awaited or not, no time passes: nothing waits for what waits for it. A page that
// is ready by itself gets a command's events before its result; one that says so only gets what it
// awaits.
func TestOrdersWhileStarting(t *testing.T) {
	longest := 2
	if os.Getenv("TAILRACE_VERIFY") == "1" {
		longest = 3
	}
	count := 0
	for _, manual := range []bool{false, true} {
		for _, await := range []bool{false, true} {
			eachOrder(longest, func(order []int) {
				for parsed := range len(order) + 1 {
					if manual && parsed > 0 || t.Failed() {
						break
					}
					count++
					synctest.Test(t, func(t *testing.T) {
						log, logger := newLogs()
						e, b := newBus(t, transport.Options{}, bus.Options{Logger: logger})
						transport.Handle(e, "emits", emits(b))
						transport.HandleOrdered(e, "ordered", emits(b))
						p := start(t, e, b, manual)
						defer func() {
							if t.Failed() {
								var names []string
								for _, s := range order {
									names = append(names, steps[s].name)
								}
								t.Logf("%v: parsed before step %d, awaited %v, ready by itself %v",
									names, parsed,
									await, !manual)
							}
						}()
						p.run(order, parsed, await)
						if log.count("is not ready") > 0 {
							t.Error("a result went by the time-out")
						}
					})
				}
			})
		}
	}
	t.Logf("%d orders", count)
}

// eachOrder gives each order of 1 to longest steps.
func eachOrder(longest int, f func([]int)) {
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) > 0 {
			f(order)
		}
		for s := range steps {
			if len(order) < longest {
				extend(append(order[:len(order):len(order)], s))
			}
		}
	}
	extend(nil)
}

// TestCrowdedWhileStarting: a page that may call nothing more can't say that it is ready. Its
// results go then, and with a call to spare they wait for it.
func TestCrowdedWhileStarting(t *testing.T) {
	for _, spare := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			e, b := newBus(t, transport.Options{Pending: 3 + spare}, bus.Options{})
			transport.Handle(e, "emits", emits(b))
			p := start(t, e, b, false)
			for i := range 3 {
				c := p.call("emits", object{}, nil, nil)
				if synctest.Wait(); c.Done() && i < 2 {
					t.Errorf("call %d does not wait for its event", i)
				}
			}
			for i, c := range p.calls[:2] {
				if c.Done() != (spare == 0) {
					t.Errorf("with room for %d calls: call %d is answered: %v", spare, i, c.Done())
				}
			}
			p.call(bus.CommandReady, object{}, nil, nil)
			synctest.Wait()
			for i, c := range p.calls {
				if !c.Done() {
					t.Errorf("call %d is not answered", i)
				}
			}
		})
	}
}
