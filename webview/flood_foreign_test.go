//go:build linux && cgo

package webview

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"
)

type foreignFloodCase struct{ name, once string }

// foreignFloods are what a foreign frame does again and again. n counts, big is 8 MB of text, inner
// a frame of its own, with nothing in it.
var foreignFloods = []foreignFloodCase{
	{"alert", `alert(n)`},
	{"alert of 8 MB", `alert(n + big)`},
	{"confirm", `confirm(n)`},
	{"prompt of 8 MB", `prompt(n + big, big)`},
	{"print", `print()`},
	{"permissions", `navigator.geolocation?.getCurrentPosition(count, count);
		self.Notification?.requestPermission(count);
		navigator.mediaDevices?.getUserMedia({ audio: true, video: true }).then(count, count);
		navigator.mediaDevices?.enumerateDevices().then(count, count);
		document.requestStorageAccess?.().then(count, count)`},
	{"window.open", `open('http://127.0.0.1:1/' + n); open('about:blank')`},
	{"links to a download", `link.click()`},
	{"choosers", `file.click(); colour.click()`},
	{"its own location", `location.hash = n`},
	{"its frame's location", `inner.contentWindow.location = 'data:text/plain,' + n`},
	{"its frame reloads", `inner.contentWindow.location.reload()`},
	{"top.location", `top.location = 'http://127.0.0.1:1/' + n`},
	{"history.pushState of 8 MB", `history.pushState(n + big, '')`},
	{"history.pushState", `history.pushState(n, '', '?' + n)`},
	{"history.back", `history.back(); history.forward()`},
	{"iframes", `const f = document.createElement('iframe');
		document.body.append(f); f.src = 'data:text/plain,' + n; f.remove()`},
	{"iframes of ours", `const f = document.createElement('iframe');
		f.src = '` + Origin + `/other.html'; document.body.append(f);
		setTimeout(() => f.remove(), 20)`},
	{"form submits", `form.submit()`},
	{"form submits to new windows", `form.target = '_blank'; form.submit()`},
	{"fetch", `fetch('` + Origin + `/abc.txt', { mode: 'no-cors' }).then(count, count)`},
	{"fetch of 8 MB", `fetch('` + Origin + `/.tailrace/hello',
		{ method: 'POST', mode: 'no-cors', body: big }).then(count, count)`},
	{"images", `const i = new Image();
		i.onload = i.onerror = count; i.src = '` + Origin + `/a.png?' + n`},
	{"postMessage to our page", `says(n)`},
	{"postMessage of 8 MB", `says(n + big)`},
	{"execCommand", `for (const c of ['copy', 'cut', 'paste', 'selectAll', 'print', 'undo'])
		document.execCommand(c)`},
	{"navigator.clipboard", `navigator.clipboard?.writeText('x' + n).then(count, count);
		navigator.clipboard?.readText().then(count, count)`},
	{"its window", `focus(); blur(); parent.focus(); resizeTo(n, n); moveTo(n, n); stop()`},
	{"the whole screen and the pointer", `document.body.requestFullscreen?.()?.then(count, count);
		document.body.requestPointerLock?.()`},
	{"the console", `console.log(big); console.error(n)`},
	{"errors", `setTimeout(() => { throw big }); Promise.reject(n)`},
}

// foreignFlood gives the script of a frame that does something for a while.
func foreignFlood(once string, d time.Duration) string {
	return fmt.Sprintf(`
		const big = 'x'.repeat(8 << 20), add = (tag, set) =>
			document.body.appendChild(Object.assign(document.createElement(tag), set));
		const inner = add('iframe', { name: 'inner' }), file = add('input', { type: 'file' }),
			colour = add('input', { type: 'color' }),
			link = add('a', { href: 'data:application/zip,x', download: '.profile' }),
			form = add('form', { action: 'data:text/plain,x', method: 'post', target: 'inner' }),
			says = inner.contentWindow.eval('(m) => top.postMessage(m, "*")');
		const { port1, port2 } = new MessageChannel();
		const turn = () => new Promise((resolve) => {
			port1.onmessage = resolve;
			port2.postMessage(0);
		});
		let n = 0, answers = 0, refused = 0;
		const count = () => { answers++ };
		for (const end = performance.now() + %d; performance.now() < end; n++) {
			try { %s } catch { refused++ }
			if (n %% 10 === 0) await turn();
		}
		return n + ' times, ' + refused + ' threw, ' + answers +
			' answers'`, d.Milliseconds(), once)
}

