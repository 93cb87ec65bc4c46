package serving

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

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
	to := newHTTPAnswer(rw, r, req.Origin, v.stall)
	req.from.body = &upload{body: r.Body, control: to.control}
	defer req.from.body.end()
	req.Take = func() (io.ReadCloser, bool) {
		if r.ProtoMajor == 1 && r.ContentLength != 0 {
			// a handler may answer before it has read all
			req.from.body.duplex = to.control.EnableFullDuplex() == nil
		}
		return req.from.body, false
	}
	if g := v.pages.origins; !g.TellsWhoAsks() {
		_, dev := g.Dev()
		to.frames = strings.TrimSpace("frame-ancestors 'self' " + dev)
	}
	a := Reply{To: to, CORS: v.pages.origins.Cross(req.Origin)}
	allowed := v.pages.origins.Allows(req.Origin)
	switch {
	case a.CORS && isPreflight(r):
		to.preflight()
	case req.Shown.Origin == "" && !req.Shown.Leading && allowed:
		a.Refuse(http.StatusForbidden, transport.CodeForbidden, "a page of a foreign origin asks")
	default:
		if allowed {
			v.readBody(req)
		}
		v.Serve(req, to)
	}
	to.wait()
	req.from.body.drop()
}

// read reads a request to a server.
func (v *Viewer) read(r *http.Request) *Request {
	target := r.URL.RequestURI() // not what was asked for: http.StripPrefix changes the URL
	if !strings.HasPrefix(target, "/") && target != "*" {
		target = "/" + target
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
	return req
}

// readBody reads the body of a request in the session, which bounds it. All others are refused
// without it.
func (v *Viewer) readBody(r *Request) {
	target, served := v.pages.origins.Served(r.URI)
	if !served || !strings.HasPrefix(target, ControlPath) || r.Method != http.MethodPost ||
		r.Version == "" || r.Session == "" {
		return
	}
	p := v.session([]byte(r.Session))
	if p == nil {
		return
	}
	most := p.MaxBody()
	body, err := io.ReadAll(io.LimitReader(r.from.body, most+1))
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

// upload is the body of a request to a server. What reads it fails from the end of the request on,
// and so does a read in progress then.
type upload struct {
	body    io.ReadCloser // nil: there is none
	control *http.ResponseController
	kept    func() // keeps it from being cut
	duplex  bool   // the answer may be written meanwhile

	reading atomic.Int32 // reads in progress
	over    atomic.Bool
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	u.reading.Add(1)
	defer u.reading.Add(-1)
	switch {
	case u.over.Load():
		return 0, ErrGone
	case u.body == nil:
		return 0, io.EOF
	}
	return u.body.Read(p)
}

// Close implements io.Closer. The server closes the body.
func (u *upload) Close() error { return nil }

// until has reads fail when ctx ends.
func (u *upload) until(ctx context.Context) { u.kept = cutting(ctx, u.cut) }

func (u *upload) cut() {
	if !u.over.Swap(true) && u.reading.Load() > 0 {
		_ = u.control.SetReadDeadline(past)
	}
}

// drop drops what nobody has read. With full duplex, package http would do so too late: its next
// read panics then.
func (u *upload) drop() {
	u.end()
	if u.duplex && u.body != nil {
		_ = u.body.Close()
	}
}

// end is called when the server's handler returns.
func (u *upload) end() {
	if u.kept != nil {
		u.kept()
	}
	u.cut()
}
