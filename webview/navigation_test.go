//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// elsewhere is a server of another origin, which notes what it is asked for.
type elsewhere struct {
	*httptest.Server
	moved atomic.Bool // all but /landed, to another origin
	mu    sync.Mutex
	hits  []string
}

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.hits = append(e.hits, r.Method+" "+r.URL.Path)
		e.mu.Unlock()
		elsewhere := strings.Replace(e.URL, "127.0.0.1", "localhost", 1)
		if e.moved.Load() && r.URL.Path != "/landed" {
			http.Redirect(rw, r, elsewhere+"/landed", http.StatusFound)
			return
		}
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(rw, r, "/landed", http.StatusFound)
			return
		case "/other/allowed":
			http.Redirect(rw, r, elsewhere+"/landed", http.StatusFound)
			return
		case "/attachment":
			rw.Header().Set("Content-Disposition", `attachment; filename="report.txt"`)
		case "/folders":
			rw.Header().Set("Content-Disposition", `attachment; filename="../.profile"`)
		case "/nothing":
			rw.WriteHeader(http.StatusNoContent)
			return
		case "/parts": // many answers to one navigation
			rw.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=part")
			for n := 0; r.Context().Err() == nil && n < 10_000; n++ {
				fmt.Fprint(rw, "--part\r\nContent-Type: text/plain\r\n\r\nx\r\n")
				rw.(http.Flusher).Flush()
			}
			return
		case "/unknown":
			rw.Header().Set("Content-Type", "application/x-unknown")
		case "/endless":
			rw.Header().Set("Content-Disposition", `attachment; filename="endless.bin"`)
			rw.Header().Set("Content-Length", "1000000")
			rw.Write(make([]byte, 100_000))
			rw.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		if rw.Header().Get("Content-Type") == "" {
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		fmt.Fprint(rw, `<!doctype html>
			<style>* { margin: 0 } a { width: 300px; height: 200px; display: block }</style>
			<a href="/inside">elsewhere</a>`)
	}))
	t.Cleanup(func() { e.CloseClientConnections(); e.Close() })
	return e
}

func (e *elsewhere) seen(hit string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.hits, hit)
}

// leadingPage is an own page whose body is what is clicked, at its top left, or a script that runs
// without a click.
func leadingPage(body string) fstest.MapFS {
	return fstest.MapFS{
		"index.html": {Data: []byte(`<!doctype html><style>* { margin: 0 }
			body > :not(script) { display: block; width: 300px; height: 200px }</style>
				<body>` + body)},
		"other.html": {Data: []byte(blank)},
		"a.json":     {Data: []byte(`{}`)},
	}
}

// leading is a window with such a page.
type leading struct {
	*testPage
	app      *App
	log      *lockedWriter
	launched chan string
	before   *transport.Session
	read     int // of the log
}

func newLeading(t *testing.T, o Options, body string) *leading {
	t.Helper()
	l := &leading{launched: make(chan string, 100)}
	o.Assets, o.KeepRunning = leadingPage(body), true
	o.Logger, l.log = warningLog()
	l.app = newApp(t, o, func(*transport.Engine) {})
	l.app.desktop.launch = func(uri string, _ func(error)) { l.launched <- uri }
	l.testPage = openPage(t, l.app, WindowOptions{Label: "leading"})
	eventually(t, "a session", func() bool { l.before = l.Session(); return l.before != nil })
	return l
}

