//go:build linux && cgo

package webview

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// devServer can be started and stopped at one address.
type devServer struct {
	t       *testing.T
	address string
	server  *http.Server
}

func newDevServer(t *testing.T) *devServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &devServer{t: t, address: l.Addr().String()}
}

func (d *devServer) start() {
	d.t.Helper()
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		d.t.Fatal(err)
	}
	d.server = &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter,
		r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Connection", "close")
		fmt.Fprint(rw, blank+`<p>there</p>
			<script>tailrace.listen('kept', (e) => { globalThis.kept = e.payload })</script>`)
	})}
	go d.server.Serve(l)
	d.t.Cleanup(d.stop)
}

func (d *devServer) stop() { d.server.Close() }

// says gives the document's text.
func (p *testPage) says() string {
	p.t.Helper()
	var text string
	p.run(`return document.body?.innerText ?? ''`, &text)
	return text
}

// A window whose development server is not there says so, has no session, keeps what is emitted,
// and goes on when it is.
func TestDevServerIsLate(t *testing.T) {
	dev := newDevServer(t)
	logger, log := readableLog()
	app := newApp(t, Options{DevURL: "http://" + dev.address + "/<b>&x", Logger: logger}, caller)
	p := openPage(t, app, WindowOptions{Label: "main", URL: "/#/search/100%"})
	if text := p.says(); !strings.Contains(text, dev.address) ||
		!strings.Contains(text, "npm run dev") {
		t.Errorf("the page says %q", text)
	}
	var nothing string
	p.run(`return [typeof tailrace, location.href, document.scripts.length,
		document.querySelector('b')].join()`, &nothing)
	if nothing != "undefined,about:blank,0," || p.Session() != nil {
		t.Errorf("the page that waits has %s, session %v", nothing, p.Session())
	}
	if text := log.String(); strings.Count(text, "level=WARN") != 1 ||
		!strings.Contains(text, "npm run dev") || !strings.Contains(text, dev.address) {
		t.Errorf("log: %s", text)
	}
	if err := p.Emit("kept", "from before"); err != nil {
		t.Error(err)
	}
	p.Reload() // does no harm
	p.waitLoaded()
	dev.start()
	if href := p.waitLoaded(); href != "http://"+dev.address+"/#/search/100%" {
		t.Errorf("went on to %s", href)
	}
	eventually(t, "the event", func() bool {
		var kept string
		p.run(`return globalThis.kept ?? ''`, &kept)
		return kept == "from before"
	})
	if got, err := p.invokes("caller", `{}`); err != nil || got != `"main http://`+dev.address+`"` {
		t.Errorf("%s, %v", got, err)
	}
	// It goes away, and comes back.
	dev.stop()
	p.Reload()
	p.waitLoaded()
	if text := p.says(); !strings.Contains(text, "Waiting") {
		t.Errorf("after the server's end the page says %q", text)
	}
	dev.start()
	p.waitLoaded()
	if text := p.says(); text != "there" {
		t.Errorf("after the server's return the page says %q", text)
	}
	p.call(t, func() {
		if p.nav.dev != nil {
			t.Error("the window waits still")
		}
	})
	// Who goes elsewhere, or closes the window, waits no longer.
	dev.stop()
	p.Reload()
	p.waitLoaded()
	if err := p.Navigate(Origin + "/abc.txt"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	p.call(t, func() {
		if p.nav.dev != nil {
			t.Error("the window waits for what it does not show any more")
		}
	})
}

// call calls f on the main thread.
func (p *testPage) call(t *testing.T, f func()) {
	t.Helper()
	if err := p.read(f); err != nil {
		t.Fatal(err)
	}
}

// Only what cannot be loaded of the development server's is waited for.
func TestOtherLoadFails(t *testing.T) {
	gone := newDevServer(t)
	dev := newDevServer(t)
	dev.start()
	logger, log := readableLog()
	p := openPage(t,
		newApp(t, Options{DevURL: "http://" + dev.address, Logger: logger},
			func(*transport.Engine) {}),
		WindowOptions{Label: "main"})
	if err := p.Navigate("http://" + gone.address + "/"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded() // WebKit's own error
	if text := p.says(); strings.Contains(text, "Waiting") {
		t.Errorf("the page says %q", text)
	}
	// A load that another one overtakes has not failed.
	for range 5 {
		if err := p.Navigate("/a"); err != nil {
			t.Fatal(err)
		}
		if err := p.Navigate("/b"); err != nil {
			t.Fatal(err)
		}
	}
	for !strings.HasSuffix(p.waitLoaded(), "/b") {
	}
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("log: %s", log)
	}
}
