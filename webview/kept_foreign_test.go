//go:build linux && cgo

package webview

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	wv "github.com/webview/webview_go"
)

// navigationsKept gives what is counted of a window's navigations, and how many of all WebKit
// really keeps: each has a timer, and so has each view.
func navigationsKept(t *testing.T, w *Window) (counted, really int) {
	t.Helper()
	err := w.app.call(func() error {
		if n := keeping.of[w]; n != nil {
			n.verify(keeping.there)
			counted = len(n.list)
		}
		really = gtk.Navigations()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counted, really
}

// TestNavigationsKept: what WebKit keeps is counted, and nothing else.
func TestNavigationsKept(t *testing.T) {
	const all = 50
	for _, c := range []struct {
		name, once  string
		least, most int // that are kept
	}{
		{"frames", `await loads(add('iframe', {}), 'data:text/plain,' + n)`, 0, 0},
		{"frames of a server", `await loads(add('iframe', {}), 'U/plain?' + n)`, 0, 0},
		{"redirects", `await loads(add('iframe', {}), 'U/redirect?' + n)`, 0, 0},
		{"a frame that goes on", `await loads(inner, 'data:text/plain,' + n)`, 0, 0},
		{"documents in a text", `await loads(add('iframe', { srcdoc: n }))`, 0, all},
		{"objects", `await loads(add('object', { data: 'U/plain?' + n }))`, 0, 0},
		{"embedded documents", `await loads(add('embed', {}), 'U/plain?' + n)`, 0, 0},
		{"history.pushState", `history.pushState(n, '', '#' + n)`, 0, 0},
		{"empty frames", `frame()`, all, all},
		{"places in a page", `location.hash = n; await pause()`, 0, 0},
		{"what is refused", `location = 'mailto:a@b.example'; await pause()`, 0, 0},
		{"what is overtaken", `for (let i = 0; i < 20; i++) {
				inner.contentWindow.location = 'data:text/plain,' + i;
				await turn();
			}`, all, 20 * all},
		{"what is overtaken, of blobs", `for (let i = 0; i < 20; i++) {
				inner.contentWindow.location = blob;
				await turn();
			}`, all, 20 * all},
		{"refreshes that are overtaken", `for (let i = 0; i < 20; i++) {
				refresh.contentDocument.head.innerHTML =
					'<meta http-equiv=refresh content="0;url=data:text/plain,' + i + '">';
				await turn();
			}`, 0, 20 * all},
		{"scripts as URLs", `inner.contentWindow.location = 'javascript:' + n; await turn()`, 0, 0},
		{"answers without a document", `inner.contentWindow.location = 'U/nothing'; await pause()`,
			0, all},
		{"downloads, behind many answers to one navigation", `if (n === 0) stream.src = 'U/parts';
			for (let i = 0; i < 20; i++) link.click();
			await pause()`, 19 * all, 20 * all},
		{"downloads", `for (let i = 0; i < 20; i++) link.click()`, 19 * all, 20 * all},
		{"long URLs", `link.href += long; link.click()`, 0, all},
		{"forms", `form.submit(); form.submit()`, 0, 2 * all},
		{"forms to new windows", `form.target = '_blank'; form.submit()`, 0, all},
		{"reloads", `inner.contentWindow.location.reload()`, 0, all},
		{"new windows", `open('U/plain'); open('about:blank')`, 0, 0},
		{"the history", `history.back(); history.forward()`, 0, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newElsewhere(t)
			app := newApp(t, Options{
				Assets: testFiles(), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
			}, func(*transport.Engine) {})
			p := openPage(t, app, WindowOptions{Label: "kept"})
			_, before := navigationsKept(t, p.Window)
			p.foreignFrame(t, strings.ReplaceAll(fmt.Sprintf(`
				const add = (tag, set) => Object.assign(document.createElement(tag), set);
				const frame = () => document.body.appendChild(add('iframe', {}));
				const loads = (f, src) => new Promise((resolve) => {
					f.onload = f.onerror = resolve;
					if (src) f.src = src;
					document.body.append(f);
				});
				const { port1, port2 } = new MessageChannel();
				const turn = () => new Promise((resolve) => {
					port1.onmessage = resolve;
					port2.postMessage(0);
				});
				const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
				const long = 'x'.repeat(8 << 10), inner = add('iframe', { name: 'inner' }),
					link = add('a', { href: 'data:application/zip,x', download: '.profile' }),
					form = add('form', { action: 'data:text/plain,x', method: 'post',
						target: 'inner' });
				const blob = URL.createObjectURL(new Blob(['x'], { type: 'text/html' }));
				const refresh = frame(), stream = frame();
				await loads(inner, 'data:text/plain,0');
				document.body.append(link, form);
				for (let n = 0; n < %d; n++) {
					%s;
				}
				await pause();`, all, c.once), "U/", server.URL+"/"))
			counted, really := navigationsKept(t, p.Window)
			really -= before
			t.Logf("counted %d, WebKit keeps %d", counted, really)
			const few = 5 // of what goes on, and of the page itself
			if counted < really || counted > really+few {
				t.Errorf("%d are counted, WebKit keeps %d", counted, really)
			}
			if really < c.least || really > c.most+few {
				t.Errorf("WebKit keeps %d, want %d to %d", really, c.least, c.most)
			}
		})
	}
}

// TestOutgrown: when WebKit keeps too much of a page's navigations, the page's process ends, and
// the memory is free again. Other windows go on, and the page's own can load it again.
func TestOutgrown(t *testing.T) {
	kinds := []foreignFloodCase{{"links to a download", `link.click()`}}
	if verifying {
		kinds = append(kinds, foreignFloodCase{"its frame's location, again and again",
			`inner.contentWindow.location = 'data:text/plain,' + n; await turn()`})
	}
	everyWay(t, func(t *testing.T, way way) {
		b := openBeside(t, way, Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))},
			nil)
		watcher := openPage(t, b.App, WindowOptions{Label: "watcher", Width: 300, Height: 200})
		for _, c := range kinds {
			for _, attached := range []bool{false, true} {
				outgrow(t, b, watcher, c, attached)
			}
		}
	})
}

