//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// TestPasswords: nobody asks the user for one in our window but the development server.
func TestPasswords(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, blank)
			return
		}
		rw.Header().Set("WWW-Authenticate", `Basic realm="your password"`)
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(rw, `<script>parent.postMessage('refused', '*')</script>`)
	}))
	t.Cleanup(s.Close)
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		b.during(t, "a frame and an image", func() string {
			p.run(`const i = new Image(); i.src = '`+s.URL+`/image';
				await new Promise((r) => { i.onerror = r });
				const f = document.createElement('iframe'); f.src = '`+s.URL+`/frame';
				const heard = new Promise((r) => addEventListener('message', r));
				document.body.append(f);
				await heard`, nil)
			return "refused"
		})
		if showsDialog(t, p.Window) {
			t.Error("the window asks for a password")
		}
	})
	t.Run("of the development server", func(t *testing.T) {
		app := newApp(t, Options{KeepRunning: true, DevURL: s.URL}, func(*transport.Engine) {})
		p := openPage(t, app, WindowOptions{Label: "dev"})
		p.start(`await fetch('/secret')`)
		eventually(t, "the dialog", func() bool { return showsDialog(t, p.Window) })
	})
}

// TestCertificates: a server that can't show who it is is not shown, and nobody asks whether it
// may.
func TestCertificates(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		t.Error("it was asked for", r.URL)
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		b.during(t, "a fetch and an image", func() string {
			got := p.wish(`const i = new Image(); i.src = '` + s.URL + `';
				await new Promise((r) => { i.onerror = r });
				return fetch('` + s.URL + `').then(() => 'got it')`)
			if got != "TypeError" {
				t.Error(got)
			}
			return got
		})
	})
}
