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
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/webview/display"
)

// patience bounds every wait of the tests: far more than a page needs.
const patience = 30 * time.Second

// extensionVariable names the extension that was just built.
const extensionVariable = "TAILRACE_TEST_EXTENSION"

// loop is the App whose Run drives the main thread for all tests.
var loop *App

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
		extensionLibrary = func() []byte { return library }
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

const blank = `<!doctype html><meta charset=utf-8><title>page</title><body style="margin:0;background:#123456">`

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

// testPage is a window whose page the test scripts without the transport, by webview_go's
// Bind and Eval.
type testPage struct {
	*Window
	t      *testing.T
	view   evaluator
	loaded chan string // location.href of every page that has loaded

	mu    sync.Mutex
	next  int
	calls map[string]chan testReport
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
	p := &testPage{t: t, loaded: make(chan string, 16), calls: map[string]chan testReport{}}
	err := app.call(func() error {
		w, err := app.Open(o)
		if err != nil {
			return err
		}
		p.Window, p.view = w, w.native.own
		return p.bind(w.native.own)
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
		if r == '#' || r == '=' {
			b[i] = '_'
		}
	}
	return string(b)
}

type bindable interface {
	Bind(name string, f any) error
	Init(js string)
}

type evaluator interface{ Eval(js string) }

func (p *testPage) bind(n bindable) error {
	n.Init(`addEventListener('load', () => testLoaded(location.href))`)
	if err := n.Bind("testLoaded", func(href string) { p.loaded <- href }); err != nil {
		return err
	}
	return n.Bind("testReport", func(id string, ok bool, value string) {
		p.mu.Lock()
		c := p.calls[id]
		delete(p.calls, id)
		p.mu.Unlock()
		if c != nil {
			c <- testReport{ok, value}
		}
	})
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
	p.mu.Lock()
	p.next++
	id := strconv.Itoa(p.next)
	p.calls[id] = c
	p.mu.Unlock()
	js := `(async () => {` + body + `})().then(v => testReport("` + id + `", true, JSON.stringify(v ?? null)), e => testReport("` + id + `", false, String(e)))`
	p.post(func() { p.view.Eval(js) })
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
	if err := json.Unmarshal([]byte(r.Text), &h); err != nil || r.Status != http.StatusOK || len(h.Session) != 32 {
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