func outgrow(t *testing.T, b *beside, watcher *testPage, c foreignFloodCase, attached bool) {
	_, before := navigationsKept(t, watcher.Window)
	var p *testPage
	if attached {
		p = attachPage(t, b.App, asMade, func(wv.WebView) error { return nil })
	} else {
		p = openPage(t, b.App, WindowOptions{Label: "flood", Width: 300, Height: 200})
	}
	reasons := make(chan string, 4)
	p.OnCrash(func(reason string) { reasons <- reason })
	watcher.drawsNow(t)
	b.during(t, c.name, func() string {
		page := outsidePage(foreignFlood(c.once, 10*time.Minute))
		report := p.start(inFrame(outsideKinds[0].make, page, foreign(t, page).URL))
		if r := wait(t, report, "the page's end"); r.ok {
			t.Errorf("the page is still there: %s", r.value)
		}
		if r := wait(t, reasons, "OnCrash"); r != "memory" {
			t.Errorf("OnCrash says %q", r)
		}
		return "the page's process has ended; " + watcher.framesGoOn(t, c.name)
	})
	if counted, really := navigationsKept(t, p.Window); counted != 0 || really > before+20 {
		t.Errorf("%d navigations are counted, WebKit keeps %d more", counted, really-before)
	}
	p.Reload()
	p.waitLoaded()
	p.foreignFrame(t, `const link = Object.assign(document.createElement('a'),
			{ href: 'data:application/zip,x', download: '.profile' });
		for (let i = 0; i < 1000; i++) link.click();
		await new Promise((resolve) => setTimeout(resolve, 100))`)
	if _, really := navigationsKept(t, p.Window); really < before+900 {
		t.Errorf("WebKit keeps %d navigations more: the test shows nothing", really-before)
	}
	p.shutDown()
	eventually(t, "WebKit gives up the navigations of a closed window", func() bool {
		_, really := navigationsKept(t, watcher.Window)
		return really < before+20
	})
}
