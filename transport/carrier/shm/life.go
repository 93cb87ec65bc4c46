//go:build linux && (amd64 || arm64)

package shm

import (
	"log/slog"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"golang.org/x/sys/unix"
)

// Reasons.
const (
	// processGone: the socket has ended. That is how a reload, a closed window and a crash begin,
	// too.
	processGone = "the page or its process is gone"
	gaveUp      = "the page gave shared memory up"
)

// ringPage rings the page's bell. The caller holds mu.
func (c *Carrier) ringPage() {
	if c.ringing >= 0 {
		// A socket that takes no more has bells that the page has not heard. One without the page's
		// end: watch sees that.
		_ = unix.Send(c.ringing, []byte{1}, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	}
}

// leave goes to a later state, if it is one, and gives the state before. With the first such step
// Go's half of the link goes.
func (c *Carrier) leave(to phase, reason string) (was phase, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was = c.phase
	if was >= to {
		return was, false
	}
	c.phase = to
	if was >= phaseDown {
		return was, true
	}
	c.reason = reason
	c.attached.Store(false)
	if c.down != nil {
		word32(c.down, downClosed).Store(1)
	}
	c.ringPage()
	c.ringing = -1
	for _, f := range c.offers {
		f.Close()
	}
	c.offers = nil
	if c.socket != nil {
		c.socket.stop()
	}
	if c.reading {
		_ = c.bell.SetReadDeadline(time.Unix(1, 0)) // the reader sees the state, and unlinks
	} else {
		c.unlink()
	}
	if c.region != nil {
		c.region.end()
	}
	return was, true
}

// unlink gives the records' memory back. Nobody uses it any more. The caller holds mu.
func (c *Carrier) unlink() {
	if c.bell != nil {
		c.bell.Close()
	}
	if c.down != nil {
		unmap(c.down)
		unmap(c.up)
	}
	c.down, c.up = nil, nil
	c.queue.down, c.queue.up, c.queue.data = nil, nil, nil
}

// Down leaves shared memory for good: the session goes on over the pulls, and sends again what has
// no receipt. Only the first call does something. Any goroutine may call it.
//
// Nothing is lost when a batch is being delivered meanwhile:
//
//	drainer                                     Down
//	1 the batch is outstanding                  a phaseDown (under mu)
//	2 Deliver, under mu: shared memory if the   b LostAll: all that are outstanding are
//	  phase is phaseActive, else the pulls        to be sent again
//
// If 2 comes before a, then 1 comes before b, which has the batch sent again. If a comes before 2,
// the batch goes by the pulls; that b may have it sent twice is the page's to see, by its number.
func (c *Carrier) Down(reason string) { c.goDown(reason, slog.LevelInfo) }

func (c *Carrier) goDown(reason string, level slog.Level) {
	was, ok := c.leave(phaseDown, reason)
	if !ok {
		return
	}
	c.mu.Lock()
	port := c.port
	c.mu.Unlock()
	if was == phaseActive {
		c.left.Store(true)
	} else if port != nil && level >= slog.LevelInfo {
		port.Settled()
	}
	if port != nil {
		port.LostAll()
	}
}

// Close implements transport.Carrier.
func (c *Carrier) Close(reason *transport.ClosedError) {
	if reason == nil {
		reason = &transport.ClosedError{Reason: "the carrier was closed"}
	}
	c.leave(phaseClosed, reason.Error())
	c.pulls.Close(reason)
}
