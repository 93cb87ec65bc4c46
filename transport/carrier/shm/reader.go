//go:build linux && (amd64 || arm64)

package shm

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/tailrace-go/tailrace/transport"
)

// errOver ends the reader: the state is down or closed.
var errOver = errors.New("shm: over")

// read is the reader's goroutine: it takes what the page sends, and looks at its bell.
func (c *Carrier) read(largest int) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.unlink()
	}()
	u := upRing{down: c.down, up: c.up, data: c.up[content:], largest: largest}
	for rung := make([]byte, 64); ; {
		err := c.takeUp(&u)
		if err == nil && u.asleep() {
			if _, err = c.bell.Read(rung); err != nil {
				c.gone() // as a rule that was done already: leave has ended the reading
				_ = c.takeUp(&u)
				return
			}
		}
		switch {
		case errors.Is(err, errOver):
			// its Close is on its way, or was the reason
			c.leave(phaseDown, "the session has ended")
			return
		case err != nil:
			c.Down(err.Error())
			return
		}
	}
}

// takeUp takes all records of the up ring: what the page has sent before it left, too. When it is
// not there any more, nobody would send that again.
func (c *Carrier) takeUp(u *upRing) error {
	for {
		left := c.look()
		if c.closed() {
			return errOver
		}
		p, err := u.next()
		if p == nil {
			return errors.Join(left, err)
		}
		if _, err := c.port.Receive(p); errors.Is(err, transport.ErrLost) {
			return fmt.Errorf("the page sends what is no whole batch: %w", err)
		} else if err != nil {
			return errOver // the session has ended, and closes the carrier
		}
		u.took()
		if u.wanted() {
			c.mu.Lock()
			c.ringPage()
			c.mu.Unlock()
		}
	}
}

// closed reports whether the session has ended.
func (c *Carrier) closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase == phaseClosed
}

// look attaches the page when it is there, and wakes the drainer when the page has read what it
// waits for.
func (c *Carrier) look() error {
	c.mu.Lock()
	was := c.phase
	err := c.lookLocked()
	wake := err == nil && (c.queue.granted() || was != c.phase)
	attached := was != c.phase
	c.mu.Unlock()
	if attached {
		c.port.Settled()
		c.pulls.Release()
	}
	if wake {
		c.port.Wake()
	}
	c.region.progress()
	return err
}

func (c *Carrier) lookLocked() error {
	if c.phase >= phaseDown {
		return errOver
	}
	switch s := word32(c.up, upState).Load(); {
	case s == pageFailed:
		return errors.New(gaveUp)
	case s == pageAttached && c.phase == phaseOffered:
		c.phase, c.reason = phaseActive, "the page has attached"
		c.attached.Store(true)
	case s > pageFailed || s == pageOffered && c.phase == phaseActive:
		return fmt.Errorf("the page's state is %d", s)
	}
	if c.phase == phaseOffered {
		return nil
	}
	return c.queue.consumed()
}

// watch waits for the end of the page's process.
func (c *Carrier) watch() {
	var b [messageSize]byte
	if n, _ := c.socket.socket.Read(b[:]); n > 0 {
		c.Down("the page's process writes into the socket")
		return
	}
	c.gone()
}

// gone leaves shared memory because the page's end of a socket is closed.
func (c *Carrier) gone() {
	c.mu.Lock()
	reason := processGone
	if c.up != nil && word32(c.up, upState).Load() == pageFailed {
		reason = gaveUp
	}
	c.mu.Unlock()
	c.goDown(reason, slog.LevelDebug)
}
