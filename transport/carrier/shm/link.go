//go:build linux && (amd64 || arm64)

package shm

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/transport"
	"golang.org/x/sys/unix"
)

// Supported says why this system has no shared memory, nil if it has. It needs Linux 5.1 or later,
// for the seals.
func Supported() error { return supported() }

// works is set once it has been tried with success: what fails may be for want of descriptors or
// memory, and pass.
var works atomic.Bool

func supported() error {
	if works.Load() {
		return nil
	}
	fd, b, err := mapped(content, unix.PROT_READ|unix.PROT_WRITE, readOnly)
	if err != nil {
		return err
	}
	unmap(b)
	unix.Close(fd)
	works.Store(true)
	return nil
}

// open makes what does not depend on the session's options.
func (c *Carrier) open() error {
	if err := Supported(); err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX,
		unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("shm: failed to make a socket: %w", err)
	}
	n := int(c.opt.Region)
	c.socket = newSlotSocket(pair[0], max(64, 4*n/c.sizes.slot), func() { c.port.Wake() }, c.Down)
	theirs := os.NewFile(uintptr(pair[1]), "slots, the page's end")
	bells, err := unix.Socketpair(unix.AF_UNIX,
		unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		theirs.Close()
		return fmt.Errorf("shm: failed to make the bells: %w", err)
	}
	c.bell, c.ringing = os.NewFile(uintptr(bells[0]), "bells"), bells[0]
	c.offers = []*os.File{os.NewFile(uintptr(bells[1]), "bells, the page's end"), theirs}
	c.region, err = newRegion(n, c.sizes.slot, c.socket, c.queue.written.Load, c.queue.read.Load)
	return err
}

// Bind implements transport.Carrier. When memory can't be had, the session stays on the pulls.
func (c *Carrier) Bind(port transport.Port, o transport.Options) {
	c.pulls.Bind(port, o)
	c.mu.Lock()
	c.port = port
	var err error
	if c.phase == phaseOffered {
		if err = c.link(o.MaxBatch); err == nil {
			c.reading = true
			go c.read(o.MaxBatch + transport.UpSlack)
			go c.watch()
		}
	}
	c.mu.Unlock()
	if err != nil {
		c.Down(err.Error())
	}
}

// link makes the memory of the records. The caller holds mu.
func (c *Carrier) link(maxBatch int) error {
	queued, sent := c.sizes.queue, c.sizes.up
	if queued == 0 {
		queued = queueBytes(maxBatch)
	}
	if sent == 0 {
		sent = upBytes(maxBatch)
	}
	fd, down, err := mapped(content+queued, unix.PROT_READ|unix.PROT_WRITE, readOnly)
	if err != nil {
		return err
	}
	files := []*os.File{os.NewFile(uintptr(fd), "down")}
	fd, up, err := mapped(content+sent, unix.PROT_READ, sized)
	if err != nil {
		files[0].Close()
		unmap(down)
		return err
	}
	files = append(files, os.NewFile(uintptr(fd), "up"))
	c.offers = append(files, c.offers...)
	c.down, c.up = down, up
	le := binary.LittleEndian
	le.PutUint32(down, magic)
	le.PutUint64(down[downRegion:], uint64(c.opt.Region))
	le.PutUint64(down[downSlot:], uint64(c.sizes.slot))
	le.PutUint64(down[downQueue:], uint64(queued))
	le.PutUint64(down[downUp:], uint64(sent))
	le.PutUint64(down[downMaxUp:], uint64(maxBatch+transport.UpSlack))
	q := &c.queue
	q.down, q.up, q.data = down, up, down[content:]
	q.inFlight, q.need, q.ring = c.opt.InFlight, min(2*largestRecord(maxBatch), queued/2),
		c.ringPage
	return nil
}

// Offer gives the descriptors for the page's process, in LAYOUT.md's order, once: the memory that
// Go writes, that which the page writes, its end of the bells, and of the control socket. The
// caller closes them when it has handed them over. Nil: the session stays on the pulls, Reason says
// why, or the carrier is closed.
func (c *Carrier) Offer() []*os.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down == nil {
		return nil
	}
	files := c.offers
	c.offers = nil
	return files
}
