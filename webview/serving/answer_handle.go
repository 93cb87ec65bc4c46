package serving

import (
	"net/http"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/client"
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/loglimit"
)

// fileTime bounds the time that a file of Assets or LocalFiles takes for each piece of its answer,
// and until the first: a disk that wakes up takes ten seconds.
const fileTime = 30 * time.Second

// answer answers a request of a page, whatever functions of the app do.
func (v *Viewer) answer(rw *answerWriter, r *http.Request, by sender) {
	returned, whole := false, false
	defer rw.stay.leave() // last: what it holds until there is room counts among what is read
	defer func() {
		if whole {
			rw.close()
		} else {
			rw.fail(http.StatusInternalServerError)
		}
	}()
	// of the app's files, policy and handler
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		v.pages.log.Error("serving: answering a page panicked", "window", v.options.Label,
			"path", r.URL.Path, "panic", f.Panic, "stack", f.Stack)
	})
	for n := 0; ; n++ {
		rw.aside = !rw.follows && n < maxRedirects
		if v.file(rw, r, by) {
			break
		}
		if by.unproven {
			v.refuseUnproven(rw)
			break
		}
		next, aborted := v.handle(rw, r)
		if aborted {
			rw.abort()
			break
		}
		if next == nil {
			break
		}
		r = next
		rw.stay.name = r.URL.Path
		rw.restart(http.Header{})
		rw.head = r.Method == http.MethodHead
	}
	returned, whole = true, true
}

// file answers with a file, if there is one, or nobody else to ask.
func (v *Viewer) file(rw *answerWriter, r *http.Request, by sender) (answered bool) {
	if !rw.stay.read() {
		rw.fail(lateStatus(rw.stay.ctx))
		return true
	}
	a := v.pages.assets
	rw.ours = true
	rw.watch(a.time)
	defer func() { answered = rw.unwatch() || answered }()
	if v.options.Instead != nil {
		v.options.Instead.ServeHTTP(rw, r)
		return true
	}
	rw.header = cloned(a.header)
	switch path := r.URL.Path; {
	case path == ControlPath+"client.js":
		a.module(rw, r, client.Module)
	case a.tauriModule(rw, r):
	case strings.HasPrefix(path, FilePath) && by.unproven:
		v.refuseUnproven(rw)
	case strings.HasPrefix(path, FilePath):
		v.localFile(rw, r, by.origin)
	case strings.HasPrefix(path, ControlPath):
		http.Error(rw, "not found", http.StatusNotFound)
	default:
		if a.fallback {
			return a.answer(rw, r)
		}
		a.ServeHTTP(rw, r)
	}
	return true
}

// refuseUnproven refuses what may be asked by a page of another origin, where nobody would tell. It
// is logged once for a viewer.
func (v *Viewer) refuseUnproven(rw *answerWriter) {
	at := v.pages.origins.Name()
	if _, first := v.refusals.First("unproven"); first {
		v.pages.log.Warn("serving: a page's request is refused: over http browsers don't tell who "+
			"asks, but at loopback addresses: use https, or http://localhost",
			"window", v.options.Label, "origin", at)
	}
	rw.ours = true
	http.Error(rw, "this is for pages of the app, and at "+at+" browsers don't tell who asks: use "+
		"https, or a loopback address", http.StatusForbidden)
}

// handle has Options.Fallback answer. It gives the request to which that sends on, if that is to be
// answered instead.
func (v *Viewer) handle(rw *answerWriter, r *http.Request) (next *http.Request, aborted bool) {
	if !rw.stay.handle() {
		rw.fail(lateStatus(rw.stay.ctx))
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
	o, g := &v.pages.options, v.pages.origins
	rw.header, rw.ours = cloned(o.Header), false
	r.Body = http.MaxBytesReader(rw, r.Body, o.MaxRequestBody)
	o.Fallback.ServeHTTP(rw, r)
	location := rw.redirected()
	switch {
	case location == "":
		return nil, false
	case !isNavigation(r.Header):
		return follow(g, r, rw.said.status, location), false
	}
	if to := absolute(g, r, location); to != "" &&
		!(keepsMethod(rw.said.status) && mayHaveBody(r.Method)) {
		rw.restart(http.Header{})
		rw.aside = false
		sendOn(rw, r, to)
	}
	return nil, false
}

// tooLate logs that a file does not come.
func (v *Viewer) tooLate(path string) {
	v.pages.log.Warn("serving: a file takes too long, the page gets status 504",
		"window", v.options.Label, "path", loglimit.Short(path), "time", v.pages.assets.time)
}

// cloned gives a copy that may be changed.
func cloned(h http.Header) http.Header {
	if h == nil {
		return http.Header{}
	}
	return h.Clone()
}
