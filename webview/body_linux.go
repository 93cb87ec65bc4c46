//go:build linux && cgo

package webview

/*
#include "gtk.h"
*/
import "C"

import (
	"errors"
	"io"
	"runtime/cgo"
	"sync"
	"unsafe"
)

// schemeBody is the body of a request, which WebKit holds, read piece by piece on the main thread.
// One goroutine reads; any may close.
type schemeBody struct {
	stream unsafe.Pointer  // GInputStream
	over   <-chan struct{} // closed when nobody runs the main thread for it any more

	left []byte // of the last piece
	err  error  // what every further Read gives

	mu     sync.Mutex
	closed bool
}

var _ io.ReadCloser = (*schemeBody)(nil)

// takeBody gives the body of a request without an answer: nil and true for one that WebKit can't
// read. Main thread only.
func takeBody(r *C.tr_request) (io.ReadCloser, bool) {
	var unreadable C.int
	stream := C.tr_body_take(r, &unreadable)
	if stream == nil {
		return nil, unreadable != 0
	}
	return &schemeBody{stream: stream}, false
}

// piece is what one turn on the main thread has read.
type piece struct {
	b   []byte
	err error
}

// Read implements io.Reader.
func (s *schemeBody) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(s.left) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.left, s.err = s.next()
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

var errBodyClosed = errors.New("webview: the request's body is closed")

// next gives the next piece.
func (s *schemeBody) next() ([]byte, error) {
	came := make(chan piece, 1)
	post(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			came <- piece{err: errBodyClosed}
			return
		}
		C.tr_body_read(s.stream, C.uintptr_t(cgo.NewHandle(came)))
	})
	select {
	case p := <-came:
		return p.b, p.err
	case <-s.over:
		return nil, errPageGone
	}
}

// until has reads fail when the channel is closed. It is called before the first one.
func (s *schemeBody) until(over <-chan struct{}) { s.over = over }

// Close implements io.Closer.
func (s *schemeBody) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		post(func() { C.tr_body_close(s.stream) })
	}
	return nil
}

// goBody is called by the C side, on the main thread.
//
//export goBody
func goBody(h C.uintptr_t, b unsafe.Pointer, n C.int64_t) {
	came := cgo.Handle(h).Value().(chan piece)
	cgo.Handle(h).Delete()
	switch {
	case n > 0:
		came <- piece{b: C.GoBytes(b, C.int(n))}
	case n == 0:
		came <- piece{err: io.EOF}
	default:
		came <- piece{err: errors.New("webview: the request's body can't be read")}
	}
}
