package transport_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// upPage is a page that only sends.
type upPage struct {
	t       testing.TB
	s       *transport.Session
	number  uint64
	next    map[uint32]uint64
	carrier *portCarrier
}

// portCarrier keeps the session's port, so that a test hands in batches by itself.
type portCarrier struct {
	transport.HeapMemory
	port transport.Port
	last atomic.Uint64 // number of the last batch
	held atomic.Bool   // the page takes nothing
}

func (c *portCarrier) Name() string                               { return "port" }
func (c *portCarrier) Bind(p transport.Port, _ transport.Options) { c.port = p }
func (c *portCarrier) Ready() bool                                { return !c.held.Load() }
func (c *portCarrier) Close(*transport.ClosedError)               {}

func (c *portCarrier) Deliver(b *transport.Batch) bool {
	c.last.Store(max(c.last.Load(), b.Number))
	return true
}

var _ transport.Carrier = (*portCarrier)(nil)

func openUp(t testing.TB, e *transport.Engine) *upPage {
	t.Helper()
	return openUpWith(t, e, transport.SessionConfig{})
}

func openUpWith(t testing.TB, e *transport.Engine, config transport.SessionConfig) *upPage {
	t.Helper()
	c := new(portCarrier)
	config.Carrier, config.Label, config.Origin = c, "main", "test://page"
	s, err := e.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nothingLeft(t, s) })
	return &upPage{t: t, s: s, next: map[uint32]uint64{}, carrier: c}
}

func (u *upPage) receive(batch []byte) {
	u.t.Helper()
	if _, err := u.carrier.port.Receive(wire.Finish(batch)); err != nil {
		u.t.Fatal(err)
	}
}

// receipt tells that all batches so far have come.
func (u *upPage) receipt() {
	u.t.Helper()
	u.receive(wire.AppendHeader(nil, &wire.Header{Receipt: u.carrier.last.Load()}))
}

// send hands in one batch with frames of one lane.
func (u *upPage) send(lane uint32, frames ...wire.Frame) {
	u.t.Helper()
	if err := u.try(lane, frames...); err != nil {
		u.t.Fatal(err)
	}
}

// try is send, with its error.
func (u *upPage) try(lane uint32, frames ...wire.Frame) error {
	u.number++
	b := wire.AppendRun(wire.AppendHeader(nil, &wire.Header{Number: u.number}), lane, u.next[lane],
		frames...)
	u.next[lane] += uint64(len(frames))
	_, err := u.carrier.port.Receive(wire.Finish(b))
	return err
}

func (u *upPage) invoke(id uint32, envelope, body string) {
	u.t.Helper()
	u.send(0, invokeFrame(id, envelope, body))
}

// TestReceiveKeepsNothing: a batch's bytes are the carrier's again when Receive returns, whatever
// was in it and though it came too early.
func TestReceiveKeepsNothing(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct {
		S *transport.Stream[int, []byte]
		J *transport.Stream[int, string]
	}
	all := make(chan bool)
	got := make(chan string, 16)
	connected := make(chan bool)
	transport.Handle(e, "read", func(ctx context.Context, a args) (any, error) {
		close(connected)
		<-all // nothing is taken before all has come
		for range 3 {
			m, err := a.S.Receive(ctx)
			if err != nil {
				return nil, err
			}
			got <- string(m)
			if cap(m) > 2*len(m)+64 {
				t.Errorf("a message of %d bytes keeps %d", len(m), cap(m))
			}
		}
		s, err := a.J.Receive(ctx)
		got <- s
		return nil, err
	})
	transport.Handle(e, "body", func(ctx context.Context, b []byte) (any, error) {
		<-all
		got <- string(b) + transport.Header(ctx, "h")
		return nil, nil
	})
	u := openUp(t, e)
	buffer := make([]byte, 64<<10)
	receive := func(number uint64, runs ...[]byte) {
		t.Helper()
		b := buffer[:copy(buffer, upBatch(wire.Header{Number: number}, runs...))]
		if _, err := u.carrier.port.Receive(b); err != nil {
			t.Fatal(err)
		}
		for i := range buffer {
			buffer[i] = 0xDB
		}
	}
	data := func(k wire.Kind, text string) wire.Frame {
		return wire.Frame{Kind: k, Payload: []byte(text)}
	}
	begin := make([]byte, wire.BeginSize, wire.BeginSize+3)
	wire.PutBegin(begin, 6, wire.Bytes)
	receive(1, run(0, 0, invokeFrame(1, `{"cmd":"read","channels":[1,3],"body":"json"}`,
		`{"S":"__CHANNEL__:1","J":"__CHANNEL__:3"}`)))
	<-connected // until then a frame on them breaks a rule
	receive(4, run(3, 0, data(wire.JSON, `"json"`)))
	receive(3, run(1, 2, data(wire.Middle, "def"[:1]), data(wire.Bytes, "early"),
		data(wire.End, "ef")))
	receive(2, run(1, 0, data(wire.Bytes, "first"),
		data(wire.Begin, string(append(begin, "abc"...)))),
		run(0, 1, invokeFrame(2, `{"cmd":"body","headers":{"h":"+header"},"body":"bytes"}`,
			"a body")))
	close(all)
	seen := map[string]int{}
	for i := range 5 {
		seen[<-got] = i
	}
	for _, want := range []string{"first", "early", "abcdef", "json", "a body+header"} {
		if _, ok := seen[want]; !ok {
			t.Errorf("%q did not come: %v", want, seen)
		}
	}
	if seen["first"] > seen["early"] || seen["early"] > seen["abcdef"] {
		t.Errorf("wrong order: %v", seen)
	}
}
