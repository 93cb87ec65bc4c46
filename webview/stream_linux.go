//go:build linux && cgo

package webview

/*
#include "gtk.h"
*/
import "C"

import (
	"fmt"
	"net/http"
	"os"
	"runtime/cgo"
	"syscall"
)

// stream implements responder, by a pipe: GIO polls its read end on the main thread, and closes it
// when the page does not want the rest, which the writer gets as EPIPE.
func (r schemeRequest) stream(status int, h http.Header, cors bool, n int64) (answerBody, error) {
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

var _ answerBody = (*answerPipe)(nil)

// Write implements io.Writer. It fails when the page does not want the rest.
func (p *answerPipe) Write(b []byte) (int, error) { return p.pipe.Write(b) }

// end implements answerBody. One that was cut off is told so before the end of the pipe would make
// it look whole.
func (p *answerPipe) end(whole bool) {
	C.tr_end(p.request, cBool(!whole))
	if whole {
		p.pipe.Close()
		return
	}
	post(func() { p.pipe.Close() })
}

// whenGone implements answerBody: nobody reads the pipe any more. Of a pipe's writing end the only
// event for who waits to read is that.
func (p *answerPipe) whenGone(f func()) {
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

// ping has pong called when the web process has handled what was sent to it, or there is none.
func (n *nativeWindow) ping(pong func()) {
	if n.view == nil {
		pong()
		return
	}
	C.tr_view_ping(n.view, C.uintptr_t(cgo.NewHandle(pong)))
}

// goPong is called by the C side, on the main thread.
//
//export goPong
func goPong(h C.uintptr_t) {
	pong := cgo.Handle(h).Value().(func())
	cgo.Handle(h).Delete()
	pong()
}
