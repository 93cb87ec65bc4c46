//go:build linux && cgo

package webview

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	wv "github.com/webview/webview_go"
)

// program is how a program that attaches its window decides navigations itself.
type program struct {
	name   string
	behind bool // its handler is called behind that of this package
	delay  time.Duration
}

// programs are all ways. The delay is long enough for evals to be on their way.
var programs = []program{
	{"at once", false, 0}, {"later", false, 20 * time.Millisecond},
	{"later, behind us", true, 20 * time.Millisecond},
}

// attachDeciding attaches a window whose program has a handler of its own, before that of this
// package or behind it.
func attachDeciding(t *testing.T, app *App, behind bool, decides gtk.ProgramDecides) *testPage {
	t.Helper()
	connect := func(own wv.WebView) error { decides.Connect(own.Window()); return nil }
	if behind {
		return attachPage(t, app, asMade, connect)
	}
	return attachPage(t, app, connect, asMade)
}

// attach attaches a window whose program decides itself where takes says so, which gets the URL and
// whether its answer is there.
func (m program) attach(
	t *testing.T, app *App, takes func(uri string, answer bool) (view.Verdict, bool),
) *testPage {
	t.Helper()
	decides := func(uri string, answer bool, decide func(view.Verdict)) bool {
		v, ours := takes(uri, answer)
		switch {
		case !ours:
			return false
		case m.delay == 0:
			decide(v)
		default:
			time.AfterFunc(m.delay, func() { mainloop.Post(func() { decide(v) }) })
		}
		return true
	}
	return attachDeciding(t, app, m.behind, decides)
}

// allows takes all that is about a URL with part in it, and allows that.
func allows(part string) func(string, bool) (view.Verdict, bool) {
	return func(uri string, _ bool) (view.Verdict, bool) {
		return view.Allow, strings.Contains(uri, part)
	}
}

// TestNativeEvalLeavesAttached: the same in a window that the program made itself, with a handler
// of its own that leaves no handler of this package anything to decide.
func TestNativeEvalLeavesAttached(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		all := programs
		if w.dev && !verifying {
			all = all[:1]
		}
		for _, m := range all {
			for _, kind := range allLeaves {
				t.Run(m.name+", "+kind.name, func(t *testing.T) {
					leaves(t, w, kind, func(o Options) *testPage {
						return m.attach(t, newApp(t, o, caller), allows("/spy"))
					})
				})
			}
		}
	})
}

// strictApp is an app whose pages forbid eval.
func strictApp(t *testing.T) *App {
	return newApp(t, Options{Assets: fstest.MapFS{
		"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(strictPage)},
	}}, caller)
}

// TestNativeEvalProgramDecides: a decision of the program's that changes nothing holds up no script
// for good: to refuse an answer or to save it, and to have a frame go back.
func TestNativeEvalProgramDecides(t *testing.T) {
	server := foreign(t, blank)
	for _, m := range programs {
		t.Run(m.name, func(t *testing.T) {
			t.Run("refused", func(t *testing.T) { m.keeps(t, Origin+"/other.html", view.Refuse) })
			if !m.behind { // else this package has made the decision
				t.Run("saved", func(t *testing.T) { m.keeps(t, server.URL+"/", view.ToDisk) })
			}
			t.Run("a frame goes back", func(t *testing.T) {
				frameGoesBack(t, m.attach(t, strictApp(t), allows("/other.html")))
			})
		})
	}
}

// keeps checks that scripts are answered in a page that stays as the program decides so about the
// answer of a URL.
func (m program) keeps(t *testing.T, url string, v view.Verdict) {
	decided := make(chan none, 10)
	p := m.attach(t, strictApp(t), func(uri string, answer bool) (view.Verdict, bool) {
		if uri != url || !answer {
			return view.Allow, uri == url
		}
		decided <- none{}
		return v, true
	})
	p.ready()
	for range 5 {
		p.run(`location.href = '`+url+`'`, nil)
		wait(t, decided, "the decision")
		for range 5 {
			v, err := p.EvalResult(testContext(t), `location.pathname`)
			if err != nil || string(v) != `"/index.html"` {
				t.Fatalf("%s, %v", v, err)
			}
		}
	}
}

// TestNativeEvalProgramWaits: while the program has the decision about an answer, or about what is
// in the history, no script is sent, and those that wait are answered when it is made.
func TestNativeEvalProgramWaits(t *testing.T) {
	for _, behind := range []bool{false, true} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("behind us %v, history %v", behind, back), func(t *testing.T) {
				programWaits(t, behind, back)
			})
		}
	}
}

func programWaits(t *testing.T, behind, back bool) {
	taken := make(chan func(view.Verdict), 1)
	armed := false // main thread only
	p := attachDeciding(t, strictApp(t), behind,
		func(_ string, answer bool, decide func(view.Verdict)) bool {
			if !armed || answer == back {
				return false
			}
			armed = false
			taken <- decide
			return true
		})
	p.ready()
	lead := `location.href = 'other.html'`
	if back {
		p.run(frameInHistory, nil)
		lead = `history.back()`
	}
	p.call(t, func() { armed = true })
	p.run(lead, nil)
	decide := wait(t, taken, "the decision")
	p.run(``, nil) // what was sent before to the web process is answered, too
	var results [3]chan error
	for i := range results {
		results[i] = make(chan error, 1)
		go func() {
			_, err := p.EvalResult(testContext(t), `globalThis.ran = true`)
			results[i] <- err
		}()
	}
	eventually(t, "the script to be held", func() (held bool) {
		p.call(t, func() { held = len(p.evals.held) > 0 })
		return held
	})
	var ran bool
	p.run(`return globalThis.ran ?? false`, &ran)
	if ran {
		t.Error("a script was sent while the program had the decision")
	}
	p.call(t, func() { decide(view.Refuse) })
	for _, r := range results {
		if err := wait(t, r, "the script's answer"); err != nil {
			t.Error(err)
		}
	}
}
