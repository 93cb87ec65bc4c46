package serving

import (
	"context"
	"fmt"
	"sync"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// maxRequests bounds the requests of a window that are being answered or wait for it, those of the
// client aside: WebKit keeps each, and each has a goroutine.
const maxRequests = 4096

// MaxHead bounds the URL of a request with its headers, in bytes, maxRequestHeads those of all
// requests of a window that are not answered. WebKit and package http have copies: ten were seen of
// a URL. Each takes the UI thread's time, and browsers send less than 1 KiB of headers.
const (
	MaxHead         = 64 << 10
	maxRequestHeads = 16 << 20
)

// Those of documents of other origins, and navigations of the main frame, have bounds of their own.
const (
	maxOutside         = 256
	maxOutsideHeads    = 2 << 20
	maxNavigations     = 64
	maxNavigationHeads = 4 << 20
)

// load is what a window has of one kind of requests: their number, and the bytes of URLs and
// headers.
type load struct{ n, bytes int }

// mostOf bounds the load of each kind. What shows no sender shares it: what is asked for in one of
// the root's folders takes half at most, as places.fits has it.
var mostOf = [askers]load{
	byPage:       {maxRequests, maxRequestHeads},
	byUnknown:    {2 * maxRequests, 2 * maxRequestHeads},
	byOutside:    {maxOutside, maxOutsideHeads},
	byNavigation: {maxNavigations, maxNavigationHeads},
}

// requests are those of a window's pages that are being answered. Each has a context that ends with
// its page.
type requests struct {
	mu      sync.Mutex
	running map[*pageRequest]struct{}
	last    uint64
	loads   [askers]load
	folders map[folder]load // of the requests that show no sender
	ended   bool
}

// pageRequest is one of them.
type pageRequest struct {
	number uint64 // later ones have higher numbers
	uri    string // without the fragment
	by     asker
	folder folder
	bytes  int
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// begin notes a request for a path, with so many bytes of URL and headers; nil: there are too many
// of its kind, or the window is closed.
func (r *requests) begin(
	ctx context.Context, by asker, uri, name string, bytes int,
) *pageRequest {
	a := &pageRequest{uri: origin.WithoutFragment(uri), by: by, bytes: bytes}
	if by == byUnknown {
		a.folder = foldersOf(name)[0]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	free := load{mostOf[by].n - r.loads[by].n, mostOf[by].bytes - r.loads[by].bytes}
	if by == byUnknown {
		free.n -= r.folders[a.folder].n
		free.bytes -= r.folders[a.folder].bytes
	}
	if r.ended || free.n < 1 || free.bytes < bytes {
		return nil
	}
	if r.running == nil {
		r.running, r.folders = map[*pageRequest]struct{}{}, map[folder]load{}
	}
	r.last++
	a.number = r.last
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	r.running[a] = struct{}{}
	r.add(a, 1)
	return a
}

// add adds a request to what there is, or with -1 takes it away.
func (r *requests) add(a *pageRequest, sign int) {
	more := func(l load) load { return load{l.n + sign, l.bytes + sign*a.bytes} }
	r.loads[a.by] = more(r.loads[a.by])
	if a.by != byUnknown {
		return
	}
	if l := more(r.folders[a.folder]); l.n > 0 {
		r.folders[a.folder] = l
	} else {
		delete(r.folders, a.folder)
	}
}

// end forgets a request that is answered.
func (r *requests) end(a *pageRequest) {
	r.mu.Lock()
	delete(r.running, a)
	r.add(a, -1)
	r.mu.Unlock()
	a.cancel(nil)
}

// load gives what all of them are together.
func (r *requests) load() (all load) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.loads {
		all.n += l.n
		all.bytes += l.bytes
	}
	return all
}

// shown is told that a document was committed: the requests of the document before are over. That
// of the new document itself is the last one with its URL, and goes on.
func (r *requests) shown(uri string) {
	uri = origin.WithoutFragment(uri)
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
			a.cancel(ErrGone)
		}
	}
}

// gone is told that the page is gone, and with closed the window.
func (r *requests) gone(closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = r.ended || closed
	for a := range r.running {
		a.cancel(ErrGone)
	}
}

// ErrGone is the cause of the end of a request whose page is gone. It wraps transport.ErrClosed.
var ErrGone = fmt.Errorf("%w: the page is gone", transport.ErrClosed)
