package webview

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// WebKit follows no redirect of a scheme's answer: a document with one stays empty, and a script
// gets the bare status. So documents are sent on by a page, and what scripts ask for is looked up
// where it leads, on this side.

// maxRedirects bounds how often a request is sent on: as often as package http's client follows.
const maxRedirects = 10

// isDocument says whether a window or a frame navigates. Scripts' requests don't have both headers.
func isDocument(r *http.Request) bool { return navigates(r.Header) }

// navigates is isDocument by the headers. A page can't have a script send both without CORS.
func navigates(h http.Header) bool {
	return strings.Contains(h.Get("Accept"), "text/html") &&
		h.Get("Upgrade-Insecure-Requests") == "1"
}

// sendOn answers a document with a page that goes on to another one at once, and takes its place in
// the history. It is never ready, so what is emitted to the window waits for the other one.
func sendOn(rw http.ResponseWriter, r *http.Request, to string) {
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
func follow(r *http.Request, status int, location string) *http.Request {
	to, err := r.URL.Parse(escapePercent(location))
	if err != nil || !isServed(to.String()) {
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
func absolute(r *http.Request, location string) string {
	to, err := r.URL.Parse(escapePercent(location))
	if err != nil {
		return ""
	}
	if uri := to.String(); isServed(uri) || isWeb(uri) {
		return uri
	}
	return ""
}
