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
	a := C.tr_answer{status: C.int(status), cors: cBool(cors), length: C.int64_t(n), fd: C.int(ends[0])}
	a.content_type, a.headers = cHeaders(h)
	C.tr_reply(r.request, a)
	return &pacedPipe{
		pipe:    os.NewFile(uintptr(ends[1]), "webview asset"),
		request: r.request,
		window:  r.window,
		behind:  make(chan struct{}, paceSteps),
	}, nil
}

// WebKit reads the pipe as fast as it can, and queues for the web process what that has not taken
// yet: up to 390 MB were seen. So what is on its way is bounded here: to paceSteps steps of paceStep bytes.
// 4 MB keep the way full at 100 MB/s for 40 ms, longer than a page takes to answer.
const (
	paceStep  = 1 << 20
	paceSteps = 4
)

// pacedPipe writes into a pipe no faster than the web process takes it. After each step it asks the
// web process for a sign of life, which comes after the bytes before it were handled. One
// goroutine uses it.
type pacedPipe struct {
	pipe    *os.File
	request *C.tr_request
	window  *Window
	step    int           // bytes of the current step
	behind  chan struct{} // one element a step whose sign has not come
}

var _ answerBody = (*pacedPipe)(nil)

// Write implements io.Writer. It fails when the page does not want the rest, or its window is closed.
func (p *pacedPipe) Write(b []byte) (int, error) {
	if p.step >= paceStep {
		p.step = 0
		select {
		case p.behind <- struct{}{}:
		case <-p.window.done:
			return 0, ErrClosed
		}
		p.window.post(func() { p.window.native.ping(p.behind) })
	}
	n, err := p.pipe.Write(b)
	p.step += n
	return n, err
}

// end implements answerBody. One that was cut off is told so before the end of the pipe would make
// it look whole.
func (p *pacedPipe) end(whole bool) {
	C.tr_end(p.request, cBool(!whole))
	if whole {
		p.pipe.Close()
		return
	}
	post(func() { p.pipe.Close() })
}

// whenGone implements answerBody: nobody reads the pipe any more. Of a pipe's writing end the only
// event for who waits to read is that.
func (p *pacedPipe) whenGone(f func()) {
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

// ping has an element taken out of behind when the web process has handled what was sent to it.
func (n *nativeWindow) ping(behind <-chan struct{}) {
	if n.view == nil {
		<-behind
		return
	}
	C.tr_view_ping(n.view, C.uintptr_t(cgo.NewHandle(behind)))
}

// goPong is called by the C side, on the main thread.
//
//export goPong
func goPong(h C.uintptr_t) {
	behind := cgo.Handle(h).Value().(<-chan struct{})
	cgo.Handle(h).Delete()
	<-behind
}
