package serving

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
)

// ViewerOptions are what a Viewer is made from. The zero value of each field is its default.
type ViewerOptions struct {
	// Label names the viewer for the policy and in the log.
	Label string
	// Sessions begins and knows the sessions. Default: there are none, and a hello is refused.
	Sessions Host
	// Instead answers in place of files and Fallback, for pages of the library's own. Default:
	// none.
	Instead http.Handler
	// Foreign says whether a document of another origin is, or was, in the page. It is asked during
	// Serve. Default: there is none, as browsers of servers say who sends a POST.
	Foreign func() bool
	// Context is that of which the contexts of a scheme's requests are made. Those of a server are
	// made of the server's. Default context.Background().
	Context context.Context
	// Ping has pong called, once, when the page's process has taken the bytes that were sent to it,
	// or there is none. Default: at once, where writing waits for who reads.
	Ping func(pong func())
}

// Viewer is who is shown the pages: one window, or what a server takes for one.
type Viewer struct {
	pages   *Pages
	options ViewerOptions

	asked    requests
	noted    notes
	refusals loglimit.Once // of what was over a bound, by their status
	seats    *seats
	room     room
	stall    time.Duration // that a piece may take over HTTP
}

// Viewer makes a viewer of the pages.
func (p *Pages) Viewer(o ViewerOptions) *Viewer {
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.Sessions == nil {
		o.Sessions = nobody{}
	}
	if o.Foreign == nil {
		o.Foreign = func() bool { return false }
	}
	if o.Ping == nil {
		o.Ping = func(pong func()) { pong() }
	}
	v := &Viewer{pages: p, options: o, seats: newSeats(), stall: stallTime}
	v.room.ping = o.Ping
	return v
}

// Serve answers one request of a page. It does not block. On a scheme it is called on the main
// thread, where what Shown says holds.
func (v *Viewer) Serve(r *Request, to Responder) {
	if r.from == nil && isNavigation(r.Header) { // else nobody takes the notes
		to = noting{to, &v.noted, r.URI}
	}
	g := v.pages.origins
	a := Reply{to, g.Cross(r.Origin)}
	if !g.Allows(r.Origin) {
		Reply{To: to}.Refuse(http.StatusForbidden, transport.CodeForbidden,
			"this origin is not the app's own")
		return
	}
	target, ok := g.Served(r.URI)
	if !ok {
		a.Refuse(http.StatusNotFound, "not_found", "there is only "+g.Name()+
			": open that, or see serving.Options.Origin")
		return
	}
	if path, ok := strings.CutPrefix(target, ControlPath); ok && v.call(path, r, a) {
		return
	}
	v.admit(r, target, a)
}

// Committed is told that a document is shown: the requests of the one before are over. That of the
// new document itself goes on.
func (v *Viewer) Committed(uri string) { v.asked.shown(uri) }

// Gone is told that the page is gone, and with closed, that no other one comes.
func (v *Viewer) Gone(closed bool) { v.asked.gone(closed) }

// Answered gives what was answered when the main frame, or a frame, went to a URL of ours, and
// forgets it.
func (v *Viewer) Answered(uri string) Answered { return v.noted.take(uri) }

// ViewerStats are figures of a viewer.
type ViewerStats struct {
	// Requests are being answered, those of the client aside, with Heads bytes of URLs and headers.
	Requests, Heads int
	// Waiting are answers that wait until the page has taken those before.
	Waiting int
}

// Stats gives the viewer's figures.
func (v *Viewer) Stats() ViewerStats {
	l := v.asked.load()
	return ViewerStats{Requests: l.n, Heads: l.bytes, Waiting: v.room.turns()}
}
