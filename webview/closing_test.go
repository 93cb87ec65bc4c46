//go:build linux && cgo

package webview

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// open says whether the window is open after everything that was asked before has been decided.
func (p *testPage) open() bool {
	p.t.Helper()
	for range 2 { // what was posted may post once more
		if err := p.app.call(func() error { return nil }); err != nil {
			p.t.Fatal(err)
		}
	}
	return !p.Window.life.closed.Load()
}

func TestClose(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	heard := p.hear(EventCloseRequested)
	p.Close()
	wait(t, heard, "the event")
	wait(t, p.Done(), "the window's end")
	p.Close() // nothing happens
}

func TestGoRefusesToClose(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	asked := make(chan bool)
	answers := make(chan bool)
	p.OnCloseRequested(func() bool {
		asked <- onMainThread()
		return <-answers
	})
	heard := p.hear(EventCloseRequested)
	p.post(p.gtk().Ask) // as the user does
	if wait(t, asked, "the question") {
		t.Error("the app's function was called on the main thread")
	}
	p.Close() // dropped: the function is still being asked
	if !p.open() {
		t.Fatal("closed while Go was being asked")
	}
	answers <- true
	again := false
	for !again { // until the answer has been taken, requests are dropped
		p.Close()
		select {
		case <-asked:
			again = true
		case <-time.After(time.Millisecond):
		}
	}
	answers <- true
	if !p.open() {
		t.Fatal("closed though Go refused")
	}
	select {
	case <-heard:
		t.Error("the event came though Go refused")
	default:
	}
	p.OnCloseRequested(func() bool { panic("in the app's function") })
	eventually(t, "the window's end", func() bool { p.Close(); return !p.open() })
}

// A function that ends its goroutine has been asked, and does not refuse.
func TestQuestionEndsItsGoroutine(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.OnCloseRequested(func() bool { runtime.Goexit(); return true })
	p.Close()
	wait(t, p.Done(), "the window's end")
}

func TestDestroyDoesNotAsk(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.OnCloseRequested(func() bool { t.Error("asked"); return true })
	p.run(
		`await tailrace.listen('tauri://close-requested', () => {}, { target: { kind: 'Window',
			label: tailrace.session.label } })`, nil)
	p.Destroy()
	wait(t, p.Done(), "the window's end")
}

// listenToClose has the page answer a request to close as wrappers of @tauri-apps/api do: unless
// the handler prevents it, the window is destroyed.
const listenToClose = `globalThis.asked = 0;
	globalThis.allow = false;
	globalThis.unlisten = await tailrace.listen('tauri://close-requested', async () => {
		asked++;
		if (allow) await tailrace.invoke('plugin:window|destroy', {});
	}, { target: { kind: 'WebviewWindow', label: tailrace.session.label } });`

// asks waits until the page was asked so many times.
func (p *testPage) asks(n int) {
	p.t.Helper()
	eventually(p.t, "the page to be asked", func() bool {
		var asked int
		p.run(`return asked`, &asked)
		return asked == n
	})
}

func TestPageDecides(t *testing.T) {
	p := openPage(t, newApp(t, Options{Tauri: true, CloseTimeout: -1}, func(*transport.Engine) {}),
		WindowOptions{})
	p.run(listenToClose, nil)
	p.ready()
	for n := range 3 {
		p.post(p.gtk().Ask)
		p.asks(n + 1)
	}
	p.invokes("plugin:window|close", `{}`)
	p.asks(4)
	if !p.open() {
		t.Fatal("closed though the page refused")
	}
	p.run(`allow = true`, nil)
	p.Close()
	wait(t, p.Done(), "the window's end")
}

