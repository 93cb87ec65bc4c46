//go:build linux && (amd64 || arm64)

package shm

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// name stands in figures and logs.
const name = "shm"

// phase is a carrier's state. It only goes on.
type phase uint8

const (
	phaseOffered phase = iota // the page has not attached yet
	phaseActive               // batches go through shared memory
	phaseDown                 // the session is back on the pulls
	phaseClosed
)

// Carrier is the carrier of one session. See the package documentation for who may call what.
type Carrier struct {
	// Set by New, then only read; port by Bind.
	pulls  *pulls.Carrier
	log    *slog.Logger
	opt    Options
	sizes  sizes
	region *region
	socket *slotSocket
	bell   *os.File // Go's end of the bells: the reader waits for it
	port   transport.Port

	left     atomic.Bool // shared memory was left, which is not logged yet
	attached atomic.Bool // phase is phaseActive

	mu       sync.Mutex // may be held when the region's and the socket's are taken
	phase    phase
	reason   string
	offers   []*os.File
	ringing  int    // the descriptor of bell, -1 after the end
	down, up []byte // mapped from Bind on, until the reader has ended
	queue    queue  // used until phaseDown
	reading  bool   // the reader runs
}

var _ transport.Carrier = (*Carrier)(nil)

// sizes are those that tests change; 0 stands for the right one.
type sizes struct{ slot, queue, up int }

// New prepares the shared memory of one session. The session runs on p until the page has attached,
// and again after a failure; p is closed with the carrier. A carrier that no session was opened
// with must be closed by the caller.
func New(p *pulls.Carrier, o Options) (*Carrier, error) {
	if p == nil {
		return nil, errors.New("shm: the pulls are nil")
	}
	return build(p, o, sizes{slot: slotBytes})
}

func build(p *pulls.Carrier, o Options, z sizes) (*Carrier, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Carrier{
		pulls: p, log: o.Logger, opt: o, sizes: z, reason: "the page has not attached yet",
		ringing: -1,
	}
	if err := c.open(); err != nil {
		c.leave(phaseClosed, err.Error())
		return nil, err
	}
	return c, nil
}

// Name implements transport.Carrier: "shm" while the page is attached, else the name of the pulls.
func (c *Carrier) Name() string {
	if c.attached.Load() {
		return name
	}
	return c.pulls.Name()
}

// Active reports whether batches go through shared memory.
func (c *Carrier) Active() bool { return c.attached.Load() }

// Settled reports whether it is known which carrier the session has: the page has attached, or will
// not.
func (c *Carrier) Settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase != phaseOffered
}

// Reason says why the session is on the carrier that Name gives.
func (c *Carrier) Reason() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// Ready implements transport.Carrier.
func (c *Carrier) Ready() bool {
	if !c.attached.Load() {
		return c.pulls.Ready()
	}
	c.mu.Lock()
	if c.phase != phaseActive {
		c.mu.Unlock()
		return c.pulls.Ready()
	}
	ok, err := c.queue.ready()
	c.mu.Unlock()
	if err != nil {
		c.Down(err.Error())
		return c.pulls.Ready()
	}
	c.region.progress()
	if _, clear := c.socket.clear(); !clear {
		return false // the socket's goroutine wakes the drainer
	}
	return ok
}

// Deliver implements transport.Carrier.
func (c *Carrier) Deliver(b *transport.Batch) bool {
	if !c.attached.Load() {
		return c.overPulls(b)
	}
	c.mu.Lock()
	if c.phase != phaseActive {
		c.mu.Unlock()
		return c.overPulls(b)
	}
	ok, err := false, error(nil)
	if sent, clear := c.socket.clear(); clear {
		ok, err = c.queue.put(b, sent, c.region)
	}
	c.mu.Unlock()
	if err != nil {
		c.Down(err.Error())
		return false
	}
	return ok
}

// overPulls hands a batch to the pulls. The first one behind shared memory is logged: a page that
// has gone away takes none.
func (c *Carrier) overPulls(b *transport.Batch) bool {
	ok := c.pulls.Deliver(b)
	if ok && c.left.CompareAndSwap(true, false) {
		c.port.Settled()
	}
	return ok
}

// Alloc implements transport.Carrier. While the session may use shared memory, that is where it
// comes from: the error is ErrRegionFull then.
func (c *Carrier) Alloc(n int) ([]byte, error) {
	b, err := c.region.alloc(n)
	if err == nil || errors.Is(err, ErrRegionFull) {
		return b, err
	}
	// The system has no descriptor or mapping left. The carrier copies what lies elsewhere.
	c.log.Warn("shm: a ring is not in shared memory, and slower", "error", err)
	return make([]byte, n), nil
}

// Free implements transport.Carrier.
func (c *Carrier) Free(b []byte) { c.region.release(b) }