var floodDone = regexp.MustCompile(`^[1-9]\d* times, \d+ threw, \d+ answers$`)

// floods floods from a foreign frame in a page, and gives the outcome as text. A page that begins
// too many navigations is ended, and then loaded again.
func (p *testPage) floods(t *testing.T, once string, d time.Duration) string {
	t.Helper()
	reasons := make(chan string, 1)
	p.OnCrash(func(reason string) { reasons <- reason })
	page := outsidePage(foreignFlood(once, d))
	flood := inFrame(outsideKinds[0].make, page, foreign(t, page).URL)
	r := wait(t, p.start(flood), "the flood's end")
	if r.ok {
		var got string
		p.decode(r, &got)
		if !floodDone.MatchString(got) {
			t.Errorf("the frame says %q", got)
		}
		return got
	}
	if reason := wait(t, reasons, "OnCrash"); reason != "memory" {
		t.Errorf("the web process has ended: %s", reason)
	}
	p.Reload()
	p.waitLoaded()
	return endedFlood
}

const endedFlood = "its page is ended"

// TestFloodsOfForeignFrames: what a frame of another origin does again and again costs other
// windows neither their streams nor their frames, and neither the UI thread nor the memory more
// than a bound; nothing of it is shown, and the page that it is in is still there, unless WebKit
// keeps too much of its navigations.
func TestFloodsOfForeignFrames(t *testing.T) {
	d := 60 * time.Millisecond
	if verifying {
		d = time.Second
	}
	everyWay(t, func(t *testing.T, way way) {
		b := openBeside(t, way, Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))},
			nil)
		p := openPage(t, b.App, WindowOptions{Label: "flood", Width: 300, Height: 200})
		watcher := openPage(t, b.App, WindowOptions{Label: "watcher", Width: 300, Height: 200})
		ended := 0
		for _, c := range foreignFloods {
			watcher.drawsNow(t)
			b.during(t, c.name, func() string {
				p.run(`globalThis.here = 1`, nil)
				got := p.floods(t, c.once, d)
				here := 0
				if p.run(`return globalThis.here`, &here); got == endedFlood {
					ended++
				} else if here != 1 {
					t.Error("the page that the frames are in is another one")
				}
				return got + "; " + watcher.framesGoOn(t, c.name)
			})
		}
		if ended > 0 && !verifying {
			t.Errorf("the page was ended %d times", ended)
		}
		if n := shown(t, b.App); n != 3 {
			t.Errorf("%d windows are shown, want 3", n)
		}
	})
}

// TestSandboxWithoutModals: in a sandbox without allow-modals a frame's dialogs get no further than
// its own process, whatever their text is.
func TestSandboxWithoutModals(t *testing.T) {
	everyWay(t, func(t *testing.T, way way) {
		logger, log := warningLog()
		b := openBeside(t, way, Options{Logger: logger}, nil)
		b.resident = 16 << 20
		p := openPage(t, b.App, WindowOptions{Label: "sandbox"})
		b.during(t, "texts of 8 MB", func() string {
			return p.inFrame(t, `f.sandbox = 'allow-scripts'; f.src = url`,
				`const big = 'x'.repeat(8 << 20);
				for (let i = 0; i < 10; i++) { confirm(big); prompt(big, big) }
				return confirm('x')`)
		})
		p.foreignFrame(t, `alert(1); return 1`)
		eventually(t, "the refusal of an alert", func() bool {
			return strings.Contains(log.String(), "kind=alert")
		})
		for _, kind := range []string{"kind=confirm", "kind=prompt"} {
			if strings.Contains(log.String(), kind) {
				t.Errorf("the app is told of a sandbox's dialog: %s", log)
			}
		}
	})
}
