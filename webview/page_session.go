package webview

import (
	"net/http"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// The life of a window's sessions. Everything here runs on the main thread.
//
// WebKit tells of a new document (committed) before its first script runs, over the same
// connection as the document's requests. So this order holds:
//
//  1. committed: the session of the document before is left. It takes what its page has sent, and
//     sends nothing. It ends when the batch is handled that its page named as the last one
//  2. hello of the new document: its session begins, once the one before has ended
//
// A window that is closed leaves its page the same way: see destroy.
//
// The last requests of a page that is left come before or behind 1, and may come behind the hello,
// which waits for them: until `lingering` is over, at most. A hello never belongs to a document
// that is yet to be committed.

// loadChanged notes whose document the window shows. uri is the one that the view shows.
//
// A document is ours if it has a URL of ours, and if the last answer for the main frame since its
// load began was one of ours, and no error. The URL alone does not tell: when the app navigates
// while a page is navigating on its own, it may already be that of the later navigation, and
// pages that say what has failed stand for the URL that has.
//
// What comes from WebKit's cache of whole pages, back in the history, has no answer. Its URL is
// believed, unless the app has navigated since the document before, or can do so unseen: then
// only if the document before was ours, too.
func (w *Window) loadChanged(e view.LoadEvent, uri string) {
	w.loads++
	switch e {
	case view.LoadStarted, view.LoadRedirected:
		if e == view.LoadStarted {
			w.byApp, w.led = w.led != "" && w.led == uri, ""
			w.approved, w.approving = w.approving, origin.Site{}
		}
		w.loading, w.begun, w.leading = w.app.origins.Own(uri), true, true
		switch {
		case e == view.LoadStarted:
			w.restored, w.restoring = w.restoring, ""
			w.answered, w.apart, w.sentOn = "", false, ""
		case origin.IsOfScheme(uri):
			w.sentOn = uri
		}
	case view.LoadCommitted:
		w.address = w.app.origins.Own(uri)
		cached := w.restored == uri && w.answered == "" &&
			(w.address == w.loading || !w.steered && !w.attached)
		ours := w.address != "" && (w.address == w.answered || cached)
		if cached {
			w.apart = w.native.WasApart()
		}
		w.native.SetApart(w.apart)
		// the page that says what has failed is where that was to be
		stands := w.failed == uri && w.address != ""
		own := ""
		if ours && !w.apart {
			own = w.address
		}
		w.steered, w.target, w.dead, w.leading = false, "", false, false
		w.restored, w.failed = "", ""
		w.shown, _ = origin.WebSite(uri)
		if w.strayed = !ours && !stands && !w.byApp; !w.strayed {
			w.home = uri
		}
		w.documents++
		reason := "page reloaded or navigated"
		switch {
		case w.ending.Load():
			reason = "window closed"
		case own == "":
			reason = "page navigated to another origin"
		}
		w.depart(reason)
		w.served.Committed(uri)
		w.devCommitted(uri)
		w.origin = own
		waits := w.dev != nil && w.dev.shown // and is kept what is emitted
		w.events.SetForeign(w.origin == "" && !waits || w.inspector)
	case view.LoadFinished:
		w.leading = false
		if w.begun && w.app.origins.Own(uri) == w.address {
			w.steered, w.target = false, "" // Go's navigation came to nothing: a download, say
		}
		w.app.platform.Repair()
	}
	if w.returning == 0 { // or the history's document may be there as soon as its load has started
		w.settled()
	}
	if w.onLoad != nil {
		w.onLoad(e)
	}
}

// load begins a navigation of Go's.
func (w *Window) load(uri string) {
	if w.ending.Load() {
		return
	}
	w.steered, w.target, w.begun = true, uri, false
	w.native.Load(uri)
}

// reload loads the page again. WebKit does not know any more where a web process that ended was
// about to go.
func (w *Window) reload() {
	if w.ending.Load() {
		return
	}
	if w.dead && w.target != "" {
		w.load(w.target)
		return
	}
	if w.strayed && w.home != "" {
		w.load(w.home)
		return
	}
	w.steered, w.begun = true, false
	w.native.Reload()
}

// processReasons are the names of WebKitWebProcessTerminationReason's values.
var processReasons = [...]string{"crashed", "memory", "terminated"}

// processEnded is told that the web process crashed or was killed.
func (w *Window) processEnded(reason int) {
	name := processReasons[0]
	if reason > 0 && reason < len(processReasons) {
		name = processReasons[reason]
	}
	keeping.forget(w)
	if w.outgrown {
		w.outgrown, name = false, processReasons[1]
	}
	w.app.log.Error("webview: the web process ended; Reload or Navigate starts another", "window",
		w.label, "reason", name)
	w.endSession("web process ended: " + name)
	w.served.Gone(false)
	w.origin = ""
	w.dead = true
	w.tellAll(EventWebviewCrashed, labelled{w.label, name})
	w.crash(name)
	if w.ending.Load() {
		w.post(func() { w.closeNative() }) // WebKit goes on with the view behind its signal
	}
}

// lingering bounds how long the session of a page that is left takes what comes. Most pages say
// themselves what their last batch is; those that don't were killed, or may not fetch.
const lingering = 250 * time.Millisecond

// former is a page that the window does not show any more, and whose last requests may still come.
type former struct {
	*page
	reason string
}

// depart has the session end when its last batch is handled: see above.
func (w *Window) depart(reason string) {
	w.unanswered = unanswered{}
	p := w.page.Load()
	if p == nil && w.ending.Load() {
		return // a document more, behind the page that is waited for
	}
	w.endFormer()
	w.leaving.Store(p) // first: a command of the page finds it in one of the two
	w.page.Store(nil)
	if p == nil {
		return
	}
	w.former = former{p, reason}
	w.events.Leave()
	bound := lingering
	if p.last != nil {
		p.session.Leave(*p.last, reason)
		if w.ending.Load() {
			bound = lastWords // no other page waits for it
		}
	}
	over := func() {
		w.post(func() {
			if w.former.page == p {
				w.endFormer()
			}
			w.finish()
		})
	}
	t := time.AfterFunc(bound, over)
	go func() {
		<-p.session.Done()
		t.Stop()
		over()
	}()
}

// greet is hello, behind what the page before may still send. A window that is being closed has had
// its last page. Of several that wait, the last one counts: a page that comes back from WebKit's
// cache has given up those before.
func (w *Window) greet(in *serving.Request, a serving.Reply) {
	w.hellos++
	f, document, nth := w.former, w.documents, w.hellos
	switch {
	case w.ending.Load():
		refuseHello(a)
		return
	case f.page == nil:
		w.hello(in, a)
		return
	}
	go func() {
		<-f.session.Done()
		// a window that is closed answers, too: the native side keeps the request until then
		mainloop.Post(func() {
			if w.former.page == f.page {
				w.endFormer()
				w.finish()
			}
			switch {
			case w.closed.Load() || w.documents != document || w.origin == "":
				refuseHello(a)
				return
			case w.hellos != nth:
				a.Refuse(http.StatusGone, transport.CodeClosed, "the page has said hello again")
				return
			}
			w.greet(in, a)
		})
	}()
}

func refuseHello(a serving.Reply) {
	a.Refuse(http.StatusGone, transport.CodeClosed, "the document that said hello is gone")
}

// endFormer ends the session of the page that was left, if there is one.
func (w *Window) endFormer() {
	l := w.former
	w.former = former{}
	w.leaving.Store(nil)
	if l.page != nil {
		w.end(l.page, l.reason)
	}
}

// endSession ends the session, if there is one.
func (w *Window) endSession(reason string) {
	w.unanswered = unanswered{}
	w.endFormer()
	if p := w.page.Swap(nil); p != nil {
		w.end(p, reason)
	}
	if w.inspector {
		w.events.SetForeign(true) // what the app emits is not kept for it
	}
}

// end ends the session of a page, which the window shows no more.
func (w *Window) end(p *page, reason string) {
	if w.page.Load() == nil {
		w.native.LimitBodies(0)
	}
	p.session.Leave(0, reason)
	p.resources.End(func(err error) {
		w.app.log.Warn("webview: failed to close a resource of a page that is gone",
			"window", w.label, "error", err)
	})
}

// hello begins a session with the document that is shown.
func (w *Window) hello(in *serving.Request, a serving.Reply) {
	w.app.platform.Repair()
	w.endSession("page connected anew")
	p, err := w.connect(in.Memory == "1")
	if err != nil {
		w.app.log.Error("webview: failed to open a session", "window", w.label, "error", err)
		a.Refuse(http.StatusServiceUnavailable, transport.CodeError,
			"the session can't be opened: "+err.Error())
		return
	}
	hello := p.session.Hello()
	p.most = serving.MaxBody(hello)
	w.page.Store(p)
	w.events.Connect(p.session)
	w.native.LimitBodies(p.most)
	a.JSON(http.StatusOK, hello)
}

// connect opens a session, and offers its page shared memory if both can have it. extended: the
// page has the extension.
func (w *Window) connect(extended bool) (*page, error) {
	p := &page{window: w, pulls: pulls.New(schemeName)}
	carrier, err := w.carrier(p, extended)
	if err != nil {
		return nil, err
	}
	p.session, err = w.app.engine.Open(transport.SessionConfig{
		Carrier: carrier,
		Label:   w.label,
		Origin:  w.origin,
		Owner:   w,
		Settle:  w.events.Settle,
		Unknown: w.app.unknown,
		NativeEval: func(id uint32, js string, expectResult bool) {
			w.nativeEval(p, id, js, expectResult)
		},
	})
	if err != nil {
		carrier.Close(&transport.ClosedError{Reason: "the session could not open", Cause: err})
		return nil, err
	}
	if p.shared == nil {
		return p, nil
	}
	err = w.offer(p.shared, p.session.ID())
	switch {
	case err == nil:
	case w.app.options.Carrier == CarrierShm:
		p.session.End("no shared memory")
		return nil, noShared(err)
	default:
		p.shared.Down(err.Error())
	}
	return p, nil
}
