package serving

import (
	"fmt"
	"html"
	"net/http"

	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// WebKit follows no redirect of a scheme's answer: a document with one stays empty, and a script
// gets the bare status. So documents are sent on by a page, and what scripts ask for is looked up
// where it leads, on this side. The browsers of a server follow redirects themselves.

// maxRedirects bounds how often a request is sent on: as often as package http's client follows.
const maxRedirects = 10

// sendOn answers a document with a page that goes on to another one at once, and takes its place in
// the history. It is never ready, so what is emitted to the window waits for the other one.
func sendOn(rw http.ResponseWriter, r *http.Request, to string) {
	if a, ok := rw.(*answerWriter); ok && a.follows {
		http.Redirect(rw, r, to, http.StatusFound)
		return
	}
	h := rw.Header()
	for name := range h {
		if name != "X-Content-Type-Options" {
			h.Del(name)
		}
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	rw.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		fmt.Fprintf(rw, `<!doctype html><html data-tailrace-ready="manual">`+
			`<meta http-equiv="refresh" content="0;url=%s">`, html.EscapeString(to))
	}
}

// follow gives the request to which a redirect leads; nil: it stays as it is, for a script to see.
func follow(g origin.Set, r *http.Request, status int, location string) *http.Request {
	to, err := r.URL.Parse(origin.EscapePercent(location))
	if err != nil || !g.IsServed(to.String()) {
		return nil
	}
	again := r.Clone(r.Context())
	if !keepsMethod(status) {
		if r.Method != http.MethodHead {
			again.Method = http.MethodGet
		}
	} else if mayHaveBody(r.Method) {
		return nil // its body is gone
	}
	if again.Method != r.Method {
		again.Body, again.ContentLength = http.NoBody, 0
		again.Header.Del("Content-Type")
		again.Header.Del("Content-Length")
	}
	to.Fragment, to.RawFragment = "", ""
	again.URL, again.RequestURI = to, to.RequestURI()
	return again
}

// isRedirect says whether a status sends on.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// keepsMethod says whether a redirect is for the same method and body.
func keepsMethod(status int) bool {
	return status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
}

// absolute gives where a redirect leads, for a document of any origin; "": nowhere that a page may
// go.
func absolute(g origin.Set, r *http.Request, location string) string {
	to, err := r.URL.Parse(origin.EscapePercent(location))
	if err != nil {
		return ""
	}
	if uri := to.String(); g.IsServed(uri) || origin.IsWeb(uri) {
		return uri
	}
	return ""
}
