//go:build linux && (amd64 || arm64)

package shm

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// shortage is a system that lacks something for a while.
type shortage struct {
	mu    sync.Mutex
	err   error // nil: over
	tries int
}

func (s *shortage) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = nil
}

func (s *shortage) sendmsg(fd int, p, rights []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.err != nil {
		return s.err
	}
	return sendmsg(fd, p, rights)
}

// Too many descriptors on their way, for one, is no end: records wait until the messages before
// them have gone.
func TestSlotsAreTriedAgain(t *testing.T) {
	for _, err := range []unix.Errno{unix.ETOOMANYREFS, unix.ENOBUFS, unix.ENOMEM, unix.EINTR} {
		t.Run(unix.ErrnoName(err), func(t *testing.T) {
			c, p, at := linked(t, Options{}, sizes{})
			lack := &shortage{err: err}
			c.socket.mu.Lock()
			c.socket.sendmsg = lack.sendmsg
			c.socket.mu.Unlock()
			if err == unix.EINTR { // flush repeats it at once, so it must not last
				time.AfterFunc(10*time.Millisecond, lack.end)
			}
			ring, e := c.Alloc(64 << 10)
			if e != nil {
				t.Fatal(e)
			}
			fill(ring, 7)
			if err != unix.EINTR {
				if c.Ready() || c.Deliver(batch(1, ring[:1000])) {
					t.Fatal("a record was published before the slots that it refers to")
				}
				lack.end()
			}
			for !c.Ready() {
				<-at.woken
			}
			if !c.Deliver(batch(1, ring[:1000])) {
				t.Fatal("not delivered")
			}
			if r, e := p.next(); e != nil || r == nil {
				t.Fatal(r, e)
			}
			if !c.Active() || lack.tries < 2 {
				t.Fatalf("active %v after %d tries: %s", c.Active(), lack.tries, c.Reason())
			}
			c.Free(ring)
		})
	}
}

// A shortage that does not end ends the sending, and every message's descriptor is closed.
func TestSlotsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair, err := unix.Socketpair(unix.AF_UNIX,
			unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(pair[1])
		lack := &shortage{err: unix.ETOOMANYREFS}
		reason := make(chan string, 1)
		s := newSlotSocket(pair[0], 64, func() {}, func(why string) { reason <- why })
		s.sendmsg = lack.sendmsg
		fd, err := memfd(4096)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s.send(slotMessage{opMap, 0, 1, fd})
		why := <-reason
		if took := time.Since(began); took < longestShort || took > longestShort+2*againMost ||
			!strings.Contains(why, "could be sent for") {
			t.Fatalf("given up after %v: %s", took, why)
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
			t.Fatalf("the descriptor of a message that did not go is open: %v", err)
		}
		s.stop()
	})
}
