//go:build linux && cgo

package webview

import (
	"io"
	"log/slog"
	"testing"

	wv "github.com/webview/webview_go"
)

// TestTerminateWhileClosing: a window whose page hangs as it is left, and whose web process ends
// meanwhile, is closed at once.
func TestTerminateWhileClosing(t *testing.T) {
	everyWay(t, func(t *testing.T, way way) {
		b := openBeside(t, way, Options{}, nil)
		for name, open := range map[string]func() *testPage{
			"own": func() *testPage { return openPage(t, b.App, WindowOptions{Label: "own"}) },
			"attached": func() *testPage {
				return attachPage(t, b.App, asMade, func(wv.WebView) error { return nil })
			},
		} {
			t.Run(name, func(t *testing.T) {
				for range 5 {
					p := open()
					p.run(`addEventListener('pagehide', () => {
						for (const end = performance.now() + 60_000; performance.now() < end;);
					})`, nil)
					p.Destroy()
					p.Terminate()
					p.shutDown()
				}
			})
		}
	})
}

// TestCloseGivesUpNavigations: the end of the web process of a window that closes, for what WebKit
// keeps of its page, is no crash.
func TestCloseGivesUpNavigations(t *testing.T) {
	const downloads = `const link = Object.assign(document.createElement('a'),
			{ href: 'data:application/zip,x', download: '.profile' });
		for (let i = 0; i < 200; i++) link.click();
		await new Promise((resolve) => setTimeout(resolve, 100))`
	everyWay(t, func(t *testing.T, way way) {
		b := openBeside(t, way, Options{
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}, nil)
		watcher := openPage(t, b.App, WindowOptions{Label: "watcher"})
		for name, open := range map[string]func() *testPage{
			"own": func() *testPage { return openPage(t, b.App, WindowOptions{Label: "own"}) },
			"attached": func() *testPage {
				return attachPage(t, b.App, asMade, func(wv.WebView) error { return nil })
			},
		} {
			t.Run(name, func(t *testing.T) {
				_, before := navigationsKept(t, watcher.Window)
				p := open()
				p.foreignFrame(t, downloads)
				if _, really := navigationsKept(t, p.Window); really < before+150 {
					t.Errorf("WebKit keeps %d navigations: the test shows nothing", really-before)
				}
				p.OnCrash(func(reason string) { t.Errorf("OnCrash was called: %s", reason) })
				heard := watcher.hear(EventWebviewCrashed)
				p.shutDown()
				eventually(t, "WebKit gives up the navigations", func() bool {
					_, really := navigationsKept(t, watcher.Window)
					return really < before+20
				})
				select {
				case crash := <-heard:
					t.Errorf("it was told as a crash: %s", crash)
				default:
				}
			})
		}
	})
}

// TestOutgrownEndsByItself: a process that is to end for what WebKit keeps, and ends by itself
// before, is ended once. The one that a reload has started goes on.
func TestOutgrownEndsByItself(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	reasons := make(chan string, 4)
	p.OnCrash(func(reason string) { reasons <- reason })
	p.post(func() {
		n := keeping.of[p.Window]
		if n.verify(keeping.there); len(n.list) == 0 {
			t.Error("nothing is kept of the page: the test shows nothing")
			return
		}
		p.navigates(n.list[0].timer, maxKept)
		p.native.Kill()
		p.reload()
	})
	p.waitLoaded()
	if r := wait(t, reasons, "OnCrash"); r != "memory" {
		t.Errorf("OnCrash says %q", r)
	}
	p.run(``, nil)
	p.Reload()
	p.waitLoaded()
	select {
	case r := <-reasons:
		t.Errorf("OnCrash was called again: %s", r)
	default:
	}
}
