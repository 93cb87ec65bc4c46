//go:build linux && (amd64 || arm64)

package shm

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// port is a session that only keeps what it is told.
type port struct {
	up    chan []byte
	woken chan struct{}
	lost  chan struct{}
	told  chan struct{} // by Settled
}

func newPort() *port {
	return &port{
		up: make(chan []byte, 1024), woken: make(chan struct{}, 1), lost: make(chan struct{}, 16),
		told: make(chan struct{}, 16),
	}
}

func (p *port) Receive(up []byte) (transport.Received, error) {
	p.up <- bytes.Clone(up)
	return transport.Received{}, nil
}

func (p *port) TryReceive([]byte) (transport.Received, bool, error) {
	return transport.Received{}, false, nil
}

func (p *port) Wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

func (p *port) Lost(uint64) {}
func (p *port) LostAll()    { p.lost <- struct{}{} }
func (p *port) Settled()    { p.told <- struct{}{} }
func (p *port) Fail(error)  {}

func (p *port) HoldRequest(int) bool { return true }
func (p *port) LetRequestGo(int)     {}

// engineDefaults are the engine's options that a carrier is bound with.
func engineDefaults(t testing.TB, o transport.Options) transport.Options {
	t.Helper()
	e, err := transport.NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	return e.Options()
}

// linked is a carrier with a peer that has attached, without a session.
func linked(t testing.TB, o Options, z sizes) (*Carrier, *peer, *port) {
	t.Helper()
	o.Logger = quiet
	if z.slot == 0 {
		z.slot = slotBytes
	}
	c, err := build(pulls.New("memory"), o, z)
	if err != nil {
		t.Fatal(err)
	}
	at := newPort()
	c.Bind(at, engineDefaults(t, transport.Options{}))
	t.Cleanup(func() { c.Close(&transport.ClosedError{Reason: "test is over"}) })
	p := newPeer(t, c.Offer())
	p.state(pageAttached)
	eventually(t, "the page is attached", c.Active)
	return c, p, at
}

// batch is a batch of these segments, with wire's header and closing word.
func batch(number uint64, segments ...[]byte) *transport.Batch {
	head := wire.AppendHeader(nil, &wire.Header{Number: number})
	b := &transport.Batch{Number: number, Segments: append([][]byte{head}, segments...)}
	b.Segments = append(b.Segments, head[8:16:16])
	for _, s := range b.Segments {
		b.Len += len(s)
	}
	wire.SetLength(head, b.Len)
	return b
}

// shared is a page whose session is on shared memory from the moment at which attach is called.
type shared struct {
	*transporttest.Page
	carrier *Carrier
	peer    *peer
	over    chan struct{} // closed when the page uses shared memory no more
	reads   sync.WaitGroup
	pulls   *pulls.Carrier

	sending sync.Mutex
	on      bool
	sent    []sentBatch // upward, maybe not taken by Go

	mu    sync.Mutex
	flags map[uint32]int // of records, with how many there were
	apart int
}

type sentBatch struct {
	end  uint64
	body []byte
}

// join makes a page's configuration one over shared memory.
func join(t testing.TB, config *transporttest.Config, o Options, z sizes) *shared {
	t.Helper()
	s := &shared{over: make(chan struct{}), flags: map[uint32]int{}}
	o.Logger = quiet
	if z.slot == 0 {
		z.slot = slotBytes
	}
	config.Send = s.send
	config.Carrier = func(p *pulls.Carrier) transport.Carrier {
		s.pulls = p
		c, err := build(p, o, z)
		if err != nil {
			t.Fatal(err)
		}
		s.carrier = c
		return c
	}
	return s
}

// openShared opens a page over shared memory that has not attached.
func openShared(t testing.TB, e *transport.Engine, o Options, z sizes) *shared {
	t.Helper()
	var config transporttest.Config
	s := join(t, &config, o, z)
	var err error
	if s.Page, err = transporttest.Open(e, config); err != nil {
		t.Fatal(err)
	}
	s.peer = newPeer(t, s.carrier.Offer())
	t.Cleanup(func() {
		s.Page.Close()
		s.reads.Wait()
		if err := transporttest.Leftovers(s.Session); err != nil {
			t.Error(err)
		}
	})
	return s
}

// attach goes over to shared memory.
func (s *shared) attach(t testing.TB) {
	t.Helper()
	s.peer.state(pageAttached)
	eventually(t, "the page is attached", s.carrier.Active)
	s.sending.Lock()
	s.on = true
	s.sending.Unlock()
	s.reads.Go(func() { s.read(t) })
}

// read is the page's loop.
func (s *shared) read(t testing.TB) {
	for {
		r, err := s.peer.take()
		if err != nil {
			if err != errPeerOver {
				t.Errorf("the page: %v", err)
			}
			break
		}
		s.mu.Lock()
		s.flags[r.flags]++
		s.apart += len(r.apart)
		s.mu.Unlock()
		if !s.Handle(r.whole) {
			t.Error("a record's batch is not whole")
		}
	}
	// What Go has not taken goes by the other way.
	s.peer.mu.Lock()
	s.peer.over = true
	s.peer.room.Broadcast()
	s.peer.mu.Unlock()
	taken := s.peer.taken()
	s.sending.Lock()
	s.on = false
	again := s.sent
	s.sent = nil
	s.sending.Unlock()
	for _, b := range again {
		if b.end > taken {
			s.pulls.Request(b.body, func(pulls.Answer) {})
		}
	}
	close(s.over)
}

// send is the page's way upward.
func (s *shared) send(body []byte) bool {
	s.sending.Lock()
	on := s.on
	s.sending.Unlock()
	if !on {
		return false
	}
	if h, err := wire.Decode(body, wire.Up); err == nil && h.Hold > 0 {
		<-s.over
		return false
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	if !s.on || !s.peer.push(body) {
		return false
	}
	end := s.peer.written
	taken := s.peer.taken()
	for len(s.sent) > 0 && s.sent[0].end <= taken {
		s.sent = s.sent[1:]
	}
	s.sent = append(s.sent, sentBatch{end, body})
	return true
}

// descriptors counts the process's open files.
func descriptors(t testing.TB) int {
	t.Helper()
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}
