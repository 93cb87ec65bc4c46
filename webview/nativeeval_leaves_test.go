//go:build linux && cgo

package webview

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// Scripts with a secret: expressions, programs, and what does not parse.
var (
	secretExpressions = []string{
		`globalThis.x = 'secret'`,
		`void 0, 'secret'`,
		`(function () { return 'secret' })().length`,
		`Promise.reject(new Error('secret'))`,
	}
	secretPrograms = []string{
		`var secretVariable = 'secret'; secretVariable.length`,
		`function secretFunction() { return 'secret' } 1`,
		`async function secretLater() { return 'secret' }`,
		`let secretLet = 'secret'; const secretConst = () => 'secret'; secretConst().length`,
		`class Secret { secret() { return 'secret' } } 1`,
		`'use strict'; function secretStrict() { return 'secret' }`,
		`throw new Error('secret')`,
		`return 'secret'`,
	}
	secretErrors = []string{`this is secret no script`, `'secret' 'secret'`, `secret(;`}
)

// leave is where an own page goes while Go evaluates in it.
type leave struct {
	name string
	own  bool // it is served by the app
	back bool // it is in the history, from where WebKit shows it without a request
}

var allLeaves = []leave{
	{"another origin", false, false}, {"our own file in a sandbox", true, false},
	{"another origin, back in the history", false, true},
	{"our own file in a sandbox, back in the history", true, true},
}

// leavesOften is how often a page is left.
func leavesOften() int {
	if verifying {
		return 150
	}
	return 12
}

// TestNativeEvalLeaves: an own page that forbids eval is left for a document of somebody else,
// while Go evaluates in it without end. None of the scripts is seen there.
func TestNativeEvalLeaves(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		for _, kind := range allLeaves {
			t.Run(kind.name, func(t *testing.T) {
				leaves(t, w, kind, func(o Options) *testPage {
					return openPage(t, newApp(t, o, caller), WindowOptions{Label: "main"})
				})
			})
		}
	})
}

func leaves(t *testing.T, w way, kind leave, open func(Options) *testPage) {
	loads := leavesOften()
	files := fstest.MapFS{
		"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(blank)},
		"spy.html": {Data: []byte(blank + collector)},
	}
	serve := func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/spy") {
			rw.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
		}
		http.FileServerFS(files).ServeHTTP(rw, r)
	}
	elsewhere := httptest.NewServer(http.FileServerFS(files))
	t.Cleanup(elsewhere.Close)
	to := elsewhere.URL + "/spy.html"
	o := Options{
		Assets: files, Carrier: w.kind,
		OnNavigate: func(Navigation) NavigationAction { return NavigationAllow },
	}
	if w.dev {
		dev := httptest.NewServer(http.HandlerFunc(serve))
		t.Cleanup(dev.Close)
		o.DevURL = dev.URL
	}
	if kind.own {
		to = "/spy2.html"
		files["spy2.html"] = files["spy.html"]
		if !w.dev {
			delete(files, "spy2.html")
			o.Fallback = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
				rw.Header().Set("Content-Type", "text/html")
				_, _ = rw.Write(files["spy.html"].Data)
			})
		}
	}
	p := open(o)
	p.ready()
	seen, ran := 0, new(atomic.Int64)
	scripts := slices.Concat(secretExpressions, secretPrograms, secretErrors)
	leave := `setTimeout(() => { location.href = ` + literal(to) + ` }, 20)`
	if kind.back {
		loads /= 2
		p.start(`location.href = ` + literal(to))
		p.waitLoaded()
		if err := p.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		p.ready()
		leave = `setTimeout(() => history.back(), 20)`
	}
	for range loads {
		stop := make(chan none)
		var evaluating sync.WaitGroup
		for i := range 4 {
			evaluating.Go(func() {
				for n := i; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					js := scripts[n%len(scripts)]
					var err error
					if n%2 == 0 {
						err = p.EvalContext(testContext(t), js)
					} else {
						_, err = p.EvalResult(testContext(t), js)
					}
					switch {
					case err == nil, isCode(err, CodeEval):
						ran.Add(1)
					case errors.Is(err, bus.ErrForeign), errors.Is(err, transport.ErrClosed):
					default:
						t.Error(err)
						return
					}
				}
			})
		}
		before := p.documentsShown()
		p.start(leave)
		if kind.back { // it is not loaded again
			eventually(t, "the document of the history", func() bool {
				return p.documentsShown() != before
			})
		} else {
			p.waitLoaded()
		}
		var href string
		p.run(`return location.href`, &href)
		if !strings.Contains(href, "/spy") {
			t.Fatalf("at %s", href)
		}
		var got []string
		p.run(`return take()`, &got) // behind what was sent before
		if len(got) > 0 {
			seen++
			if seen < 4 {
				t.Logf("the document after the page has seen %q", got)
			}
		}
		close(stop)
		if err := p.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		evaluating.Wait()
		p.ready()
	}
	t.Logf(
		"| %v | an own page is left for %s while Go evaluates | scripts seen in %d of %d loads, "+
			"%d answered |", w, kind.name, seen, loads, ran.Load())
	if seen > 0 {
		t.Errorf("scripts were seen in %d of %d loads", seen, loads)
	}
}

// documentsShown counts the documents that the window has shown.
func (p *testPage) documentsShown() (n uint64) {
	p.t.Helper()
	if err := p.app.call(func() error { n = p.pages.documents; return nil }); err != nil {
		p.t.Fatal(err)
	}
	return n
}
