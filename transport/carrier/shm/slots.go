//go:build linux && (amd64 || arm64)

package shm

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// slotMessage tells the page's process that slots have memory now, or have lost it.
type slotMessage struct {
	op, first, count uint32
	fd               int // for opMap, else -1
}

// slotSocket sends the messages about slots, in order, through the control socket. Any goroutine
// may call it.
//
// A record names how many messages must have been handled before it is read, and is published only
// when all that stand before it have been sent: so the page's process, which handles what has come,
// never has to wait. When the socket is full, what follows is kept here, one goroutine waits for
// the socket, and no record is published meanwhile. It waits a little, and tries again, too, when
// the system lacks memory, or has too many descriptors on their way between processes of this user:
// that can be another program's doing. After longestShort without a message that went, shared
// memory is left.
type slotSocket struct {
	mu      sync.Mutex
	socket  *os.File // closed by stop
	fd      int
	sent    uint64
	waiting []slotMessage
	flusher bool // a goroutine waits for the socket
	stopped bool

	limit   int           // of waiting
	short   time.Time     // since when the system has lacked what a message needs; zero: it has not
	over    chan struct{} // closed by drop
	woken   func()        // called without locks when nothing waits any more
	sendmsg func(fd int, p, rights []byte) error
	fail    func(reason string) // called on a goroutine of its own
}

func newSlotSocket(fd, limit int, woken func(), fail func(reason string)) *slotSocket {
	return &slotSocket{
		socket: os.NewFile(uintptr(fd), "slots"), fd: fd, limit: limit, over: make(chan struct{}),
		woken: woken, fail: fail, sendmsg: sendmsg,
	}
}

// send takes the message over, with its descriptor.
func (s *slotSocket) send(m slotMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		m.close()
		return
	}
	s.waiting = append(s.waiting, m)
	s.flush()
	switch {
	case len(s.waiting) > s.limit:
		s.failed("the page's process takes no messages about slots")
	case len(s.waiting) > 0 && !s.flusher:
		s.flusher = true
		go s.wait()
	}
}

func (m *slotMessage) close() {
	if m.fd >= 0 {
		unix.Close(m.fd)
	}
}

// How often to try again what the system lacked something for, and for how long.
const (
	againFirst   = time.Millisecond
	againMost    = 100 * time.Millisecond
	longestShort = 5 * time.Second
)

// flush sends what can be sent now. later: the rest is to be tried again in a while. The caller
// holds mu.
func (s *slotSocket) flush() (later bool) {
	for len(s.waiting) > 0 && !s.stopped {
		m := &s.waiting[0]
		var p [messageSize]byte
		le := binary.LittleEndian
		le.PutUint32(p[0:], m.op)
		le.PutUint32(p[4:], m.first)
		le.PutUint32(p[8:], m.count)
		var rights []byte
		if m.fd >= 0 {
			rights = unix.UnixRights(m.fd)
		}
		switch err := s.sendmsg(s.fd, p[:], rights); err {
		case nil:
			s.sent++
			s.short = time.Time{}
			m.close()
			s.waiting = append(s.waiting[:0], s.waiting[1:]...)
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		case unix.EPIPE, unix.ECONNRESET:
			s.failed(processGone)
		case unix.ETOOMANYREFS, unix.ENOBUFS, unix.ENOMEM:
			now := time.Now()
			if s.short.IsZero() {
				s.short = now
			}
			if now.Sub(s.short) < longestShort {
				return true
			}
			s.failed(fmt.Sprintf("no message about slots could be sent for %v: %v", longestShort,
				err))
		default:
			s.failed(fmt.Sprintf("failed to send a message about slots: %v", err))
		}
	}
	return false
}

// sendmsg sends one message without waiting.
func sendmsg(fd int, p, rights []byte) error {
	_, err := unix.SendmsgN(fd, p, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return err
}

// failed ends the sending. The caller holds mu, and maybe the region's.
func (s *slotSocket) failed(reason string) {
	s.drop()
	go s.fail(reason)
}

func (s *slotSocket) drop() {
	if !s.stopped {
		close(s.over)
	}
	s.stopped = true
	for i := range s.waiting {
		s.waiting[i].close()
	}
	s.waiting = nil
}

// wait sends the rest when the socket has room, or the system what was lacking.
func (s *slotSocket) wait() {
	conn, err := s.socket.SyscallConn()
	for pause, later := againFirst, true; err == nil && later; pause = min(2*pause, againMost) {
		err = conn.Write(func(uintptr) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			later = s.flush()
			done := len(s.waiting) == 0
			s.flusher = !done
			return done || later
		})
		if err == nil && later {
			select {
			case <-time.After(pause):
			case <-s.over:
				return
			}
		}
	}
	if err == nil {
		s.woken()
	}
}

// clear reports whether all messages have been sent, and how many there were.
func (s *slotSocket) clear() (sent uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, len(s.waiting) == 0 && !s.stopped
}

// stop ends the sending; the page's process sees the end of the socket.
func (s *slotSocket) stop() {
	s.mu.Lock()
	s.drop()
	s.mu.Unlock()
	s.socket.Close()
}
