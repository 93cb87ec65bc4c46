//go:build linux && cgo

package webview

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/internal/display"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// patience bounds every wait of the tests: far more than a page needs.
const patience = 30 * time.Second

// extensionVariable names the extension that was just built.
const extensionVariable = "TAILRACE_TEST_EXTENSION"

// loop is the App whose Run drives the main thread for all tests.
var loop *App

// gtk gives the window's view. Main thread only.
func (w *Window) gtk() *gtk.View { return w.native.(*gtk.View) }

func TestMain(m *testing.M) {
	if err := display.Test(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if path := os.Getenv(extensionVariable); path != "" {
		library, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		gtk.Library = func() []byte { return library }
	}
	if name := os.Getenv(scenarioVariable); name != "" {
		runScenario(name)
	}
	var err error
	if loop, err = New(Options{KeepRunning: true, Tauri: true, Assets: testFiles()}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	go func() {
		code = m.Run()
		loop.Quit()
	}()
	if err := loop.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const blank = `<!doctype html><meta charset=utf-8><title>page</title>` +
	`<body style="margin:0;background:#123456">`

func testFiles() fs.FS {
	return fstest.MapFS{
		"index.html":     {Data: []byte(blank)},
		"other.html":     {Data: []byte(blank)},
		"sub/index.html": {Data: []byte(blank)},
		"abc.txt":        {Data: []byte("abcdefghijklmnopqrstuvwxyz")},
		"mod.mjs":        {Data: []byte("export const answer = 42;")},
		"style.css":      {Data: []byte("body{color:red}")},
		"pic.svg":        {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"a.wasm":         {Data: []byte("\x00asm\x01\x00\x00\x00")},
		"a.json":         {Data: []byte(`{"a":1}`)},
		"umlaut ü.txt":   {Data: []byte("ü")},
	}
}

// testPage is a window whose page the test scripts without the transport, by what WebKit
// evaluates in any document.
type testPage struct {
	*Window
	t      *testing.T
	loaded chan string // location.href of every page that has loaded
}

type testReport struct {
	ok    bool
	value string
}

// openPage opens a window and waits for its first page. It is closed at the test's end.
func openPage(t *testing.T, app *App, o WindowOptions) *testPage {
	t.Helper()
	// What TestMain has read does not count for `go test`, when it looks for a cached result.
	display.TestKind()
	os.Stat(os.Getenv(extensionVariable))
	if o.Label == "" {
		o.Label = labelOf(t)
	}
	p := newTestPage(t)
	err := app.call(func() error {
		w, err := app.Open(o)
		if err != nil {
			return err
		}
		p.follow(w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.shutDown)
	p.waitLoaded()
	return p
}

func labelOf(t *testing.T) string {
	b := []rune(t.Name())
	for i, r := range b {
		if r == '#' || r == '=' || r == ',' {
			b[i] = '_'
		}
	}
	return string(b)
}

func newTestPage(t *testing.T) *testPage {
	return &testPage{t: t, loaded: make(chan string, 16)}
}

// whenLoaded gives the document's address when it has loaded. One that comes back from the history
// did that before.
const whenLoaded = `const loaded = Symbol.for('test.loaded');
	if (globalThis[loaded]) return '';
	globalThis[loaded] = true;
	if (document.readyState !== 'complete')
		await new Promise((f) => addEventListener('load', () => f())); // without the event
	return location.href`

// follow makes the page that of a window that has not loaded anything. Main thread only.
func (p *testPage) follow(w *Window) {
	p.Window = w
	w.nav.onLoad = func(e view.LoadEvent) {
		if e != view.LoadCommitted || !w.native.IsOpen() {
			return
		}
		w.native.Eval(whenLoaded, view.EvalFunction, func(o view.EvalOutcome, text string) {
			var href string
			if o == view.EvalValue && json.Unmarshal([]byte(text), &href) == nil && href != "" {
				p.loaded <- href
			}
		})
	}
}

func (p *testPage) shutDown() {
	p.Destroy()
	wait(p.t, p.Done(), "the window's end")
}

func (p *testPage) waitLoaded() string {
	p.t.Helper()
	select {
	case href := <-p.loaded:
		return href
	case <-time.After(patience):
		p.t.Fatal("the page did not load")
	}
	return ""
}

// start runs the body of an async function in the page.
func (p *testPage) start(body string) <-chan testReport {
	c := make(chan testReport, 1)
	js := `return (async () => {` + body + `
})().then((v) => '=' + JSON.stringify(v ?? null), (e) => '!' + String(e))`
	p.post(func() {
		p.native.Eval(js, view.EvalFunction, func(o view.EvalOutcome, text string) {
			var said string
			if o != view.EvalValue || json.Unmarshal([]byte(text), &said) != nil || said == "" {
				c <- testReport{false, fmt.Sprintf("not evaluated (%d): %s", o, text)}
				return
			}
			c <- testReport{said[0] == '=', said[1:]}
		})
	})
	return c
}

// run runs the body of an async function in the page and decodes what it returns.
func (p *testPage) run(body string, into any) {
	p.t.Helper()
	select {
	case r := <-p.start(body):
		p.decode(r, into)
	case <-time.After(patience):
		p.t.Fatalf("no answer to script: %s", body)
	}
}

// decode reads what a script returned.
func (p *testPage) decode(r testReport, into any) {
	p.t.Helper()
	if !r.ok {
		p.t.Fatalf("script failed: %s", r.value)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(r.value), into); err != nil {
		p.t.Fatalf("%v: %s", err, r.value)
	}
}

// response is what a page's fetch got.
type response struct {
	Failed  bool
	Status  int
	Headers map[string]string
	Text    string
}

// fetch has the page fetch, with options as JavaScript.
func (p *testPage) fetch(url, options string) response {
	p.t.Helper()
	var r response
	p.run(`try {
		const r = await fetch(`+strconv.Quote(url)+`, `+options+`);
		return { Status: r.status, Headers: Object.fromEntries(r.headers), Text: await r.text() };
	} catch (e) { return { Failed: true, Text: String(e) } }`, &r)
	return r
}

const (
	hello = Origin + "/.tailrace/hello"
	batch = Origin + "/.tailrace/batch"
)

// hello opens a session as a page's client does, and gives its id.
func (p *testPage) hello() string {
	p.t.Helper()
	r := p.fetch(hello, `{method: "POST", headers: {"Tailrace-Version": "1"}}`)
	var h struct{ Session string }
	if err := json.Unmarshal([]byte(r.Text), &h); err != nil || r.Status != http.StatusOK ||
		len(h.Session) != 32 {
		p.t.Fatalf("hello gave %+v", r)
	}
	return h.Session
}

func wait[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("timeout: waited for %s", what)
	}
	panic("unreachable")
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// foreign serves pages of another origin.
func foreign(t *testing.T, page string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(rw, page)
	}))
	t.Cleanup(s.Close)
	return s
}
