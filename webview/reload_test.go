//go:build linux && cgo

package webview

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// navigateInVain has Go navigate to what is no page, and waits until that is over.
func (p *testPage) navigateInVain() {
	p.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusNoContent)
	}))
	p.t.Cleanup(server.Close)
	if err := p.Navigate(server.URL); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "its end", func() (over bool) {
		if err := loop.call(func() error {
			over = p.nav.wanted.begun && !p.nav.wanted.steered && p.nav.wanted.target == ""
			return nil
		}); err != nil {
			p.t.Fatal(err)
		}
		return over
	})
}

// TestReloadAfterCrash: a navigation of Go's that came to nothing is not begun again when the page
// that stayed crashes later.
func TestReloadAfterCrash(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.navigateInVain()
	crashed := make(chan string, 1)
	p.OnCrash(func(reason string) { crashed <- reason })
	p.Terminate()
	wait(t, crashed, "the crash")
	p.Reload()
	if url := p.waitLoaded(); url != Origin+"/index.html" {
		t.Errorf("%s was loaded", url)
	}
}

// TestLinkAfterNavigationInVain: a foreign page leads to ours, though Go's last navigation came to
// nothing.
func TestLinkAfterNavigationInVain(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	if err := p.Navigate(foreign(t, blank).URL); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	p.navigateInVain()
	p.run(`setTimeout(() => { location = '`+Origin+`/index.html' })`, nil)
	p.waitLoaded()
	eventually(t, "a session", func() bool { return p.Session() != nil })
}
