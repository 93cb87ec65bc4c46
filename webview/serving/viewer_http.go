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
//
// Browsers send Sec-Fetch-Site to an Options.Origin of https, and to one of this machine itself:
// localhost, names that end with .localhost, 127.0.0.0/8 and [::1]. At another one of http a page
// of any site can hide that it asks. There LocalFiles and Fallback answer what has an Origin or
// Referer of the app's own alone, everybody else gets the files of Assets, and no page of another
// origin shows one of the app in a frame.
func (v *Viewer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	req := v.read(r)
	to := newHTTPAnswer(rw, r, req.Origin)
	if g := v.pages.origins; !g.TellsWhoAsks() {
		_, dev := g.Dev()
		to.frames = strings.TrimSpace("frame-ancestors 'self' " + dev)
	}
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

// read reads a request to a server.
func (v *Viewer) read(r *http.Request) *Request {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI()
	}
	req := &Request{
		Method: r.Method, URI: v.pages.origins.ServedURL(r.Host, target),
		Origin: strings.Join(r.Header.Values("Origin"), ", "), Header: r.Header,
		from: &fromHTTP{Request: r},
	}
	if req.Origin == "null" && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		req.Origin = "" // a form of a page of ours that sends no Referer
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

// shownBy notes what the browser shows, as far as its request tells. A site that is not our own,
// with a Referer that is, says that a document in a sandbox asks, or that another site has led back
// to us.
func (r *Request) shownBy(g origin.Set) {
	site := r.Header.Get("Sec-Fetch-Site")
	referer := r.Header.Get("Referer")
	switch own := g.Header(r.Origin); {
	case own != "":
		r.Shown.Origin = own
	case r.Origin != "": // which is refused
	case site == "same-origin", site == "none":
		r.Shown.Origin = g.Name()
	case site == "" && referer == "":
		r.Shown.Origin, r.from.unproven = g.Name(), !g.TellsWhoAsks()
	case site == "" || g.FromDev(referer):
		r.Shown.Origin = g.Own(referer)
		r.from.unproven = r.Shown.Origin == "" && !g.TellsWhoAsks()
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
