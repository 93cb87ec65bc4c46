//go:build linux && cgo

package webview

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	wv "github.com/webview/webview_go"
)

// lockedWriter lets a test read a log while others write.
type lockedWriter struct {
	logger *slog.Logger // that writes it
	mu     sync.Mutex
	b      *bytes.Buffer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

// String gives what was logged until now.
func (w *lockedWriter) String() string {
	loglimit.Flush(w.logger, time.Minute)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// readableLog gives a logger whose log can be read while it is written.
func readableLog() (*slog.Logger, *lockedWriter) { return levelLog(slog.LevelInfo) }

// warningLog gives one that logs what is wrong, not what is only said.
func warningLog() (*slog.Logger, *lockedWriter) { return levelLog(slog.LevelWarn) }

func levelLog(level slog.Level) (*slog.Logger, *lockedWriter) {
	w := &lockedWriter{b: new(bytes.Buffer)}
	w.logger = loglimit.New(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})))
	return w.logger, w
}

func TestLabels(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Label: "Fenster-1/ü:_"})
	if loop.Window(p.Label()) != p.Window {
		t.Error("Window does not give the window of its label")
	}
	if all := loop.Windows(); len(all) != 1 || all[0] != p.Window {
		t.Errorf("Windows gives %v", all)
	}
	if _, err := loop.Open(WindowOptions{Label: p.Label()}); !errors.Is(err, ErrLabel) ||
		!strings.Contains(err.Error(), "open already") {
		t.Errorf("second window of a label: %v", err)
	}
	for _, bad := range []string{"a b", "a*", "a.b", "a\x00"} {
		if _, err := loop.Open(WindowOptions{Label: bad}); !errors.Is(err, ErrLabel) {
			t.Errorf("label %q: %v", bad, err)
		}
	}
	p.shutDown()
	if loop.Window(p.Label()) != nil || len(loop.Windows()) != 0 {
		t.Error("a closed window is still there")
	}
	openPage(t, loop, WindowOptions{Label: p.Label()}) // free again
}

func TestBadOptions(t *testing.T) {
	for _, o := range []WindowOptions{{Width: -1}, {Height: 1 << 20}, {URL: "http://[::1"}} {
		if _, err := loop.Open(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	for _, o := range []Options{{DevURL: "localhost:5173"}, {DevURL: "ftp://localhost"},
		{DevURL: "http://"}, {MaxUnseekable: -1}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// The sessions end with their page, whatever ends it.
func TestSessionEnds(t *testing.T) {
	for name, end := range map[string]func(p *testPage){
		"reload":   func(p *testPage) { p.Reload(); p.waitLoaded() },
		"navigate": func(p *testPage) { p.Navigate("other.html"); p.waitLoaded() },
		"by page":  func(p *testPage) { p.start(`location.href = 'other.html'`); p.waitLoaded() },
		"close":    func(p *testPage) { p.Close(); wait(p.t, p.Done(), "the window's end") },
		"crash":    func(p *testPage) { p.post(p.native.Kill) },
		"again":    func(p *testPage) { p.hello() },
		"destroyed": func(p *testPage) {
			p.post(p.native.Destroy)
			wait(p.t, p.Done(), "the window's end")
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			p := openPage(t, loop, WindowOptions{})
			p.hello()
			session := p.Session()
			end(p)
			wait(t, session.Done(), "the session's end")
			if p.Session() == session {
				t.Error("the window still gives the session")
			}
			if name == "crash" {
				p.Reload()
				p.waitLoaded()
			}
			if !p.Window.life.closed.Load() {
				p.hello() // a new one begins
				if p.Session() == nil {
					t.Error("no session after the new hello")
				}
			}
		})
	}
}

// A navigation inside the document ends nothing.
func TestSameDocumentNavigation(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.hello()
	session := p.Session()
	p.run(
		`history.pushState({}, '', '/elsewhere'); location.hash = 'x'; history.back();
			await new Promise(f => setTimeout(f, 100))`, nil)
	p.run(``, nil)
	if p.Session() != session {
		t.Error("the session ended")
	}
}

func TestScreenshot(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Width: 320, Height: 200})
	if err := p.SetSize(400, 300); err != nil {
		t.Fatal(err)
	}
	p.SetTitle("picture")
	deadline := time.Now().Add(patience)
	for {
		m, err := p.Screenshot(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := color.RGBAModel.Convert(m.At(10, 10)); m.Bounds() == image.Rect(0, 0, 400, 300) &&
			got == (color.RGBA{0x12, 0x34, 0x56, 0xff}) {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("picture of %v, colour %v", m.Bounds(), got)
		}
	}
	p.shutDown()
	if _, err := p.Screenshot(testContext(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("of a closed window: %v", err)
	}
}

// A nil dereference in Go can be recovered after JavaScriptCore has put its handlers in place.
func TestRecoverAfterScripts(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.run(
		`let s = 0; for (let i = 0; i < 300; i++) { s += new Array(10000).fill(i).map(x => ({
			x })).length } return s`, nil)
	p.hello()
	dereference := func() (r any) {
		defer func() { r = recover() }()
		var nothing *Window
		return nothing.label
	}
	for range 3 {
		if _, ok := dereference().(runtime.Error); !ok {
			t.Fatal("no panic to recover")
		}
		p.run(`return [new Array(100000).fill(0).map(x => ({ x })).length]`, nil)
		done := make(chan any)
		go func() { done <- dereference() }()
		if _, ok := wait(t, done, "the other goroutine").(runtime.Error); !ok {
			t.Fatal("no panic to recover")
		}
	}
}

// A development server's pages count as ours; its neighbours' don't.
func TestDevURL(t *testing.T) {
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Write([]byte(blank))
	})
	dev := httptest.NewServer(handler)
	defer dev.Close()
	app, err := New(Options{DevURL: dev.URL, Assets: testFiles()})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{})
	p.hello()
	if r := p.fetch(Origin+"/.tailrace/client.js", `{}`); r.Status != 200 {
		t.Errorf("client.js: %+v", r)
	}
	p.run(`await import("`+Origin+`/.tailrace/client.js")`, nil)
	if err := p.Navigate("deeper/page"); err != nil {
		t.Fatal(err)
	}
	if href := p.waitLoaded(); href != dev.URL+"/deeper/page" {
		t.Errorf("a relative URL led to %s", href)
	}
	p.hello()
	session := p.Session()
	other := httptest.NewServer(handler)
	defer other.Close()
	if err := p.Navigate(other.URL); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	wait(t, session.Done(), "the session's end")
	if r := p.fetch(hello, `{method: "POST", headers: {"Tailrace-Version": "1"}}`); !r.Failed {
		t.Errorf("another port: %+v", r)
	}
}