// again begins another case in the same window.
func (l *leading) again(t *testing.T) {
	l.t = t
	l.read = len(l.log.String())
	err := l.app.call(func() error {
		l.app.desktop.launches = allowance{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// refused says whether the log tells of a refusal in this case.
func (l *leading) refused() bool { return strings.Contains(l.log.String()[l.read:], "refused") }

// script runs without a gesture of the user's.
func (l *leading) script(js string) {
	l.t.Helper()
	if err := l.Eval("{" + js + "}"); err != nil {
		l.t.Fatal(err)
	}
}

// click clicks at the top left, once the page is on the screen.
func (l *leading) click() {
	l.t.Helper()
	l.run(`await new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))`, nil)
	l.post(func() { l.gtk().Click(100, 100, 1) })
}

// stays fails when the page is not the one of before, or was answered for.
func (l *leading) stays() {
	l.t.Helper()
	if _, err := l.EvalResult(testContext(l.t), `1`); err != nil || l.Session() != l.before {
		l.t.Errorf("the page is gone: %v", err)
	}
	var href string
	if l.run(`return location.href`, &href); href != Origin+"/index.html" {
		l.t.Errorf("the window shows %s", href)
	}
	if len(l.launched) > 0 {
		l.t.Errorf("the desktop got %q", <-l.launched)
	}
}

// Without functions of the app, what a page leads to is refused, unless the user has clicked: then
// the desktop opens what is its own.
func TestNavigationByDefault(t *testing.T) {
	server := newElsewhere(t)
	to := func(text string) string { return strings.ReplaceAll(text, "U/", server.URL+"/") }
	t.Run("clicks", func(t *testing.T) {
		l := newLeading(t, Options{}, "")
		for _, c := range []struct{ name, body, launched string }{
			{"a link", `<a href="U/a">`, "U/a"},
			{
				"a link to mail",
				`<a href="mailto:a@b.example?subject=x%20y&body=$(touch%20/tmp/z)">`,
				"mailto:a@b.example?subject=x%20y&body=$(touch%20/tmp/z)",
			},
			{"a link to a phone", `<a href="tel:+4912345">`, "tel:+4912345"},
			{"a link in a new window", `<a href="U/a" target=_blank>`, "U/a"},
			{"a link in a window with a name", `<a href="U/a" target=other>`, "U/a"},
			{"a link with the attribute of downloads", `<a href="U/a" download>`, "U/a"},
			{"a script after a click", `<button onclick="location.href = 'U/a'">`, "U/a"},
			{"window.open after a click", `<button onclick="window.open('U/a')">`, "U/a"},
			{"a form that is sent", `<form action="U/a"><button style="width:300px;height:200px">`,
				"U/a?"},
			{
				"a form that is posted",
				`<form method=post action="U/a"><button style="width:300px;height:200px">`, "",
			},
			{
				"a form that is posted in a new window",
				`<form method=post target=_blank action="U/a">
					<button style="width:300px;height:200px">`, "",
			},
			{"a link to another program", `<a href="foo:bar">`, ""},
			{"our own page in a new window", `<a href="other.html" target=_blank>`, ""},
			{"a blank window", `<button onclick="window.open('')">`, ""},
			{"our own file, saved", `<a href="a.json" download=".profile">`, ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				l.again(t)
				l.run(`document.body.innerHTML = `+strconv.Quote(to(c.body)), nil)
				l.click()
				if c.launched == "" {
					eventually(t, "the refusal", l.refused)
				} else if got := wait(t, l.launched, "the desktop"); got != to(c.launched) {
					t.Errorf("the desktop got %q", got)
				}
				l.stays()
			})
		}
	})
	t.Run("scripts", func(t *testing.T) {
		l := newLeading(t, Options{}, "")
		for _, c := range []struct{ name, script string }{
			{"a location", `location = 'U/a'`},
			{"a replaced location, redirected", `location.replace('U/redirect')`},
			{"mail", `location = 'mailto:a@b.example'`},
			{"a link that is clicked", `const a = document.createElement('a'); a.href = 'U/a';
				document.body.append(a); a.click()`},
			{"a refresh", `document.head.insertAdjacentHTML('beforeend',
				'<meta http-equiv=refresh content="0;url=U/a">')`},
			{"a form", `document.body.innerHTML = '<form method=post action="U/a"></form>';
				document.forms[0].submit()`},
			{"a blob", `location = URL.createObjectURL(new Blob(['x'], { type: 'text/html' }))`},
			{
				"a frame to mail",
				`document.body.innerHTML = '<iframe src="mailto:a@b.example"></iframe>'`,
			},
			{"a frame that leads the top", `const f = document.createElement('iframe');
				f.srcdoc = '<script>top.location = "U/a"</' + 'script>'; document.body.append(f)`},
			{"an attachment", `location = 'U/attachment'`},
			{"an attachment of a frame",
				`document.body.innerHTML = '<iframe src="U/attachment"></iframe>'`},
			{"an attachment with folders in its name", `location = 'U/folders'`},
			{"an unknown type", `location = 'U/unknown'`},
			{"a blob, saved", `const a = document.createElement('a'); a.download = '.profile';
				a.href = URL.createObjectURL(new Blob(['x'])); a.click()`},
		} {
			t.Run(c.name, func(t *testing.T) {
				l.again(t)
				l.script(to(c.script))
				eventually(t, "the refusal", l.refused)
				l.stays()
			})
		}
	})
}

// What is refused by default may have been requested: WebKit tells whose frame it is with the
// answer.
func TestRefusedNavigationIsRequested(t *testing.T) {
	server := newElsewhere(t)
	l := newLeading(t, Options{}, "")
	l.script(`location = '` + server.URL + `/asked'`)
	eventually(t, "the refusal", l.refused)
	if !server.seen("GET /asked") {
		t.Error("the server was not asked")
	}
	l.stays()
}

// A page can replace itself by about:blank. Its session ends, and Reload comes back.
func TestNavigationToBlank(t *testing.T) {
	for _, script := range []string{
		`location = 'about:blank'`, `location.replace('about:blank')`,
		`window.open('about:blank', '_self')`,
	} {
		l := newLeading(t, Options{}, "")
		l.script(script)
		wait(t, l.before.Done(), "the end of the session")
		l.shows(2)
		if origin, s := l.own(); origin != "" || s != nil {
			t.Errorf("%s: the page is of %q, with session %v", script, origin, s)
		}
		l.Reload()
		eventually(t, "a session", func() bool { return l.Session() != nil })
		var href string
		if l.run(`return location.href`, &href); href != Origin+"/index.html" {
			t.Errorf("%s: Reload shows %s", script, href)
		}
	}
}

// With libsoup 2 the web process ends that reads a link's name with a slash. The program goes on,
// no file is there, and Reload comes back.
func TestSlashInDownloadAttribute(t *testing.T) {
	for _, data := range []string{`URL.createObjectURL(new Blob(['x']))`, `'data:text/plain,x'`} {
		l := newLeading(t, Options{}, "")
		crashed := make(chan string, 1)
		l.OnCrash(func(reason string) { crashed <- reason })
		l.script(`const a = document.createElement('a'); a.download = '../.profile';
			a.href = ` + data + `; a.click()`)
		eventually(t, "the refusal or the end of the process", func() bool {
			return len(crashed) > 0 || l.refused()
		})
		t.Logf("%s: ended: %v", data, len(crashed) > 0)
		if len(crashed) > 0 {
			eventually(t, "the end of the session", func() bool { return l.Session() == nil })
		}
		l.Reload()
		eventually(t, "a session", func() bool {
			s := l.Session()
			return s != nil && s != l.before
		})
	}
}

// Frames show what they want, go where they want, and open nothing.
func TestFramesByDefault(t *testing.T) {
	server := newElsewhere(t)
	l := newLeading(t, Options{}, `<iframe src="`+server.URL+`/frame"></iframe>`)
	eventually(t, "the frame", func() bool { return server.seen("GET /frame") })
	end := time.Now().Add(patience)
	for ; !server.seen("GET /inside"); time.Sleep(100 * time.Millisecond) {
		if l.click(); time.Now().After(end) { // which comes to nothing until the frame is drawn
			t.Fatal("the frame's own link leads nowhere")
		}
	}
	l.stays()
}

// A page that opens in a loop, while the user keeps clicking, is held back.
func TestDesktopIsNotFlooded(t *testing.T) {
	l := newLeading(t, Options{},
		`<button onclick="for (let i = 0; i < 50; i++) { const a = document.createElement('a');
			a.href = 'mailto:' + i + '@b.example'; a.target = '_blank'; a.click() }">`)
	l.click()
	eventually(t, "the refusal", func() bool {
		return strings.Contains(l.log.String(), "too many")
	})
	if n := len(l.launched); n > 2*allowanceBurst {
		t.Errorf("%d URLs went to the desktop", n)
	}
	var a allowance
	now := time.Now()
	for i, want := range []bool{true, true, true, false, false} {
		if got := a.takeAt(now); got != want {
			t.Errorf("time %d: %v", i, got)
		}
	}
	if !a.takeAt(now.Add(allowanceEach)) || a.takeAt(now.Add(allowanceEach)) ||
		!a.takeAt(now.Add(time.Hour)) {
		t.Error("what was taken does not come back with time")
	}
}
