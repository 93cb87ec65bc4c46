package webview

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/client"
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// fileTime bounds the time that a file of Assets or LocalFiles takes for each piece of its answer,
// and until the first: a disk that wakes up takes ten seconds.
const fileTime = 30 * time.Second

// asset answers a request of a page that is not the client's. A window that shows a foreign page
// gets just the page that it navigates to; that it is not for a frame is seen to by leadsToOurs.
// Main thread only.
func (w *Window) asset(in *view.Request, target string, r view.Responder, cors bool) {
	head := headBytes(in)
	if in.LongHead || head > maxRequestHead {
		w.overdone(r, cors, http.StatusRequestHeaderFieldsTooLarge,
			fmt.Sprintf("the request's URL and headers are over %d bytes", maxRequestHead))
		return
	}
	goes := w.app.origins.own(in.Active) != "" &&
		withoutFragment(in.URI) == withoutFragment(in.Active)
	if w.origin == "" && !goes && !navigates(in.Header) {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the window shows a page "+
			"of a foreign origin")
		return
	}
	// A frame of a foreign origin in our page sends no Origin with what needs no CORS, but its
	// Referer, whatever its policy says.
	referer := in.Header.Get("Referer")
	foreign := w.origin == "" || referer != "" && w.app.origins.own(referer) == ""
	if foreign && mayHaveBody(in.Method) {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "a page of a foreign "+
			"origin may ask for documents and files only")
		return
	}
	if mayBeForeignPost(in) && w.native.Foreign() {
		refuse(r, cors, http.StatusForbidden, transport.CodeForbidden, "the request may be one "+
			"of a "+
			"frame of a foreign origin: use fetch, or set the header X-Requested-With")
		return
	}
	if status, why := overlong(in.Header); status != 0 {
		w.overdone(r, cors, status, why)
		return
	}
	by := w.askerOf(in, foreign)
	u := parseTarget(target)
	spare := maxOverstaying - int(w.app.overstaying.Load())
	if by == byUnknown && w.seats != nil {
		spare -= w.seats.overstaying(by, foldersOf(u.Path)[0])
	}
	if spare <= 0 {
		w.overdone(r, cors, http.StatusServiceUnavailable,
			"too many of the app's files and handlers have not returned after their pages' end")
		return
	}
	a := w.asked.begin(w, by, in.URI, u.Path, head)
	if a == nil {
		w.overdone(r, cors, http.StatusServiceUnavailable,
			"the window has too many requests that are not answered")
		return
	}
	req := (&http.Request{
		Method: in.Method, URL: u, Host: u.Host, RequestURI: u.RequestURI(), Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1,
		Header: in.Header, Body: http.NoBody, RemoteAddr: w.label,
	}).WithContext(a.ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Del("Accept-Encoding") // WebKit decodes no answer of a scheme
	if w.app.options.Fallback != nil && in.Take != nil && mayHaveBody(in.Method) {
		switch body, unreadable := in.Take(); {
		case unreadable:
			w.asked.end(a)
			w.app.log.Warn("webview: a page's request is refused: "+unreadableBody, "window",
				w.label, "path", u.Path)
			refuse(r, cors, http.StatusUnsupportedMediaType, transport.CodeProtocol, unreadableBody)
			return
		case body != nil:
			if b, ok := body.(interface{ until(<-chan struct{}) }); ok {
				b.until(a.ctx.Done())
			}
			req.Body, req.ContentLength = body, -1
		}
	}
	rw := &assetWriter{
		to: r, cors: cors, head: in.Method == http.MethodHead, header: http.Header{},
		ctx: a.ctx, gone: func() { a.cancel(errPageGone) },
		room: &w.room, cost: answerCost + int64(len(in.URI)),
		stay: stay{seats: w.seats, by: by, name: u.Path, ctx: a.ctx, over: &w.app.overstaying},
		tooLate: func() {
			w.app.log.Warn("webview: a file takes too long, the page gets status 504", "window",
				w.label,
				"path", loglimit.Short(u.Path), "time", w.app.assets.time)
		},
	}
	origin := w.origin // of the page that asks; "": foreign
	if foreign {
		origin = ""
	}
	go func() {
		defer w.asked.end(a)
		defer req.Body.Close()
		w.answer(rw, req, origin)
	}()
}

