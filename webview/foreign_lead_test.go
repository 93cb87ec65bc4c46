//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// guide serves a page of another origin; what asks for its /redirect is sent to the URL to.
func guide(t *testing.T, page, to string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			http.Redirect(rw, r, to, http.StatusTemporaryRedirect)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(rw, page)
	}))
	t.Cleanup(s.Close)
	return s
}

// foreignLeads are ways of a foreign page to ours: TO is where to, shown that it is shown there.
var foreignLeads = []struct {
	name, script string
	shown        bool
}{
	{"a location", `location = 'TO'`, true},
	{"a replaced location", `location.replace('TO')`, true},
	{"a link", `const a = document.createElement('a'); a.href = 'TO'; document.body.append(a);
		a.click()`, true},
	{"a link without a referrer", `const a = document.createElement('a'); a.href = 'TO';
		a.rel = 'noreferrer'; document.body.append(a); a.click()`, true},
	{"a refresh", `document.head.insertAdjacentHTML('beforeend',
		'<meta http-equiv=refresh content="0;url=TO">')`, true},
	{"a form", `document.body.innerHTML = '<form action="TO"></form>'; document.forms[0].submit()`,
		true},
	{"a redirect", `location = '/redirect'`, true},
	{"a window of the same name", `window.open('TO', '_self')`, true},
	{"a frame's link to the top", `const f = document.createElement('iframe');
		f.srcdoc = '<a href="TO" target=_top></a><script>document.links[0].click()</' + 'script>';
		document.body.append(f)`, true},
	{"back in the history", `history.back()`, true},
	{"a form that is posted",
		`document.body.innerHTML = '<form method=post action="SCHEME"></form>';
		document.forms[0].submit()`, false},
	{"a new window", `window.open('TO')`, false},
	{"a frame", `const f = document.createElement('iframe'); f.src = 'TO';
		document.body.append(f)`, false},
	{"an object", `const f = document.createElement('object'); f.data = 'TO';
		document.body.append(f)`, false},
	{"a file of the system", `location = 'FILE'`, false},
	{"another host", `location = 'tailrace://other/'`, false},
	{"another host's port", `location = 'tailrace://localhost:8081/'`, false},
	{"a user", `location = 'tailrace://x@localhost/'`, false},
	{"a host in capitals", `location = 'tailrace://LOCALHOST/'`, false},
}

// A foreign page that leads to a page of ours gets it shown, as on the web, with a session of its
// own. What else it asks for is refused, and the foreign page stays.
func TestForeignPageLeadsToOurs(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		logger, log := warningLog()
		b := openBeside(t, w, Options{Logger: logger, LocalFiles: []string{t.TempDir()}}, caller)
		to := b.origins.List()[len(b.origins.List())-1] + "/other.html"
		server := guide(t, blank, to)
		replacer := strings.NewReplacer("TO", to, "SCHEME", Origin+"/other.html",
			"FILE", Origin+filePath+"%2Fetc%2Fpasswd")
		for i, c := range foreignLeads {
			t.Run(c.name, func(t *testing.T) {
				p := openPage(t, b.App, WindowOptions{Label: "guest" + strconv.Itoa(i), URL: to})
				eventually(t, "a session", func() bool { return p.Session() != nil })
				before := p.Session()
				if err := p.Navigate(server.URL); err != nil {
					t.Fatal(err)
				}
				p.waitLoaded()
				b.during(t, c.name, func() string {
					read := len(log.String())
					p.start(replacer.Replace(c.script))
					if !c.shown {
						eventually(t, "the refusal", func() bool {
							return strings.Contains(log.String()[read:], "refused")
						})
						var href string
						p.run(`return location.href`, &href)
						if href != server.URL+"/" || p.Session() != nil {
							t.Errorf("the window shows %s, its session is %v", href, p.Session())
						}
						return "refused, the foreign page stays"
					}
					eventually(t, "a session", func() bool { return p.Session() != nil })
					if p.Session() == before {
						t.Error("it is the session before")
					}
					var got string
					p.run(`return location.href.split('?')[0] + ' ' +
						await fetch('/abc.txt').then((r) => r.status) + ' ' +
						await tailrace.invoke('caller')`, &got)
					if want := to + " 200 " + p.Label() + " " + b.origins.Own(to); got != want {
						t.Errorf("%s, want %s", got, want)
					}
					return "our page is shown, with a session"
				})
			})
		}
	})
}

