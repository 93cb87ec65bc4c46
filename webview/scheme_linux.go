//go:build linux && cgo

package webview

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"fmt"
	"io"
	"net/http"
	"runtime/cgo"
	"strings"
	"unsafe"

	"github.com/tailrace-go/tailrace/internal/faults"
)

// schemeRequest is one held request of WebKit's. The C side takes its answer from any goroutine,
// and finishes it on the main thread.
type schemeRequest struct {
	window  *Window
	request *C.tr_request
}

var _ responder = schemeRequest{}

var _ = [1]struct{}{}[maxRequestHead-C.TR_MAX_HEAD]

// Content types of control answers. The C side keeps using them.
var controlTypes = [...]*C.char{
	kindBytes: C.CString("application/octet-stream"),
	kindJSON:  C.CString("application/json"),
}

// control implements responder: one copy of the body, into memory that WebKit reads from and frees.
func (r schemeRequest) control(status int, k contentKind, cors bool, body [][]byte, n int) {
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

// answer implements responder.
func (r schemeRequest) answer(status int, h http.Header, cors bool, body []byte, read func()) {
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
	in := &incoming{
		method:     C.GoString(c.method),
		uri:        C.GoString(c.uri),
		active:     C.GoString(c.active),
		origin:     C.GoString(c.origin),
		version:    C.GoString(c.version),
		session:    C.GoString(c.session),
		memory:     C.GoString(c.memory),
		tooLarge:   c.body_len == C.TR_TOO_LONG,
		unreadable: c.body_len == C.TR_UNREADABLE,
		longHead:   c.head_too_long != 0,
	}
	if c.headers != nil {
		in.header = goHeaders(C.GoBytes(unsafe.Pointer(c.headers), C.int(c.headers_len)))
	}
	in.take = func() (io.ReadCloser, bool) { return takeBody(r) }
	if c.body_len > 0 {
		in.body = append([]byte(nil), unsafe.Slice((*byte)(c.body), int(c.body_len))...)
	}
	w := windowOf(h)
	var to responder = schemeRequest{w, r}
	if i := faults.Active(); i != nil {
		if to = disturb(i, w, in, schemeRequest{w, r}); to == nil {
			return
		}
	}
	w.request(in, to)
}

//export goLastWords
func goLastWords(h C.uintptr_t, text unsafe.Pointer, length C.size_t) {
	windowOf(h).lastWords(unsafe.Slice((*byte)(text), length))
}