// askerOf says who has sent a request. Main thread only.
func (w *Window) askerOf(in *view.Request, foreign bool) asker {
	leads := in.Header.Get("Upgrade-Insecure-Requests") == "1" && // as isDocument
		withoutFragment(in.URI) == withoutFragment(in.Active)
	switch {
	case leads && (w.leading || w.origin == ""):
		return byNavigation
	case foreign:
		return byOutside
	case in.Origin != "" || in.Header.Get("Referer") != "":
		return byPage
	}
	return byUnknown
}

// overdone refuses what is over a bound. It is logged once for a window and status.
func (w *Window) overdone(r view.Responder, cors bool, status int, message string) {
	if _, first := w.refusals.First(strconv.Itoa(status)); first {
		w.app.log.Warn("webview: a page's request is refused: "+message, "window", w.label)
	}
	refuse(r, cors, status, transport.CodeError, message)
}

// mayBeForeignPost says whether a request with an effect may be one of a foreign frame that hides
// its sender, by fetch with mode "no-cors" and an empty referrer. Such a fetch has no other method
// than POST, no header but simple ones, and no type but these three. XMLHttpRequest of our own
// pages can look the same.
func mayBeForeignPost(in *view.Request) bool {
	h := in.Header
	if in.Method != http.MethodPost || in.Origin != "" || h.Get("Referer") != "" ||
		h.Get("X-Requested-With") != "" {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data":
		return true
	}
	return false
}

// mayHaveBody says whether a request of that method may have a body. WebKit sends none with the
// others.
func mayHaveBody(method string) bool {
	return method != http.MethodGet && method != http.MethodHead
}

// answer answers a request of a page of that origin, whatever functions of the app do.
func (w *Window) answer(rw *assetWriter, r *http.Request, origin string) {
	returned := false
	defer rw.stay.leave() // last: what it holds until there is room counts among what is read
	defer func() {
		if returned {
			rw.close()
		} else {
			rw.fail()
		}
	}()
	// of the app's files, policy and handler
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		w.app.log.Error("webview: answering a page panicked", "window", w.label, "path", r.URL.Path,
			"panic", f.Panic, "stack", f.Stack)
	})
	for n := 0; ; n++ {
		rw.aside = n < maxRedirects
		if w.file(rw, r, origin) {
			break
		}
		next, aborted := w.handler(rw, r)
		if aborted {
			return
		}
		if next == nil {
			break
		}
		r = next
		rw.stay.name = r.URL.Path
		rw.restart(http.Header{})
		rw.head = r.Method == http.MethodHead
	}
	returned = true
}

// file answers with a file, if there is one, or nobody else to ask.
func (w *Window) file(rw *assetWriter, r *http.Request, origin string) (answered bool) {
	if !rw.stay.read() {
		return true
	}
	a := w.app.assets
	rw.ours = true
	rw.watch(a.time)
	defer func() { answered = rw.unwatch() || answered }()
	if w.inspector {
		w.app.inspectorPage(rw, r)
		return true
	}
	rw.header = cloned(a.header)
	switch {
	case r.URL.Path == controlPath+"client.js":
		a.module(rw, r, client.Module)
	case a.tauriModule(rw, r):
	case strings.HasPrefix(r.URL.Path, filePath):
		w.localFile(rw, r, origin)
	case strings.HasPrefix(r.URL.Path, controlPath):
		http.Error(rw, "not found", http.StatusNotFound)
	default:
		if a.fallback {
			return a.answer(rw, r)
		}
		a.ServeHTTP(rw, r)
	}
	return true
}

// handler has Options.Fallback answer. It gives the request to which that sends on, if that is to
// be answered instead.
func (w *Window) handler(rw *assetWriter, r *http.Request) (next *http.Request, aborted bool) {
	if !rw.stay.handle() {
		return nil, false
	}
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: // which package http does not log either
			aborted = true
		default:
			panic(p)
		}
	}()
	rw.header, rw.ours = cloned(w.app.options.Header), false
	r.Body = http.MaxBytesReader(rw, r.Body, w.app.options.MaxRequestBody)
	w.app.options.Fallback.ServeHTTP(rw, r)
	location := rw.redirected()
	switch {
	case location == "":
		return nil, false
	case !isDocument(r):
		return follow(r, rw.status, location), false
	}
	if to := absolute(r, location); to != "" && !(keepsMethod(rw.status) && mayHaveBody(r.Method)) {
		rw.restart(http.Header{})
		rw.aside = false
		sendOn(rw, r, to)
	}
	return nil, false
}

// cloned gives a copy that may be changed.
func cloned(h http.Header) http.Header {
	if h == nil {
		return http.Header{}
	}
	return h.Clone()
}
