//go:build linux && (amd64 || arm64)

package shm

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// slotMessage tells the page's process that slots have memory now, or have lost it.
type slotMessage struct {
	op, first, count uint32
	fd               int // for opMap, else -1
}

// slotSocket sends the messages about slots, in order, through the control socket. Any goroutine may call it.
//
// A record names how many messages must have been handled before it is read, and is published only when all that
// stand before it have been sent: so the page's process, which handles what has come, never has to wait. When
// the socket is full, what follows is kept here, one goroutine waits for the socket, and no record is published meanwhile.
type slotSocket struct {
	mu      sync.Mutex
	socket  *os.File // closed by stop
	fd      int
	sent    uint64
	waiting []slotMessage
	flusher bool // a goroutine waits for the socket
	stopped bool

	limit int                 // of waiting
	woken func()              // called without locks when nothing waits any more
	fail  func(reason string) // called on a goroutine of its own
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

// flush sends what can be sent now. The caller holds mu.
func (s *slotSocket) flush() {
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
		_, err := unix.SendmsgN(s.fd, p[:], rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch err {
		case nil:
			s.sent++
			m.close()
			s.waiting = append(s.waiting[:0], s.waiting[1:]...)
		case unix.EINTR:
		case unix.EAGAIN:
			return
		case unix.EPIPE, unix.ECONNRESET:
			s.failed(processGone)
			return
		default:
			s.failed(fmt.Sprintf("failed to send a message about slots: %v", err))
			return
		}
	}
}

// failed ends the sending. The caller holds mu, and maybe the region's.
func (s *slotSocket) failed(reason string) {
	s.drop()
	go s.fail(reason)
}

func (s *slotSocket) drop() {
	s.stopped = true
	for i := range s.waiting {
		s.waiting[i].close()
	}
	s.waiting = nil
}

// wait sends the rest when the socket has room.
func (s *slotSocket) wait() {
	conn, err := s.socket.SyscallConn()
	if err == nil {
		err = conn.Write(func(uintptr) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.flush()
			done := len(s.waiting) == 0
			s.flusher = !done
			return done
		})
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
