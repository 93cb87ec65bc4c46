package serving

import (
	"context"
	"io"
	"net/http"

	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// ControlPath is where everything but files and Fallback lives.
const ControlPath = "/.tailrace/"

// Request is what a page asks.
type Request struct {
	// Method is that of HTTP, URI what is asked for, absolute and as the page's browser writes it.
	Method, URI string
	// Active is the URI of the main frame as its window has it: that of a navigation in progress,
	// if there is one.
	Active string
	// Shown is what the window shows as the request comes.
	Shown Shown
	// Origin, Version, Session and Memory are the headers Origin, with all its values,
	// Tailrace-Version, Tailrace-Session and Tailrace-Memory; "" if missing.
	Origin, Version, Session, Memory string
	// Body is that of a request of the client's, and the session's from then on.
	Body       []byte
	TooLarge   bool // the body is over the bound that Page.MaxBody gives, and not read
	Unreadable bool // the body can't be read: it has a Blob or a File in it

	// Header has the headers of requests that are not the client's own; nil: it is the client's. A
	// scheme whose answers can't be encoded leaves Accept-Encoding out.
	Header   http.Header
	LongHead bool // the headers are over MaxHead, and not there
	// Take gives the body of such a request, during Serve. It gives nil and false when there is
	// none, nil and true when it can't be read. What it gives may have a method Until(<-chan
	// struct{}) that is called before the first Read: reads fail when the channel is closed.
	Take func() (body io.ReadCloser, unreadable bool)

	from *fromHTTP // nil: it came over a scheme
}

// fromHTTP is a request as a server has it.
type fromHTTP struct {
	*http.Request
	body     *upload
	unproven bool // browsers don't tell who asks at this origin, and nothing else tells
}

// Shown is what a window shows.
type Shown struct {
	// Origin is the app's own origin of the document; "": it is a foreign one, or there is none.
	Origin string
	// Leading says that the main frame loads, and shows nothing of it yet.
	Leading bool
}

// isNavigation says whether a window or a frame navigates. A page can't have a script send both
// headers without CORS.
func isNavigation(h http.Header) bool {
	return acceptsHTML(h) && h.Get("Upgrade-Insecure-Requests") == "1"
}

// goes says whether the main frame goes to what is asked for.
func (r *Request) goes() bool {
	return origin.WithoutFragment(r.URI) == origin.WithoutFragment(r.Active)
}

// mayHaveBody says whether a request of that method may have a body. Browsers send none with the
// others.
func mayHaveBody(method string) bool {
	return method != http.MethodGet && method != http.MethodHead
}

// forHandlers makes the request that files and Fallback get, without its body. ctx is for those of
// a scheme.
func (r *Request) forHandlers(
	ctx context.Context, g origin.Set, target, label string,
) *http.Request {
	u := g.Target(target)
	if r.from != nil {
		req := r.from.WithContext(r.from.Context()) // a copy
		req.URL, req.Body, req.ContentLength = u, http.NoBody, 0
		return req
	}
	req := &http.Request{
		Method: r.Method, URL: u, Host: u.Host, RequestURI: u.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.Header, Body: http.NoBody, RemoteAddr: label,
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	return req.WithContext(ctx)
}

// headBytes counts the URL and the headers of a request.
func (r *Request) headBytes() int {
	n := len(r.URI)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}
