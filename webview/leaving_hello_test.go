//go:build linux && cgo

package webview

import (
	"net/http"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// A window that is closed while a hello waits for the page before it answers that all the same: the
// native side keeps each request until it has an answer.
func TestHelloOfClosedWindow(t *testing.T) {
	p := openPage(t, newApp(t, Options{Carrier: CarrierScheme}, func(*transport.Engine) {}),
		WindowOptions{Label: "main"})
	eventually(t, "a session", func() bool { return p.Session() != nil })
	r := recorder{make(chan int, 1)}
	if err := p.app.call(func() error {
		p.depart("left")
		p.greet(&view.Request{}, serving.Reply{To: r})
		p.closeNative()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, r.status, "the answer"); status != 410 {
		t.Errorf("status %d", status)
	}
}

// Of the hellos that wait for the page before, the last one has the session, in whichever order
// their goroutines wake up.
func TestHellosThatWait(t *testing.T) {
	app := newApp(t, Options{Carrier: CarrierScheme}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	eventually(t, "a session", func() bool { return p.Session() != nil })
	said := make([]recorder, 8)
	if err := app.call(func() error {
		p.depart("left")
		for i := range said {
			said[i] = recorder{make(chan int, 1)}
			p.greet(&view.Request{}, serving.Reply{To: said[i]})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, r := range said {
		want := http.StatusGone
		if i == len(said)-1 {
			want = http.StatusOK
		}
		if status := wait(t, r.status, "the answer"); status != want {
			t.Errorf("hello %d: status %d, want %d", i, status, want)
		}
	}
}

// TestLeavingOnce: a window that is closed waits for one page, whatever documents are committed and
// say hello meanwhile.
func TestLeavingOnce(t *testing.T) {
	unhurried(t)
	for name, commits := range map[string]func(*testPage, view.Responder){
		"another document": func(p *testPage, r view.Responder) {
			p.destroy()
			p.loadChanged(view.LoadCommitted, Origin+"/other.html")
			p.loadChanged(view.LoadCommitted, "about:blank")
			refuseHello(serving.Reply{To: r})
		},
		"its hello": func(p *testPage, r view.Responder) {
			p.destroy()
			p.loadChanged(view.LoadCommitted, Origin+"/other.html")
			p.greet(&view.Request{}, serving.Reply{To: r})
		},
		"a hello that waits": func(p *testPage, r view.Responder) {
			p.loadChanged(view.LoadCommitted, Origin+"/other.html")
			p.greet(&view.Request{}, serving.Reply{To: r})
			p.destroy()
			if p.Window.life.closed.Load() {
				p.t.Error("the page that is being left was not waited for")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApp(t, Options{Carrier: CarrierScheme}, func(*transport.Engine) {})
			p := openPage(t, app, WindowOptions{Label: "main"})
			eventually(t, "a session", func() bool { return p.Session() != nil })
			r := recorder{make(chan int, 1)}
			if err := app.call(func() error {
				// the view's own empty document comes late
				p.gtk().WebviewGo().Eval(`for (const end = Date.now() + 3000; Date.now() < end;);`)
				commits(p, r)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if status := wait(t, r.status, "the answer to the hello"); status != 410 {
				t.Errorf("status %d", status)
			}
			select {
			case <-p.Done():
			case <-time.After(patience / 2): // after patience it is closed in any case
				t.Error("the window stays")
			}
		})
	}
}