// own gives what the window takes for its page's origin, and its session.
func (p *testPage) own() (origin string, s *transport.Session) {
	p.t.Helper()
	if err := loop.call(func() error { origin = p.nav.shown.origin; return nil }); err != nil {
		p.t.Fatal(err)
	}
	return origin, p.Session()
}

// shows waits until the window has shown so many documents.
func (p *testPage) shows(n uint64) {
	p.t.Helper()
	eventually(p.t, "a document", func() bool {
		var now uint64
		err := loop.call(func() error {
			now = p.Window.pages.documents
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
		return now >= n
	})
}

// An error of ours is shown, and is no page of the app: it has no session, runs no script, and
// Reload asks for its URL again. What a page may not ask for does not even take its place.
func TestErrorsAreNoPages(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		logger, log := warningLog()
		app := newApp(t, Options{
			Carrier: w.kind, Logger: logger, Assets: testFiles(), LocalFiles: []string{t.TempDir()},
		}, caller)
		for i, c := range []struct{ name, script string }{
			{"no file", `location = '/missing'`},
			{"no file of ours", `location = '/.tailrace/other'`},
			{"what takes POST only", `location = '/.tailrace/hello'`},
			{"another method", `document.body.innerHTML =
					'<form method=post action="/other.html"></form>';
					document.forms[0].submit()`},
			{"a long URL", `location = '/?' + 'x'.repeat(2 << 20)`},
			{"an odd URL", `location = '/100%?q=%zz&ü#%'`},
			{"a URL with a backslash", `location = '/a\\b?"<>|{}'`},
			{"a host with an empty port", `location = 'tailrace://localhost:/missing'`},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := openPage(t, app, WindowOptions{Label: "error" + strconv.Itoa(i)})
				eventually(t, "a session", func() bool { return p.Session() != nil })
				before := p.Session()
				var documents uint64
				_ = loop.call(func() error { documents = p.Window.pages.documents; return nil })
				p.start(c.script)
				wait(t, before.Done(), "the end of the session before")
				p.shows(documents + 1)
				if origin, s := p.own(); origin != "" || s != nil {
					t.Errorf("the error is of %q, with session %v", origin, s)
				}
				if err := p.Navigate("other.html"); err != nil {
					t.Fatal(err)
				}
				eventually(t, "a session", func() bool { return p.Session() != nil })
			})
		}
		p := openPage(t, app, WindowOptions{Label: "stays"})
		eventually(t, "a session", func() bool { return p.Session() != nil })
		before := p.Session()
		for name, script := range map[string]string{
			"a file of the system": `location = '` + filePath + `%2Fetc%2Fpasswd'`,
		} {
			t.Run(name, func(t *testing.T) {
				read := len(log.String())
				p.start(script)
				eventually(t, "the refusal", func() bool {
					return strings.Contains(log.String()[read:], "what is there stays")
				})
				var got string
				p.run(`return await tailrace.invoke('caller')`, &got)
				if p.Session() != before || got != "stays "+Origin {
					t.Errorf("%s, session %v", got, p.Session())
				}
			})
		}
		return "no pages"
	})
}

