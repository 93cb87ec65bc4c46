//go:build linux && cgo

package webview

import (
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	wv "github.com/webview/webview_go"
)

// TestDestroyedInsideSignals: a program may destroy a window that it made inside any signal of GTK
// or WebKit, of which some are sent while a function of this package changes the window.
func TestDestroyedInsideSignals(t *testing.T) {
	title := func(p *testPage) { p.SetTitle("another") }
	hide := func(p *testPage) { p.Hide() }
	show := func(p *testPage) { p.Hide(); p.Show() }
	reload := func(p *testPage) { p.Reload() }
	leave := func(p *testPage) { p.start(`location = '/other.html'`) }
	kill := func(p *testPage) { p.Terminate() }
	destroy := func(p *testPage) { p.Destroy() }
	for _, c := range []struct {
		signal string
		acts   []func(*testPage)
	}{
		{"hide", []func(*testPage){hide, destroy}},
		{"unmap", []func(*testPage){hide, destroy}},
		{"show", []func(*testPage){show}},
		{"map", []func(*testPage){show}},
		{"notify::title", []func(*testPage){title}},
		{"notify::resizable", []func(*testPage){func(p *testPage) { p.SetResizable(false) }}},
		{"notify::decorated", []func(*testPage){func(p *testPage) { p.SetDecorated(false) }}},
		{"notify::accept-focus", []func(*testPage){
			func(p *testPage) { p.post(func() { p.native.Set(view.Focusable, false) }) },
		}},
		{"state-flags-changed", []func(*testPage){
			func(p *testPage) { p.post(func() { p.native.Set(view.Enabled, false) }) },
		}},
		{"focus-out-event", []func(*testPage){func(p *testPage) { p.post(p.gtk().Blur) }}},
		{"configure-event", []func(*testPage){func(p *testPage) { p.SetSize(222, 111) }}},
		{"delete-event", []func(*testPage){func(p *testPage) { p.post(p.gtk().Ask) }}},
		{"view load-changed", []func(*testPage){reload, leave, destroy}},
		{"view notify::is-loading", []func(*testPage){reload, leave, destroy}},
		{"view notify::uri", []func(*testPage){leave, destroy}},
		{"view notify::zoom-level", []func(*testPage){func(p *testPage) { p.SetZoom(2) }}},
		{"view notify::title", []func(*testPage){
			func(p *testPage) { p.start(`document.title = 'another'`) },
		}},
		{"view decide-policy", []func(*testPage){reload, leave, destroy}},
		{"view web-process-terminated", []func(*testPage){kill}},
		{"view destroy", []func(*testPage){destroy}},
		{"destroy", []func(*testPage){destroy}},
	} {
		for i, act := range c.acts {
			t.Run(fmt.Sprint(c.signal, " ", i), func(t *testing.T) {
				var own wv.WebView
				p := attachPage(t, loop, func(w wv.WebView) error { own = w; return nil }, asMade)
				p.post(func() { gtk.ProgramDestroys(own.Window(), c.signal) })
				act(p)
				wait(t, p.Done(), "the window's end")
			})
		}
	}
}
