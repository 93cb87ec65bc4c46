//go:build linux && cgo

package webview

import (
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