// The wrapper of our modules under Tauri's names, and of the real package, which is the same.
func TestWrapperDecides(t *testing.T) {
	p := openPage(t, newApp(t, Options{Tauri: true, CloseTimeout: -1}, func(*transport.Engine) {}),
		WindowOptions{})
	p.run(`const { getCurrentWindow } = await import('`+tauriPath+`window.js');
		globalThis.asked = 0;
		globalThis.allow = false;
		await getCurrentWindow().onCloseRequested(e => { asked++;
			if (!allow) e.preventDefault() });`, nil)
	p.ready()
	p.Close()
	p.asks(1)
	p.run(`(await import('`+tauriPath+`window.js')).getCurrentWindow().close()`, nil)
	p.asks(2)
	p.run(`allow = true`, nil)
	p.post(p.gtk().Ask)
	wait(t, p.Done(), "the window's end")
}

// A page that has stopped listening is not asked any more.
func TestPageThatStopsListening(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.run(listenToClose, nil)
	p.ready()
	p.Close()
	p.asks(1)
	// has come after unlisten
	p.run(`unlisten(); await tailrace.invoke('plugin:event|emit', { event: 'x' })`, nil)
	p.Close()
	wait(t, p.Done(), "the window's end")
}

// A page that does not answer loses its window to a later request, and not to an early one.
func TestPageDoesNotAnswer(t *testing.T) {
	logger, log := readableLog()
	const timeout = 300 * time.Millisecond
	app := newApp(t, Options{Tauri: true, CloseTimeout: timeout, Logger: logger},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	p.run(listenToClose, nil)
	p.ready()
	begin := time.Now()
	for p.open() {
		p.Close()
		if time.Since(begin) > patience {
			t.Fatal("the window does not close")
		}
	}
	if took := time.Since(begin); took < timeout {
		t.Errorf("closed after %v", took)
	}
	wait(t, p.Done(), "the window's end")
	if !strings.Contains(log.String(), "did not answer") {
		t.Errorf("the log has %s", log)
	}

	q := openPage(t, app, WindowOptions{Label: "refuses"})
	q.run(listenToClose+
		`await tailrace.listen('tauri://close-requested', () =>
			tailrace.invoke('plugin:window|refuse_close', {}))`, nil)
	q.ready()
	for begin, n := time.Now(), 1; time.Since(begin) < 2*timeout; n++ {
		q.Close()
		q.asks(n)
		q.run(`await tailrace.invoke('plugin:window|refuse_close', {})`, nil)
		if !q.open() {
			t.Fatal("closed though the page has answered")
		}
	}
}

// A hanging page, too.
func TestHangingPageCloses(t *testing.T) {
	const timeout = 50 * time.Millisecond
	p := openPage(t,
		newApp(t, Options{Tauri: true, CloseTimeout: timeout}, func(*transport.Engine) {}),
		WindowOptions{})
	p.run(listenToClose, nil)
	p.ready()
	p.post(func() { p.gtk().WebviewGo().Eval(`for (;;);`) })
	begin := time.Now()
	for p.open() {
		p.Close()
		if time.Since(begin) > patience {
			t.Fatal("the window does not close")
		}
	}
	wait(t, p.Done(), "the window's end")
}

// A window that is being closed, and is off the screen already, is not shown again.
func TestClosingIsNotShown(t *testing.T) {
	unhurried(t)
	p := openPage(t, loop, WindowOptions{})
	eventually(t, "a session", func() bool { return p.Session() != nil })
	if err := loop.call(func() error {
		// the page is left late
		p.gtk().WebviewGo().Eval(`for (const end = Date.now() + 3000; Date.now() < end;);`)
		p.destroy()
		p.native.Hide()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	p.Show()
	p.Focus()
	if visible, err := p.Visible(); visible || err != nil {
		t.Errorf("visible: %v, error: %v", visible, err)
	}
	wait(t, p.Done(), "the window's end")
}

// What a window's requests to close meet while it is being closed.
func TestManyClose(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	var asked atomic.Int32
	p.OnCloseRequested(func() bool { asked.Add(1); return false })
	for range 100 {
		p.Close()
		p.Destroy()
	}
	wait(t, p.Done(), "the window's end")
}
