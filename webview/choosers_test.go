//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// clicked clicks at the top left of a page until the condition holds: the first clicks come to
// nothing while the page is not drawn.
func (p *testPage) clicked(what string, button int, condition func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("timeout: waited for %s", what)
		}
		p.post(func() { p.gtk().Click(100, 100, button) })
	}
}

// chooserFrames are frames in a page of ours that hold HTML, which stands in them; U is a server of
// another origin that has it, with "Content-Security-Policy: sandbox" at /sandboxed, and /nested is
// a frame with a sandbox in it.
var chooserFrames = []struct{ name, html string }{
	{"of another origin", `<iframe src="U/"></iframe>`},
	{"of another origin, in a sandbox", `<iframe sandbox="allow-scripts" src="U/"></iframe>`},
	{"of another origin, without scripts", `<iframe sandbox src="U/"></iframe>`},
	{"of another origin, without scripts by its server", `<iframe src="U/sandboxed"></iframe>`},
	{"of another origin, which has one without scripts", `<iframe src="U/nested"></iframe>`},
	{"srcdoc without scripts", `<iframe sandbox="allow-forms" srcdoc="HTML"></iframe>`},
	{"data:", `<iframe src="data:text/html,HTML"></iframe>`},
	{"data: without scripts", `<iframe sandbox src="data:text/html,HTML"></iframe>`},
	{"sandboxed blob:", `<iframe></iframe><script>const f = document.querySelector('iframe');
		f.sandbox = 'allow-forms';
		f.src = URL.createObjectURL(new Blob(["HTML"], { type: 'text/html' }))</script>`},
}

// TestChoosersOfOtherOrigins: what a user does in a document of another origin opens no chooser of
// files or colours, whether it has scripts or not. With a click in our own page, or a key, they
// open, also after that.
func TestChoosersOfOtherOrigins(t *testing.T) {
	const style = `<style>* { margin: 0 } ` +
		`body > * { display: block; border: 0; width: 300px; height: 200px }</style>`
	everyWay(t, func(t *testing.T, w way) {
		html := style + `<input type=file>`
		if w.dev {
			html = style + `<input type=color>`
		}
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter,
			r *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			switch r.URL.Path {
			case "/sandboxed":
				rw.Header().Set("Content-Security-Policy", "sandbox")
			case "/nested":
				fmt.Fprint(rw, style+`<iframe sandbox=allow-forms srcdoc="`+html+`"></iframe>`)
				return
			}
			fmt.Fprint(rw, html)
		}))
		t.Cleanup(server.Close)
		files := leadingPage("")
		for i, f := range chooserFrames {
			html := strings.NewReplacer("U/", server.URL+"/", "HTML", html).Replace(f.html)
			files[fmt.Sprintf("%d.html", i)] = leadingPage(html + `<input type=file>`)["index.html"]
		}
		o := Options{Assets: files}
		var log *lockedWriter
		o.Logger, log = warningLog()
		b := openBeside(t, w, o, nil)
		for i, f := range chooserFrames {
			if !verifying && (i%2 == 0) == w.dev {
				continue // each way has half of them
			}
			p := openPage(t, b.App, WindowOptions{
				Label: fmt.Sprint(i), URL: fmt.Sprintf("%d.html", i),
			})
			before := len(log.String())
			refused := func() bool {
				text := log.String()[before:]
				const why = "the user's last click"
				if strings.Contains(text, "origins: "+why) {
					t.Errorf("the log says it twice: %s", text)
				}
				return strings.Contains(text, "chooser: "+why)
			}
			b.during(t, "a click in a frame "+f.name, func() string {
				for end := time.Now().Add(patience); !refused() && shown(t, b.App) == 2; {
					if time.Now().After(end) {
						t.Fatalf("a frame %s asks for nothing", f.name)
					}
					p.post(func() { p.gtk().Click(100, 100, 1) })
					p.run(`await new Promise((f) => setTimeout(f, 50))`, nil)
				}
				if n := shown(t, b.App); n != 2 {
					t.Errorf("a frame %s: %d windows are shown, want 2", f.name, n)
				}
				return "refused"
			})
			switch i { // our own opens
			case 0, 1:
				p.post(func() { p.gtk().Click(100, 300, 1) })
				until(t, b.App, 3)
			case 2, 3:
				p.run(`document.querySelector('input').focus()`, nil)
				p.post(func() { p.gtk().Key(' ') })
				until(t, b.App, 3)
			}
			p.shutDown()
		}
	})
}

// TestPickersOfOtherOrigins: no document of another origin opens a chooser of dates, times, colours
// or files without the user.
func TestPickersOfOtherOrigins(t *testing.T) {
	b := openBeside(t, way{CarrierShm, false}, Options{}, nil)
	p := openPage(t, b.App, WindowOptions{Label: "pickers"})
	const script = `let all = '';
		for (const type of ['date', 'time', 'datetime-local', 'month', 'week', 'color', 'file']) {
			const i = document.body.appendChild(document.createElement('input'));
			i.type = type;
			i.focus();
			i.click();
			try { i.showPicker(); all += type + ' ' } catch {}
		}
		return all || 'none'`
	b.during(t, "pickers", func() string {
		p.everyOutside(t, script, func(kind, got string) {
			if got != "none" || shown(t, b.App) != 2 || showsDialog(t, p.Window) {
				t.Errorf("%s has opened %s", kind, got)
			}
		})
		return "none"
	})
}