// cameFromCache says whether what is shown came without an answer.
func (p *testPage) cameFromCache() (cached bool) {
	p.t.Helper()
	err := loop.call(func() error {
		cached = p.nav.load.answered == ""
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return cached
}

// What was no page of the app's is none either when it comes back from the history, be it from
// WebKit's cache without an answer, and whatever its URL means by then. What was one is.
func TestErrorsComeBack(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	err := os.WriteFile(file, []byte(`<!doctype html><style>* { margin: 0 }
		a { display: block; width: 300px; height: 200px }</style><a href="#x">x</a>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	besideAnother(t, func(t *testing.T, w way) string {
		app := newApp(t, Options{Carrier: w.kind, Assets: testFiles(), LocalFiles: []string{dir}},
			caller)
		p := openPage(t, app, WindowOptions{})
		documents := uint64(1)
		// forth shows our other page, which gives the length of the history then
		forth := func() (length int) {
			t.Helper()
			if err := p.Navigate("other.html"); err != nil {
				t.Fatal(err)
			}
			documents++
			p.shows(documents)
			eventually(t, "a session", func() bool { return p.Session() != nil })
			p.run(`return history.length`, &length)
			return length
		}
		leads := func(script string) {
			t.Helper()
			p.start(script)
			documents++
			p.shows(documents)
		}
		foreignTo := func(what string) {
			t.Helper()
			if origin, s := p.own(); origin != "" || s != nil {
				t.Errorf("%s is of %q, with session %v", what, origin, s)
			}
		}
		for _, script := range []string{
			`location = '/missing'`, `location = '/.tailrace/other'`,
			`location = '` + filePath + `' + encodeURIComponent(` + strconv.Quote(file) + `)`,
		} {
			leads(script)
			foreignTo(script)
			forth()
			leads(`history.back()`)
			foreignTo(script + ", back")
			t.Logf("%s came from the cache: %v", script, p.cameFromCache())
			forth()
		}
		// A file of the system in which the user has followed a link to a place.
		for end := time.Now().Add(patience); ; {
			var before int
			p.run(`return history.length`, &before)
			leads(`location = '` + filePath + `' + encodeURIComponent(` + strconv.Quote(file) + `)`)
			for range 3 { // which comes to nothing until it is drawn
				p.post(func() { p.gtk().Click(100, 100, 1) })
				time.Sleep(100 * time.Millisecond)
			}
			clicked := forth() > before+2
			leads(`history.back()`)
			foreignTo("a place in the file")
			cached := p.cameFromCache()
			forth()
			if clicked {
				t.Logf("a place in the file came from the cache: %v", cached)
				break
			}
			if time.Now().After(end) {
				t.Fatal("the link was not followed")
			}
		}
		// A page of the app's that was not there before.
		leads(`location = '/index.html'`)
		eventually(t, "a session", func() bool { return p.Session() != nil })
		forth()
		leads(`history.back()`)
		eventually(t, "a session", func() bool { return p.Session() != nil })
		return "no pages"
	})
}

// A foreign page leads to ours in a window that the app made itself, too.
func TestForeignPageLeadsAttached(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		l := newAttached(t, Options{Carrier: w.kind}, "")
		if err := l.Navigate(foreign(t, blank).URL); err != nil {
			t.Fatal(err)
		}
		l.waitLoaded()
		wait(t, l.before.Done(), "the end of the session before")
		l.testPage.start(`location = '` + Origin + `/other.html'`)
		l.waitLoaded()
		eventually(t, "a session", func() bool { return l.Session() != nil })
		return "a session"
	})
}

// A page of ours stays when a server of another origin would send it on to ours. With the app's
// word ours is loaded.
func TestServerLeadsOurPage(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		server := guide(t, blank, Origin+"/other.html")
		l := newLeading(t, Options{Carrier: w.kind}, "")
		l.script(`location = '` + server.URL + `/redirect'`)
		eventually(t, "the refusal", l.refused)
		l.stays()
		allowing := newLeading(t, Options{
			Carrier:    w.kind,
			OnNavigate: func(Navigation) NavigationAction { return NavigationAllow },
		}, "")
		if err := allowing.Navigate(server.URL + "/redirect"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a session", func() bool {
			s := allowing.Session()
			return s != nil && s != allowing.before
		})
		var href string
		if allowing.run(`return location.href`, &href); href != Origin+"/other.html" {
			t.Errorf("the window shows %s", href)
		}
		return "ours stays"
	})
}
