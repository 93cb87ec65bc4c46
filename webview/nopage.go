package webview

import (
	"net/http"
	"sync"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Some answers of ours are no pages of the app, should a window show them: errors, what is
// refused to who asks, and files of the system. They are documents with an origin of their own
// and without scripts, and their window has no session. What a page may not ask for does not take
// its place.

// documentHeader says within this package what an answer is. WebKit does not tell of a header of
// our own when another origin has led there: see notes.
const (
	documentHeader  = "Tailrace-Document"
	documentError   = "error"
	documentRefused = "refused"
	documentApart   = "file"
)

// noPage makes an answer of ours with an error such a document. The native side does so with
// those of control.
func noPage(h http.Header, status int) {
	h.Set(documentHeader, documentOf(status))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}

func documentOf(status int) string {
	switch {
	case status == http.StatusForbidden:
		return documentRefused
	case status >= 400:
		return documentError
	}
	return ""
}

// notes say what was answered to navigations, until WebKit tells that it has the answer. Any
// goroutine.
type notes struct {
	mu    sync.Mutex
	what  map[string]string // by the URL without its fragment
	order []string
}

// mostNotes bounds the notes: those of navigations that were given up stay.
const mostNotes = 256

func (n *notes) put(uri, what string) {
	uri = withoutFragment(uri)
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, there := n.what[uri]; there {
		n.what[uri] = what
		return
	}
	if what == "" {
		return
	}
	if len(n.order) >= mostNotes {
		delete(n.what, n.order[0])
		n.order = n.order[1:]
	}
	if n.what == nil {
		n.what = make(map[string]string)
	}
	n.what[uri] = what
	n.order = append(n.order, uri)
}

// take gives what was answered, "" for a page of the app, and forgets it.
func (n *notes) take(uri string) string {
	uri = withoutFragment(uri)
	n.mu.Lock()
	defer n.mu.Unlock()
	what, there := n.what[uri]
	if there {
		delete(n.what, uri)
		for i, o := range n.order {
			if o == uri {
				n.order = append(n.order[:i:i], n.order[i+1:]...)
				break
			}
		}
	}
	return what
}

// noting is a view.Responder that notes what it answers to a navigation.
type noting struct {
	view.Responder
	notes *notes
	uri   string
}

func (n noting) Control(status int, k view.ContentKind, cors bool, body [][]byte, length int) {
	n.notes.put(n.uri, documentOf(status))
	n.Responder.Control(status, k, cors, body, length)
}

func (n noting) Answer(status int, h http.Header, cors bool, body []byte, read func()) {
	n.notes.put(n.uri, h.Get(documentHeader))
	n.Responder.Answer(status, h, cors, body, read)
}

func (n noting) Stream(status int, h http.Header, cors bool, length int64) (view.Body, error) {
	n.notes.put(n.uri, h.Get(documentHeader))
	return n.Responder.Stream(status, h, cors, length)
}
