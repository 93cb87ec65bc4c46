package webview

import (
	"context"
	"fmt"
	"sync"
)

// maxRequests bounds the requests of a window that are being answered or wait for it, those of the
// client aside: WebKit keeps each, and each has a goroutine.
const maxRequests = 4096

// maxRequestHead bounds the URL of a request with its headers, maxRequestHeads those of all
// requests of a window that are not answered. WebKit and package http have copies: ten were seen of
// a URL.
const (
	maxRequestHead  = 1 << 20 // as package http's servers
	maxRequestHeads = 16 << 20
)

// requests are those of a window's pages that are being answered. Each has a context that ends with
// its page.
type requests struct {
	mu      sync.Mutex
	running map[*pageRequest]struct{}
	last    uint64
	bytes   int // of URLs and headers
	ended   bool
}

// pageRequest is one of them.
type pageRequest struct {
	number uint64 // later ones have higher numbers
	uri    string // without the fragment
	bytes  int
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// begin notes a request with so many bytes of URL and headers; nil: there are too many, or the
// window is closed.
func (r *requests) begin(w *Window, uri string, bytes int) *pageRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || len(r.running) >= maxRequests || r.bytes+bytes > maxRequestHeads {
		return nil
	}
	if r.running == nil {
		r.running = make(map[*pageRequest]struct{})
	}
	r.last++
	r.bytes += bytes
	a := &pageRequest{number: r.last, uri: withoutFragment(uri), bytes: bytes}
	a.ctx, a.cancel = context.WithCancelCause(context.WithValue(context.Background(), windowKey{}, w))
	r.running[a] = struct{}{}
	return a
}

// end forgets a request that is answered.
func (r *requests) end(a *pageRequest) {
	r.mu.Lock()
	delete(r.running, a)
	r.bytes -= a.bytes
	r.mu.Unlock()
	a.cancel(nil)
}

// shown is told that a document was committed: the requests of the document before are over. That
// of the new document itself is the last one with its URL, and goes on.
func (r *requests) shown(uri string) {
	uri = withoutFragment(uri)
	r.mu.Lock()
	defer r.mu.Unlock()
	var document *pageRequest
	for a := range r.running {
		if a.uri == uri && (document == nil || a.number > document.number) {
			document = a
		}
	}
	for a := range r.running {
		if a != document {
			a.cancel(errPageGone)
		}
	}
}

// gone is told that the page is gone, and with closed the window.
func (r *requests) gone(closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = r.ended || closed
	for a := range r.running {
		a.cancel(errPageGone)
	}
}

var errPageGone = fmt.Errorf("%w: the page is gone", ErrClosed)

// headBytes counts the URL and the headers of a request.
func headBytes(in *incoming) int {
	n := len(in.uri)
	for name, values := range in.header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// windowKey is that of the window in the context of a request.
type windowKey struct{}
