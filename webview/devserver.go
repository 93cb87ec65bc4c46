package webview

import (
	"context"
	"fmt"
	"html"
	"net"
	"net/url"
	"time"
)

// A development server that is not there yet: its window says so, and goes on by itself when it is.

// devPace is the time between two looks for the development server, devPatience what one may take.
const (
	devPace     = 400 * time.Millisecond
	devPatience = 2 * time.Second
)

// devWait is a window's wait for the development server. Main thread only.
type devWait struct {
	uri string // what the window was to show
	// that could not be loaded, so that the next document with its URL is the page that says so
	failed bool
	shown  bool // that page is there
	stop   context.CancelFunc
}

// waitPage says that the server is not there. It has no script and loads nothing; its origin is its
// own, though it stands for the URL that could not be loaded: Reload tries that again.
const waitPage = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Waiting for the development server</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32em;padding:0 1em;color:#222}
body{background:#f6f6f4}
code{word-break:break-all}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1d1d1f}}</style>
<h1>Waiting for the development server</h1>
<p>Nothing answers at <code>%s</code>. Start it, for instance with <code>npm run dev</code>:
this window goes on by itself.<p><small>%s</small>`

// loadFailed is told that a document could not be loaded, and gives the page to show instead; "":
// WebKit's own, or, with stays, none. Main thread only.
func (w *Window) loadFailed(uri, message string) (page string, stays bool) {
	sentOn := w.nav.load.sentOn == uri && uri != ""
	w.nav.load.restored, w.nav.load.sentOn, w.nav.load.failed = "", "", uri
	if sentOn {
		w.followsToOurs(uri)
		return "", true
	}
	g := w.app.origins
	server, name := g.Dev()
	if !g.FromDev(uri) {
		return "", false
	}
	if w.nav.dev == nil || w.nav.dev.uri != uri {
		w.stopDevWait()
		w.app.log.Warn("webview: the development server is not there: start it (npm run dev, for "+
			"instance); the window goes on by itself", "window", w.label, "url", name, "error",
			message)
		ctx, stop := context.WithCancel(context.Background())
		d := &devWait{uri: uri, stop: stop}
		w.nav.dev = d
		go w.awaitDev(ctx, d, server)
	}
	w.nav.dev.failed, w.nav.dev.shown = true, false
	return fmt.Sprintf(waitPage, html.EscapeString(name), html.EscapeString(message)), false
}

// awaitDev loads the page when something takes connections where the server is to be, until the
// wait is stopped.
func (w *Window) awaitDev(ctx context.Context, d *devWait, server *url.URL) {
	address := net.JoinHostPort(server.Hostname(), devPort(server))
	for {
		select {
		case <-time.After(devPace):
		case <-ctx.Done():
			return
		}
		c, err := (&net.Dialer{Timeout: devPatience}).DialContext(ctx, "tcp", address)
		if err != nil {
			continue
		}
		c.Close()
		w.post(func() {
			if w.nav.dev == d && d.shown {
				d.shown = false // until it has failed again
				w.load(d.uri)
			}
		})
	}
}

func devPort(u *url.URL) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// devCommitted is told which document the window shows now: the page that says that the server is
// not there, or one that ends the wait. Main thread only.
func (w *Window) devCommitted(uri string) {
	switch d := w.nav.dev; {
	case d == nil:
	case d.failed && uri == d.uri:
		d.failed, d.shown = false, true
	default:
		w.stopDevWait()
	}
}

// stopDevWait ends the wait, if there is one. Main thread only.
func (w *Window) stopDevWait() {
	if w.nav.dev != nil {
		w.nav.dev.stop()
		w.nav.dev = nil
	}
}
