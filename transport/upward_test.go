package transport_test

import (
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/wire"
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
	t.Cleanup(func() { s.End("test is over") })
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
	b := wire.AppendRun(wire.AppendHeader(nil, &wire.Header{Number: u.number}), lane, u.next[lane], frames...)
	u.next[lane] += uint64(len(frames))
	_, err := u.carrier.port.Receive(wire.Finish(b))
	return err
}

func (u *upPage) invoke(id uint32, envelope, body string) {
	u.t.Helper()
	u.send(0, invokeFrame(id, envelope, body))
}
