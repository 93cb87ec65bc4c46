package webview

import (
	"net/url"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// NavigationAction is what becomes of where a page leads.
type NavigationAction int

// The actions.
const (
	// NavigationDefault is what happens without the function that gives it.
	NavigationDefault NavigationAction = iota
	// NavigationAllow shows it: in the window, which ends the session when it is of another origin;
	// what wants a new window, in one of the App, with default options and a label of its own.
	NavigationAllow
	// NavigationExternal leaves the page and has the desktop open the URL: http and https in the
	// system's browser.
	NavigationExternal
	// NavigationRefuse leaves the page, and nothing else happens.
	NavigationRefuse
)

// Navigation is where a page leads. It is the receiver's own.
type Navigation struct {
	// Window is the page's window.
	Window *Window
	// URL is where to, absolute.
	URL *url.URL
	// Method is that of HTTP, "" for other URLs.
	Method string
	// UserGesture says that the user has just clicked, or pressed a key, in the document of the
	// main frame, and that this led there.
	UserGesture bool
	// MainFrame says that the whole page would be replaced, not that of a frame in it. It is false
	// where WebKit does not tell: for other URLs than http and https without a gesture, and for new
	// windows.
	MainFrame bool
	// Foreign says that it may be a document of another origin that leads there: one is or was in
	// the page since it was loaded, in a frame, or is the page itself. When it is false, a document
	// of ours does.
	Foreign bool
	// Redirect says that it is not what the page named, but what a server made of it.
	Redirect bool
}

// linkPrice is that of links which scripts click, or the user in frames. WebKit makes a download of
// each that has the attribute and is not refused at once, and never gives up that of one which
// another navigation overtakes.
var linkPrice = price{burst: 32, each: 100 * time.Millisecond}

// longestURL bounds what is handed to the app or to the desktop.
const longestURL = 8 << 10

// external are the schemes that the desktop opens by default.
var external = map[string]bool{"http": true, "https": true, "mailto": true, "tel": true}

// inside are the schemes that the desktop never opens, whatever the app says: what they mean, they
// mean in the page or on this machine.
var inside = map[string]bool{
	Scheme: true, "about": true, "blob": true, "data": true, "file": true, "javascript": true,
}

// leads says what becomes of where a page leads; settle gets it when the verdict is to hold the
// question. Main thread only.
//
// At the start of a navigation WebKit does not say whose frame navigates, except for what the app
// itself has loaded. So a navigation of http goes on until its answer comes, which says it, unless
// it is known to be the main frame's by the user's click, or by the history.
func (w *Window) leads(l view.Lead, settle func(view.Verdict)) view.Verdict {
	switch l.Kind {
	case view.LeadNewWindow:
		return w.leadsToWindow(l)
	case view.LeadResponse:
		loads := w.nav.loads
		return w.changes(l, w.leadsToAnswer(l, func(v view.Verdict) {
			if w.nav.loads == loads { // else the answer is over: nothing more comes of it
				v = w.changes(l, v)
			}
			settle(v)
		}))
	}
	if l.Link && !l.Gesture && !l.Redirect && !w.asks.links.take(time.Now(), linkPrice) {
		w.refuse("a link that no user has clicked in the page, as there were too many", l)
		return view.Refuse
	}
	return w.changes(l, w.leadsElsewhere(l, func(v view.Verdict) { settle(w.changes(l, v)) }))
}

// leadsElsewhere is leads for the start of a navigation.
func (w *Window) leadsElsewhere(l view.Lead, settle func(view.Verdict)) view.Verdict {
	scheme := strings.ToLower(origin.SchemeOf(l.URI))
	ours := w.app.origins.Own(l.URI) != ""
	switch {
	// what the app loads, or the page that is there already, which may lead elsewhere
	case l.Same && !l.Redirect:
		if w.nav.wanted.steered || w.life.attached {
			w.nav.wanted.led = l.URI
		}
		return view.Allow
	case ours:
		if l.Back {
			w.nav.wanted.restoring = l.URI
		}
		return view.Allow
	case scheme == "http" || scheme == "https":
		switch {
		case l.Redirect:
		case l.Back && l.Listed: // it may come from WebKit's cache, without an answer
			return w.ask(l, true, NavigationRefuse, settle)
		case l.Gesture && w.nav.shown.origin != "":
			return w.ask(l, true, toDesktop(l), settle)
		}
		return view.Allow
	case scheme == "about" || scheme == "data" || scheme == "blob":
		return view.Allow
	case l.Gesture && w.nav.shown.origin != "" && external[scheme]:
		return w.ask(l, true, toDesktop(l), settle)
	}
	return w.ask(l, l.Gesture, NavigationRefuse, settle)
}

// toDesktop is the default for what the desktop may open: what the user has clicked, except for a
// form's contents, which it can't have.
func toDesktop(l view.Lead) NavigationAction {
	if l.Gesture && (l.Method == "" || l.Method == "GET") {
		return NavigationExternal
	}
	return NavigationRefuse
}

// leadsToAnswer is leads for an answer that is there.
func (w *Window) leadsToAnswer(l view.Lead, settle func(view.Verdict)) view.Verdict {
	kind, _, _ := strings.Cut(l.Disposition, ";")
	l.Download = l.Download || strings.EqualFold(strings.TrimSpace(kind), "attachment")
	switch {
	case l.Download && origin.IsOfScheme(l.URI):
		w.refuse("a file that WebKit can't show, and does not download from this scheme: fetch it",
			l)
		return view.Refuse
	case l.Download:
		return w.leadsToFile(l)
	}
	if l.MainFrame {
		w.nav.load.answered, w.nav.load.apart = "", false
	}
	if own := w.app.origins.Own(l.URI); own != "" {
		return w.leadsToOurs(l, own)
	}
	http := origin.IsWeb(l.URI)
	if !l.MainFrame {
		if w.app.options.OnNavigate == nil || !http {
			return view.Allow
		}
		return w.ask(l, false, NavigationAllow, settle)
	}
	at, known := origin.WebSite(l.URI)
	switch {
	case w.nav.load.byApp, strings.EqualFold(origin.SchemeOf(l.URI), "about"),
		known && at == w.nav.load.approved,
		// a foreign page stays with its own
		known && w.nav.shown.origin == "" && at == w.nav.shown.site:
		return view.Allow
	}
	l.Redirect = w.nav.load.approved != (origin.Site{})
	return w.ask(l, true, NavigationRefuse, settle)
}

// leadsToOurs is leads for an answer of one of our origins, to whatever page it was that led there.
// Our own errors are no pages of the app: see noPage.
func (w *Window) leadsToOurs(l view.Lead, own string) view.Verdict {
	document := serving.AnsweredPage
	if origin.IsOfScheme(l.URI) {
		document = w.served.Answered(l.URI)
	}
	switch {
	case !l.MainFrame && w.nav.shown.origin == "":
		w.refuse("a page of the app in a frame of a foreign one", l)
		return view.Refuse
	case !l.MainFrame:
		return view.Allow
	case document == serving.AnsweredRefused && !w.nav.load.byApp:
		w.refuse("a page of the app to who may not ask for it: what is there stays", l)
		return view.Refuse
	}
	w.nav.load.answered, w.nav.load.apart = own, document != serving.AnsweredPage
	return view.Allow
}

// followsToOurs goes on to a page of ours to which a server has redirected the main frame, which
// WebKit does not follow. A page of ours that was to stay stays.
func (w *Window) followsToOurs(uri string) {
	if w.nav.shown.origin != "" && !w.nav.load.byApp && w.nav.load.approved == (origin.Site{}) {
		w.refuse("where a server of another origin leads a page of ours", view.Lead{URI: uri})
		return
	}
	w.post(func() { w.load(uri) })
}

// leadsToWindow is leads for what wants a window of its own. There is none: what is allowed is
// opened by the App.
func (w *Window) leadsToWindow(l view.Lead) view.Verdict {
	byDefault := NavigationRefuse
	if w.nav.shown.origin != "" && external[strings.ToLower(origin.SchemeOf(l.URI))] &&
		w.app.origins.Own(l.URI) == "" {
		byDefault = toDesktop(l)
	}
	w.question(w.app.options.OnNewWindow, "OnNewWindow", l, false, byDefault,
		func(n *Navigation, a NavigationAction) {
			if a != NavigationAllow {
				w.leave(l, n, a)
				return
			}
			go func() {
				if err := w.app.openFor(n.URL.String()); err != nil {
					w.app.log.Warn("webview: failed to open a window for a page", "window", w.label,
						"url", loglimit.Short(l.URI), "error", err)
				}
			}()
		})
	return view.Refuse
}

// ask asks OnNavigate, if there is one.
func (w *Window) ask(
	l view.Lead, mainFrame bool, byDefault NavigationAction, settle func(view.Verdict),
) view.Verdict {
	now, held := view.Hold, false
	w.question(w.app.options.OnNavigate, "OnNavigate", l, mainFrame, byDefault,
		func(n *Navigation, a NavigationAction) {
			v := view.Refuse
			if a == NavigationAllow {
				v = view.Allow
				// an answer is the one that was asked about
				if mainFrame && l.Kind == view.LeadNavigation {
					w.nav.wanted.approving, _ = origin.WebSite(l.URI)
				}
			} else {
				w.leave(l, n, a)
			}
			if held {
				settle(v)
			} else {
				now = v
			}
		})
	held = true
	return now
}

// question asks a function of the app, and calls then on the main thread with what it says or, by
// default, at once. Who asks while it is called gets the default after all, if the window is closed
// by then.
func (w *Window) question(
	fn func(Navigation) NavigationAction, name string, l view.Lead, mainFrame bool,
	byDefault NavigationAction, then func(*Navigation, NavigationAction),
) {
	u, err := url.Parse(l.URI)
	if err != nil || len(l.URI) > longestURL || u.Scheme == "" {
		then(nil, NavigationRefuse)
		return
	}
	n := &Navigation{
		Window: w, URL: u, UserGesture: l.Gesture, MainFrame: mainFrame, Redirect: l.Redirect,
		Foreign: w.native.Foreign(),
	}
	if origin.IsWeb(l.URI) {
		if n.Method = l.Method; n.Method == "" {
			n.Method = "GET"
		}
	}
	if fn == nil {
		then(n, byDefault)
		return
	}
	shown := *n
	copied := *u
	shown.URL = &copied
	asked := askApp(w, name, NavigationRefuse, func() NavigationAction {
		shown.Foreign = w.foreignBySoon(shown.Foreign)
		return fn(shown)
	}, func(action NavigationAction) {
		if w.life.closed.Load() {
			action = NavigationRefuse
		}
		if action == NavigationDefault {
			action = byDefault
		}
		then(n, action)
	})
	if !asked {
		then(n, NavigationRefuse)
	}
}

// foreignBySoon says whether a document of another origin is in the page, once the native side has
// heard what has come of it: a window that a page wants may be asked about before.
func (w *Window) foreignBySoon(already bool) bool {
	if already {
		return true
	}
	soon := make(chan bool, 1)
	w.app.post(func() {
		w.app.platform.Soon(func() { soon <- w.life.closed.Load() || w.native.Foreign() })
	})
	select {
	case foreign := <-soon:
		return foreign
	case <-w.app.over:
		return true
	}
}

// leave does what is not shown in the window. n is nil for a URL that can't be read.
func (w *Window) leave(l view.Lead, n *Navigation, a NavigationAction) {
	switch {
	case w.life.closed.Load():
	case a != NavigationExternal:
		w.refuse("where a page leads", l)
	case inside[n.URL.Scheme], n.URL.Host == "" && n.URL.Opaque == "" && n.URL.Path == "":
		w.refuse("a URL that is nothing for the desktop", l)
	case !w.app.desktop.launches.take():
		w.refuse("one URL too many for the desktop", l)
	default:
		w.app.desktop.launch(n.URL.String(), func(err error) {
			w.app.log.Warn("webview: the desktop failed to open a URL", "window", w.label,
				"url", loglimit.Short(l.URI), "error", err)
		})
	}
}

func (w *Window) refuse(what string, l view.Lead) {
	w.app.log.Warn("webview: refused "+what, "window", w.label, "url", loglimit.Short(l.URI),
		"gesture", l.Gesture)
}
