package webview

import (
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// navigation is what a window shows, what it loads, and where it was told to go. Main thread only.
type navigation struct {
	wanted wanted
	load   loading
	shown  document
	dev    *devWait             // for the development server; nil: it is there
	loads  uint64               // steps that were told
	onLoad func(view.LoadEvent) // hears what loadChanged has heard, if it is there: tests use it
}

// wanted is where the app, or the history, has a window go, until that has begun.
type wanted struct {
	// Go has navigated since the last document was committed, and that has not failed
	steered   bool
	target    string      // where to, until that is shown or has failed; "": nowhere
	begun     bool        // a load has begun since Go has navigated
	led       string      // what the app has loaded last, until that starts
	restoring string      // where to in the history, until that starts
	approving origin.Site // to which the app lets the page go, until that starts
}

// loading is what a window loads, or has loaded last.
type loading struct {
	origin   string      // own origin of the document, or ""
	leading  bool        // the main frame loads, and shows nothing of it yet
	byApp    bool        // what loads, or is shown, was loaded by the app
	answered string      // own origin of the answer that the main frame has got
	apart    bool        // that is no page of the app's
	sentOn   string      // where in the app a server has sent it on
	restored string      // where it is in the history, until it is shown or has failed
	failed   string      // what has failed last, until another document is shown
	approved origin.Site // to which the app has let the page go
}

// document is what a window shows.
type document struct {
	origin   string      // its own origin, or "": a foreign one, or none
	address  string      // own origin of its URL, or ""
	site     origin.Site // when it is one of http
	home     string      // the last document that was ours or loaded by the app
	strayed  bool        // the page went elsewhere
	dead     bool        // its web process has ended since
	outgrown bool        // it is to end, as WebKit keeps too much of its navigations
}

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
	own := w.app.origins.Own(uri)
	w.nav.loads++
	switch e {
	case view.LoadStarted, view.LoadRedirected:
		w.nav.begins(e, uri, own)
	case view.LoadCommitted:
		ours := w.nav.commits(uri, own, w.life.attached, w.native.WasApart)
		w.native.SetApart(w.nav.load.apart)
		w.pages.documents++
		reason := "page reloaded or navigated"
		switch {
		case w.life.ending.Load():
			reason = "window closed"
		case ours == "":
			reason = "page navigated to another origin"
		}
		w.depart(reason)
		w.served.Committed(uri)
		w.devCommitted(uri)
		w.nav.shown.origin = ours
		waits := w.nav.dev != nil && w.nav.dev.shown // and is kept what is emitted
		w.events.SetForeign(ours == "" && !waits || w.inspector)
	case view.LoadFinished:
		w.nav.finishes(own)
		w.app.platform.Repair()
	}
	// else the history's document may be there as soon as its load has started
	if w.evals.returning == 0 {
		w.settled()
	}
	if w.nav.onLoad != nil {
		w.nav.onLoad(e)
	}
}

// begins notes that a load has started, or that a server has sent it on. own is the own origin of
// uri.
func (n *navigation) begins(e view.LoadEvent, uri, own string) {
	switch {
	case e == view.LoadStarted:
		n.load = loading{
			byApp:    n.wanted.led != "" && n.wanted.led == uri,
			restored: n.wanted.restoring,
			approved: n.wanted.approving,
			failed:   n.load.failed,
		}
		n.wanted.led, n.wanted.restoring, n.wanted.approving = "", "", origin.Site{}
	case origin.IsOfScheme(uri):
		n.load.sentOn = uri
	}
	n.load.origin, n.load.leading, n.wanted.begun = own, true, true
}

// commits notes that uri is shown, whose own origin is own. It gives that of the document: "" for
// one that is not ours. wasApart is asked about a document that comes from the history's cache.
func (n *navigation) commits(uri, own string, attached bool, wasApart func() bool) string {
	cached := n.load.restored == uri && n.load.answered == "" &&
		(own == n.load.origin || !n.wanted.steered && !attached)
	ours := own != "" && (own == n.load.answered || cached)
	if cached {
		n.load.apart = wasApart()
	}
	// the page that says what has failed is where that was to be
	stands := n.load.failed == uri && own != ""
	n.wanted.steered, n.wanted.target = false, ""
	n.load.leading, n.load.restored, n.load.failed = false, "", ""
	n.shown.address, n.shown.dead = own, false
	n.shown.site, _ = origin.WebSite(uri)
	if n.shown.strayed = !ours && !stands && !n.load.byApp; !n.shown.strayed {
		n.shown.home = uri
	}
	if ours && !n.load.apart {
		return own
	}
	return ""
}

// finishes notes that a load is over. own is the own origin of what the view shows.
func (n *navigation) finishes(own string) {
	n.load.leading = false
	if n.wanted.begun && own == n.shown.address {
		n.wanted.steered, n.wanted.target = false, "" // it came to nothing: a download, say
	}
}

// load begins a navigation of Go's.
func (w *Window) load(uri string) {
	if w.life.ending.Load() {
		return
	}
	n := &w.nav.wanted
	n.steered, n.target, n.begun = true, uri, false
	w.native.Load(uri)
}

// reload loads the page again. WebKit does not know any more where a web process that ended was
// about to go.
func (w *Window) reload() {
	if w.life.ending.Load() {
		return
	}
	if w.nav.shown.dead && w.nav.wanted.target != "" {
		w.load(w.nav.wanted.target)
		return
	}
	if w.nav.shown.strayed && w.nav.shown.home != "" {
		w.load(w.nav.shown.home)
		return
	}
	w.nav.wanted.steered, w.nav.wanted.begun = true, false
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
	if w.nav.shown.outgrown {
		w.nav.shown.outgrown, name = false, processReasons[1]
	}
	w.app.log.Error("webview: the web process ended; Reload or Navigate starts another", "window",
		w.label, "reason", name)
	w.endSession("web process ended: " + name)
	w.served.Gone(false)
	w.nav.shown.origin = ""
	w.nav.shown.dead = true
	w.tellAll(EventWebviewCrashed, labelled{w.label, name})
	w.crash(name)
	if w.life.ending.Load() {
		w.post(func() { w.closeNative() }) // WebKit goes on with the view behind its signal
	}
}
