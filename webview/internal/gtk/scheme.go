//go:build linux && cgo

package gtk

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/cgo"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// schemeRequest is one held request of WebKit's. The C side takes its answer from any goroutine,
// and finishes it on the main thread.
type schemeRequest struct{ request *C.tr_request }

var _ view.Responder = schemeRequest{}

var _ = [1]struct{}{}[view.MaxHead-C.TR_MAX_HEAD]

// Content types of control answers. The C side keeps using them.
var controlTypes = [...]*C.char{
	view.KindBytes: C.CString("application/octet-stream"),
	view.KindJSON:  C.CString("application/json"),
}

// Control implements view.Responder: one copy of the body, into memory that WebKit reads from and
// frees.
func (r schemeRequest) Control(status int, k view.ContentKind, cors bool, body [][]byte, n int) {
	a := C.tr_answer{status: C.int(status), cors: cBool(cors), content_type: controlTypes[k],
		length: C.int64_t(n), fd: -1}
	if n > 0 {
		a.body = C.tr_buffer_take(C.size_t(n))
		to := unsafe.Slice((*byte)(a.body), n)
		for _, b := range body {
			to = to[copy(to, b):]
		}
		if len(to) != 0 {
			panic(fmt.Sprintf("webview: an answer of %d bytes has %d fewer in its segments", n,
				len(to)))
		}
	}
	C.tr_reply(r.request, a)
}

// Answer implements view.Responder.
func (r schemeRequest) Answer(status int, h http.Header, cors bool, body []byte, read func()) {
	a := C.tr_answer{status: C.int(status), cors: cBool(cors), length: C.int64_t(len(body)), fd: -1}
	a.content_type, a.headers = cHeaders(h)
	if len(body) > 0 {
		a.body = C.tr_buffer_take(C.size_t(len(body)))
		copy(unsafe.Slice((*byte)(a.body), len(body)), body)
		a.read = C.uintptr_t(cgo.NewHandle(read))
	}
	C.tr_reply(r.request, a)
	if len(body) == 0 {
		read()
	}
}

// goRead is called by the C side, on any thread.
//
//export goRead
func goRead(h C.uintptr_t) {
	read := cgo.Handle(h).Value().(func())
	cgo.Handle(h).Delete()
	read()
}

// cHeaders gives the content type and the headers as the C side takes them, which frees them.
// WebKit needs the type on its own, and the page sees only what is among the headers.
func cHeaders(h http.Header) (contentType, pairs *C.char) {
	if t := h.Get("Content-Type"); t != "" {
		contentType = C.CString(t)
	}
	var b []byte
	for name, values := range h {
		for _, v := range values {
			b = append(append(append(append(b, name...), 0), v...), 0)
		}
	}
	return contentType, (*C.char)(C.CBytes(append(b, 0)))
}

// goHeaders reads pairs of NUL-terminated name and value.
func goHeaders(pairs []byte) http.Header {
	h := http.Header{}
	name, rest, ok := strings.Cut(string(pairs), "\x00")
	for ; ok; name, rest, ok = strings.Cut(rest, "\x00") {
		var value string
		value, rest, _ = strings.Cut(rest, "\x00")
		h.Add(name, value)
	}
	return h
}

func cBool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// goRequest is called by the C side, on the main thread.
//
//export goRequest
func goRequest(h C.uintptr_t, c *C.tr_incoming, r *C.tr_request) {
	in := &view.Request{
		Method:     C.GoString(c.method),
		URI:        C.GoString(c.uri),
		Active:     C.GoString(c.active),
		Origin:     C.GoString(c.origin),
		Version:    C.GoString(c.version),
		Session:    C.GoString(c.session),
		Memory:     C.GoString(c.memory),
		TooLarge:   c.body_len == C.TR_TOO_LONG,
		Unreadable: c.body_len == C.TR_UNREADABLE,
		LongHead:   c.head_too_long != 0,
	}
	if c.headers != nil {
		in.Header = goHeaders(C.GoBytes(unsafe.Pointer(c.headers), C.int(c.headers_len)))
		in.Header.Del("Accept-Encoding") // WebKit decodes no answer of a scheme
	}
	in.Take = func() (io.ReadCloser, bool) { return takeBody(r) }
	if c.body_len > 0 {
		in.Body = append([]byte(nil), unsafe.Slice((*byte)(c.body), int(c.body_len))...)
	}
	hostOf(h).Request(in, schemeRequest{r})
}

//export goLastWords
func goLastWords(h C.uintptr_t, text unsafe.Pointer, length C.size_t) {
	hostOf(h).LastWords(unsafe.Slice((*byte)(text), length))
}

// Stream implements view.Responder, by a pipe: GIO polls its read end on the main thread, and
// closes it when the page does not want the rest, which the writer gets as EPIPE.
func (r schemeRequest) Stream(status int, h http.Header, cors bool, n int64) (view.Body, error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("webview: failed to make a pipe: %w", err)
	}
	a := C.tr_answer{status: C.int(status), cors: cBool(cors), length: C.int64_t(n),
		fd: C.int(ends[0])}
	a.content_type, a.headers = cHeaders(h)
	C.tr_reply(r.request, a)
	return &answerPipe{os.NewFile(uintptr(ends[1]), "webview asset"), r.request}, nil
}

// answerPipe writes into a pipe that WebKit reads. One goroutine uses it.
type answerPipe struct {
	pipe    *os.File
	request *C.tr_request
}

var _ view.Body = (*answerPipe)(nil)

// Write implements io.Writer. It fails when the page does not want the rest.
func (p *answerPipe) Write(b []byte) (int, error) { return p.pipe.Write(b) }

// End implements view.Body. One that was cut off is told so before the end of the pipe would make
// it look whole.
func (p *answerPipe) End(whole bool) {
	C.tr_end(p.request, cBool(!whole))
	if whole {
		p.pipe.Close()
		return
	}
	mainloop.Post(func() { p.pipe.Close() })
}

// WhenGone implements view.Body: nobody reads the pipe any more. Of a pipe's writing end the only
// event for who waits to read is that.
func (p *answerPipe) WhenGone(f func()) {
	c, err := p.pipe.SyscallConn()
	if err != nil {
		return // it is closed already
	}
	go func() {
		woken := false
		if c.Read(func(uintptr) bool { first := !woken; woken = true; return !first }) == nil {
			f()
		}
	}()
}

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
	mainloop.Post(func() {
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
		return nil, view.ErrGone
	}
}

// Until has reads fail when the channel is closed. It is called before the first one.
func (s *schemeBody) Until(over <-chan struct{}) { s.over = over }

// Close implements io.Closer.
func (s *schemeBody) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		mainloop.Post(func() { C.tr_body_close(s.stream) })
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
