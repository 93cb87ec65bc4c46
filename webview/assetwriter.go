package webview

import (
	"errors"
	"io"
	"net/http"
	"strconv"
)

// streamFrom is the length from which an answer is streamed instead of held in memory. A pipe
// costs two descriptors and a few system calls, which a small file should not pay.
const streamFrom = 1 << 20

// assetWriter makes a responder's answer of what an http.Handler writes. A large answer goes through a
// pipe with flat memory. One goroutine uses it.
type assetWriter struct {
	to     responder
	cors   bool
	head   bool // the request is a HEAD: no body follows
	header http.Header

	status int // 0: no header was written yet
	held   []byte
	pipe   io.WriteCloser // nil: the answer is held
	err    error
}

var _ http.ResponseWriter = (*assetWriter)(nil)

// Header implements http.ResponseWriter.
func (a *assetWriter) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *assetWriter) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	n, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64)
	if a.head || err != nil || n <= streamFrom {
		return
	}
	a.pipe, a.err = a.to.stream(status, a.header, a.cors, n)
}

// Write implements http.ResponseWriter.
func (a *assetWriter) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	switch {
	case a.err != nil:
		return 0, a.err
	case a.pipe != nil:
		return a.pipe.Write(p)
	}
	a.held = append(a.held, p...)
	return len(p), nil
}

// fail makes the answer one that says that something went wrong; one that is streamed already ends too early.
func (a *assetWriter) fail() {
	if a.status == 0 {
		a.status = http.StatusInternalServerError
	}
	a.err = errFailed
}

// errFailed is a handler that has not returned.
var errFailed = errors.New("webview: the answer was not finished")

// close ends the answer.
func (a *assetWriter) close() {
	a.WriteHeader(http.StatusOK)
	if a.pipe != nil {
		a.pipe.Close()
		return
	}
	if a.err != nil {
		a.header = http.Header{}
		a.status, a.held = http.StatusInternalServerError, nil
	}
	a.to.answer(a.status, a.header, a.cors, a.held)
}