func TestAttach(t *testing.T) {
	if _, err := loop.Attach("attached", badNative{}); !errors.Is(err, ErrMainThread) {
		t.Errorf("from another goroutine: %v", err)
	}
	app, err := New(Options{Assets: testFiles()})
	if err != nil {
		t.Fatal(err)
	}
	p := newTestPage(t)
	var own wv.WebView
	err = app.call(func() error {
		own = wv.New(false)
		w, err := app.Attach("attached", own)
		if err != nil {
			return err
		}
		p.follow(w)
		own.Navigate(Origin + "/index.html")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	if r := p.fetch("/abc.txt", "{}"); r.Status != http.StatusOK {
		t.Errorf("a file gave %+v", r)
	}
	err = app.call(func() error {
		_, err := app.Attach("again", own)
		return err
	})
	if !errors.Is(err, ErrAttach) {
		t.Errorf("after navigation: %v", err)
	}
	p.Close()
	wait(t, p.Done(), "the window's end")
	loop.call(func() error { own.Destroy(); return nil })
	openPage(t, loop, WindowOptions{}) // the loop lives on
}

func TestShutdown(t *testing.T) {
	app, err := New(Options{Assets: testFiles()})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{Label: "one"})
	openPage(t, app, WindowOptions{Label: "two"})
	p.hello()
	session := p.Session()
	p.start(`for (;;) await fetch("` + batch +
		`", {method: "POST", headers: {"Tailrace-Version": "1", "Tailrace-Session": "` +
		session.ID() + `"}, body: "hold"})`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := app.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	wait(t, session.Done(), "the session's end")
	if n := len(app.Windows()); n != 0 {
		t.Errorf("%d windows are left", n)
	}
	if _, err := app.Open(WindowOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Open after Shutdown: %v", err)
	}
	p.SetTitle("nothing happens")
	p.Close()
	if err := p.Eval("1"); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Eval after Shutdown: %v", err)
	}
	err = loop.call(func() error { return app.Shutdown(ctx) })
	if !errors.Is(err, ErrMainThread) {
		t.Errorf("on the main goroutine: %v", err)
	}
}

func TestRunMisuse(t *testing.T) {
	app, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Run(); !errors.Is(err, ErrMainThread) {
		t.Errorf("Run on another thread: %v", err)
	}
	if err := loop.call(app.Run); !errors.Is(err, ErrRunning) {
		t.Errorf("second Run: %v", err)
	}
}

// Timers run in a window that is not in front.
func TestTimersRun(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Label: "behind"})
	openPage(t, loop, WindowOptions{Label: "in-front"})
	var ticks int
	p.run(
		`return await new Promise(f => { let n = 0; const i = setInterval(() => { if (++n === 20) {
			clearInterval(i); f(n) } }, 10) })`, &ticks)
	if ticks != 20 {
		t.Errorf("%d ticks", ticks)
	}
}

// No thread of this process keeps real-time scheduling after a page has loaded.
func TestNoRealTimeThreads(t *testing.T) {
	openPage(t, loop, WindowOptions{})
	deadline := time.Now().Add(patience)
	for {
		receivers, realtime := 0, 0
		stats, err := filepath.Glob("/proc/self/task/*/stat")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range stats {
			b, err := os.ReadFile(name)
			if err != nil {
				continue // the thread has ended
			}
			open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
			if string(b[open+1:end]) != gtk.Receiver {
				continue
			}
			receivers++
			// Field 41 is the policy; the fields after the name begin with the third.
			if policy := strings.Fields(string(b[end+1:]))[41-3]; policy != "0" {
				realtime++
			}
		}
		if receivers > 0 && realtime == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d receiving threads, %d of them real-time", receivers, realtime)
		}
	}
}
