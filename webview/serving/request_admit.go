package serving

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// admit answers a request that is not the client's. A window that shows a foreign page gets just
// the page that it navigates to; that it is not for a frame is seen to where WebKit tells whether
// it is.
func (v *Viewer) admit(r *Request, target string, a Reply) {
	head := r.headBytes()
	if r.LongHead || head > MaxHead {
		v.overdone(a, http.StatusRequestHeaderFieldsTooLarge,
			fmt.Sprintf("the request's URL and headers are over %d bytes", MaxHead))
		return
	}
	foreign, why := v.foreign(r)
	if why != "" {
		a.Refuse(http.StatusForbidden, transport.CodeForbidden, why)
		return
	}
	if status, why := overlong(r.Header); status != 0 {
		v.overdone(a, status, why)
		return
	}
	by := askerOf(r, foreign)
	req := r.forHandlers(v.options.Context, v.pages.origins, target, v.options.Label)
	if !v.spare(by, req.URL.Path) {
		v.overdone(a, http.StatusServiceUnavailable,
			"too many of the app's files and handlers have not returned after their pages' end")
		return
	}
	asked := v.asked.begin(req.Context(), by, r.URI, req.URL.Path, head)
	if asked == nil {
		v.overdone(a, http.StatusServiceUnavailable,
			"the window has too many requests that are not answered")
		return
	}
	req = req.WithContext(asked.ctx)
	if !v.takeBody(r, req) {
		v.asked.end(asked)
		v.pages.log.Warn("serving: a page's request is refused: "+unreadableBody,
			"window", v.options.Label, "path", req.URL.Path)
		a.Refuse(http.StatusUnsupportedMediaType, transport.CodeProtocol, unreadableBody)
		return
	}
	rw := v.writer(r, a, asked, req)
	from := sender{origin: r.Shown.Origin, unproven: r.from != nil && r.from.unproven}
	if foreign {
		from.origin = ""
	}
	go func() {
		defer v.asked.end(asked)
		defer req.Body.Close()
		v.answer(rw, req, from)
	}()
}

// sender is the page that asks.
type sender struct {
	origin   string // "": foreign
	unproven bool   // as fromHTTP has it
}

// foreign says whether a document of another origin asks, as far as the request tells, and why it
// may not.
func (v *Viewer) foreign(r *Request) (foreign bool, why string) {
	g := v.pages.origins
	goes := r.goes() && g.Own(r.Active) != ""
	if r.Shown.Origin == "" && !goes && !isNavigation(r.Header) {
		return true, foreignPage
	}
	// A frame of a foreign origin in our page sends no Origin with what needs no CORS, but its
	// Referer, whatever its policy says.
	referer := r.Header.Get("Referer")
	foreign = r.Shown.Origin == "" || referer != "" && g.Own(referer) == ""
	switch {
	case foreign && mayHaveBody(r.Method):
		why = "a page of a foreign origin may ask for documents and files only"
	case mayBeForeignPost(r) && v.options.Foreign():
		why = "the request may be one of a frame of a foreign origin: use fetch, or set the " +
			"header X-Requested-With"
	}
	return foreign, why
}

// mayBeForeignPost says whether a request with an effect may be one of a foreign frame that hides
// its sender, by fetch with mode "no-cors" and an empty referrer. Such a fetch has no other method
// than POST, no header but simple ones, and no type but these three. XMLHttpRequest of our own
// pages can look the same.
func mayBeForeignPost(r *Request) bool {
	h := r.Header
	if r.Method != http.MethodPost || r.Origin != "" || h.Get("Referer") != "" ||
		h.Get("X-Requested-With") != "" {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data":
		return true
	}
	return false
}

// spare says whether another function of the app may be called: not too many have stayed on after
// the end of what they were called for.
func (v *Viewer) spare(by asker, path string) bool {
	spare := maxOverstaying - int(v.pages.overstaying.Load())
	if by == byUnknown {
		spare -= v.seats.overstaying(by, foldersOf(path)[0])
	}
	return spare > 0
}

// takeBody gives a request for Fallback its body. false: it can't be read.
func (v *Viewer) takeBody(r *Request, req *http.Request) bool {
	if v.pages.options.Fallback == nil || r.Take == nil || !mayHaveBody(r.Method) {
		return true
	}
	body, unreadable := r.Take()
	if body == nil {
		return !unreadable
	}
	switch b := body.(type) {
	case *upload:
		b.until(req.Context())
	case interface{ Until(over <-chan struct{}) }:
		b.Until(req.Context().Done())
	}
	req.Body, req.ContentLength = body, -1
	if r.from != nil {
		req.ContentLength = r.from.ContentLength
	}
	return true
}

// askerOf says who has sent a request.
func askerOf(r *Request, foreign bool) asker {
	leads := r.Header.Get("Upgrade-Insecure-Requests") == "1" && r.goes() // as isDocument
	switch {
	case leads && (r.Shown.Leading || r.Shown.Origin == ""):
		return byNavigation
	case foreign:
		return byOutside
	case r.Origin != "" || r.Header.Get("Referer") != "":
		return byPage
	}
	return byUnknown
}

// overdone refuses what is over a bound. It is logged once for a viewer and status.
func (v *Viewer) overdone(a Reply, status int, message string) {
	if _, first := v.refusals.First(strconv.Itoa(status)); first {
		v.pages.log.Warn("serving: a page's request is refused: "+message,
			"window", v.options.Label)
	}
	a.Refuse(status, transport.CodeError, message)
}
