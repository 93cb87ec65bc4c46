package serving

import (
	"io"
	"net/http"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

var _ http.Handler = (*Viewer)(nil)

// ServeHTTP implements http.Handler, for a server at Options.Origin. It returns when the answer is
// given, or its connection is gone.
//
// A request with another host in it is refused, as one of a page that has had our address named
// its own. Who asks is told by the headers Origin, Sec-Fetch-Site and Referer; a request without
// any of them, which no browser makes that knows the second, counts as the app's own. Documents of
// other origins may lead to pages of the app, and get nothing else.
func (v *Viewer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	req := v.fromHTTP(r)
	to := newHTTPAnswer(rw, r, req.Origin)
	a := Reply{To: to, CORS: v.pages.origins.Cross(req.Origin)}
	switch {
	case a.CORS && isPreflight(r):
		to.preflight()
	case req.Shown.Origin == "" && !req.Shown.Leading && v.pages.origins.Allows(req.Origin):
		a.Refuse(http.StatusForbidden, transport.CodeForbidden, "a page of a foreign origin asks")
	default:
		v.Serve(req, to)
	}
	to.wait()
}

// fromHTTP reads a request to a server.
func (v *Viewer) fromHTTP(r *http.Request) *Request {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI()
	}
	req := &Request{
		Method: r.Method, URI: v.pages.origins.ServedURL(r.Host, target),
		Origin: strings.Join(r.Header.Values("Origin"), ", "), Header: r.Header, from: r,
	}
	req.Version = r.Header.Get("Tailrace-Version")
	req.Session = r.Header.Get("Tailrace-Session")
	req.Memory = r.Header.Get("Tailrace-Memory")
	req.shownBy(v.pages.origins)
	if req.Version != "" && req.Session != "" && strings.HasPrefix(target, ControlPath) {
		v.readBody(req)
		return req
	}
	req.Take = func() (io.ReadCloser, bool) { return r.Body, false }
	return req
}

// readBody reads the body of a request of the client's, if there is a session that bounds it.
func (v *Viewer) readBody(r *Request) {
	p := v.options.Sessions.Page()
	if p == nil {
		return
	}
	most := p.MaxBody()
	body, err := io.ReadAll(io.LimitReader(r.from.Body, most+1))
	switch {
	case int64(len(body)) > most:
		r.TooLarge = true
	case err == nil: // else it is refused as one that was cut
		r.Body = body
	}
}

// shownBy notes what the browser shows, as far as its request tells.
func (r *Request) shownBy(g origin.Set) {
	site := r.Header.Get("Sec-Fetch-Site")
	referer := r.Header.Get("Referer")
	switch own := g.Header(r.Origin); {
	case own != "":
		r.Shown.Origin = own
	case r.Origin != "": // which is refused
	case site == "same-origin", site == "none", site == "" && referer == "":
		r.Shown.Origin = g.Name()
	default:
		r.Shown.Origin = g.Own(referer)
	}
	r.Active = r.Shown.Origin
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "document":
		r.Shown.Leading = true
	case "":
		r.Shown.Leading = isNavigation(r.Header)
	}
	if r.Shown.Leading {
		r.Active = r.URI
	}
}

// isPreflight says whether a browser asks what a page of another origin may ask.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}
