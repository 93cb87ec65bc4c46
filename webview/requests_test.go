//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// wishes are what pages ask for beyond themselves, by scripts that tell what became of it.
var wishes = []struct {
	name, script string
	kind         PermissionKind
	refused      string // what a page hears, of which one is said
	asks         bool   // WebKit asks for our own page
}{
	{
		"geolocation", `return await new Promise((r) => navigator.geolocation.getCurrentPosition(
			() => r('got it'), (e) => r(e.code)))`, PermissionGeolocation, "1", true,
	},
	{
		"notifications", `return Notification.requestPermission()`, PermissionNotifications,
		"denied",
		true,
	},
	{
		"pointer lock", `return await new Promise((r) => {
			for (const e of ['pointerlockchange', 'pointerlockerror'])
				document.addEventListener(e, () => r(e), { once: true });
			const p = document.body.requestPointerLock();
			if (p) p.catch((e) => r(e.name));
		})`, PermissionPointerLock, "pointerlockerror|NotAllowedError", true,
	},
	{
		"another site's data", `return document.requestStorageAccess().then(() => 'got it')`,
		PermissionStorage, "NotAllowedError", false,
	},
	{
		"the camera",
		`return navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'got it')`,
		PermissionCamera, "NotAllowedError", true,
	},
	{
		"the microphone", `return navigator.mediaDevices.getUserMedia({ audio: true })
			.then(() => 'got it')`,
		PermissionMicrophone, "NotAllowedError", true,
	},
	{
		"both", `return navigator.mediaDevices.getUserMedia({ video: true, audio: true })
			.then(() => 'got it')`,
		PermissionCameraMicrophone, "NotAllowedError", true,
	},
	{
		"the screen", `return navigator.mediaDevices.getDisplayMedia().then(() => 'got it')`,
		PermissionScreen, "NotAllowedError|InvalidStateError", true,
	},
	{
		"devices", `const all = await navigator.mediaDevices.enumerateDevices();
			return all.map((d) => d.label).join('')`,
		PermissionDevices, "", false,
	},
	{
		"encrypted media", `return navigator.requestMediaKeySystemAccess('org.w3.clearkey',
			[{ initDataTypes: ['keyids'] }]).then(() => 'got it')`,
		PermissionOther, "TypeError", false,
	},
	{
		"what it may", `return (await navigator.permissions.query({ name: 'geolocation' })).state`,
		PermissionOther, "denied", false,
	},
}

// hasDevices gives a window WebKit's own cameras and microphones, which are for tests, from its
// next document on.
func (p *testPage) hasDevices() {
	p.t.Helper()
	err := p.app.call(func() error {
		p.gtk().SetSetting("enable-mock-capture-devices", true)
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.run(`setTimeout(() => location.reload())`, nil)
	p.waitLoaded()
}

// wish makes a wish in a page of ours, and gives what it hears.
func (p *testPage) wish(script string) (got string) {
	p.t.Helper()
	p.run(`return (async () => {`+script+`})().then(String, (e) => e.name)`, &got)
	return got
}

// TestPermissionsByDefault: nobody gets anything that reaches beyond the page.
func TestPermissionsByDefault(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		o := Options{}
		var log *lockedWriter
		o.Logger, log = warningLog()
		b := openBeside(t, w, o, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		p.hasDevices()
		for _, c := range wishes {
			b.during(t, c.name, func() string {
				all := []string{}
				check := func(kind, got string) {
					got, _, _ = strings.Cut(got, ":") // of an error its name
					all = append(all, kind+": "+got)
					if c.kind == PermissionStorage && w.dev && kind == outsideKinds[0].name {
						return // it is of the same site, on another port, and has what is its own
					}
					if kind == "data: frame" && got == "TypeError" &&
						strings.Contains(c.script, "mediaDevices") {
						return // it has none
					}
					if !slices.Contains(strings.Split(c.refused, "|"), got) {
						t.Errorf("%s has %s, want %s", kind, got, c.refused)
					}
				}
				if c.kind != PermissionStorage { // what is its own it has
					check("our page", p.wish(c.script))
				}
				p.everyOutside(t, c.script, check)
				return strings.Join(all, "; ")
			})
		}
		if n := shown(t, b.App); n != 2 || showsDialog(t, p.Window) {
			t.Errorf("%d windows are shown, want 2", n)
		}
		eventually(t, "the log", func() bool {
			return strings.Contains(log.String(),
				"permission=WebKitGeolocationPermissionRequest foreign=false")
		})
	})
}

// TestOnPermission: the app is asked what of, and whether it may be another's document that asks.
func TestOnPermission(t *testing.T) {
	asked := make(chan Permission, 100)
	var answer atomic.Value // func() bool
	ask := func(p Permission) bool {
		asked <- p
		return answer.Load().(func() bool)()
	}
	app := newApp(t, Options{KeepRunning: true, Assets: testFiles(), OnPermission: ask},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	next := func(kind PermissionKind, foreign bool) {
		t.Helper()
		q := wait(t, asked, "the question")
		if q.Kind != kind || q.Foreign != foreign || q.Window != p.Window ||
			!strings.HasSuffix(q.Name, "PermissionRequest") {
			t.Errorf("asked about %+v, want kind %d, foreign %v", q, kind, foreign)
		}
	}
	answer.Store(func() bool { return false })
	p.hasDevices()
	for _, c := range wishes {
		if !c.asks {
			continue
		}
		if got := p.wish(c.script); !slices.Contains(strings.Split(c.refused, "|"), got) {
			t.Errorf("%s: %s, want %s", c.name, got, c.refused)
		}
		next(c.kind, false)
	}
	geolocation := wishes[0].script
	again := func() { // WebKit asks once a document
		t.Helper()
		p.run(`setTimeout(() => location.reload())`, nil)
		p.waitLoaded()
	}
	again()
	answer.Store(func() bool { panic("in OnPermission") })
	if got := p.wish(geolocation); got != "1" {
		t.Errorf("a function that panics gave %s", got)
	}
	next(PermissionGeolocation, false)
	t.Run("pages of other origins", func(t *testing.T) {
		answer.Store(func() bool { return false })
		documents := map[string]string{
			"HTML": outsidePage(`return 1`),
			"SVG": `<svg xmlns="http://www.w3.org/2000/svg"><script>parent.postMessage('', '*')` +
				`</script></svg>`,
			"XHTML": `<html xmlns="http://www.w3.org/1999/xhtml"><script>parent.postMessage('',
				'*')` +
				`</script></html>`,
		}
		for name, document := range documents {
			s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Type", map[string]string{
					"HTML": "text/html", "SVG": "image/svg+xml", "XHTML": "application/xhtml+xml",
				}[name])
				fmt.Fprint(rw, document)
			}))
			t.Cleanup(s.Close)
			again()
			p.run(`const f = document.createElement('iframe');
				const heard = new Promise((r) => addEventListener('message', r));
				f.src = '`+s.URL+`'; document.body.append(f);
				await heard;
				f.remove()`, nil) // it may have asked already
			p.wish(geolocation)
			next(PermissionGeolocation, true)
			again()
			p.wish(geolocation)
			next(PermissionGeolocation, false)
		}
		for _, k := range outsideKinds[1:] {
			again()
			p.inFrame(t, k.make, `return 1`)
			p.wish(geolocation)
			next(PermissionGeolocation, true)
		}
		again()
		p.run(
			`const f = document.createElement('iframe'); f.srcdoc = '<p>ours';
				document.body.append(f);
			await new Promise((r) => { f.onload = r })`, nil)
		p.wish(geolocation)
		next(PermissionGeolocation, false)
	})
	t.Run("allowed", func(t *testing.T) {
		answer.Store(func() bool { return true })
		if got := p.wish(`return Notification.requestPermission()`); got != "granted" {
			t.Errorf("notifications are %s", got)
		}
		next(PermissionNotifications, false)
		if got := p.wish(wishes[2].script); got != "pointerlockchange" {
			t.Errorf("pointer lock: %s", got)
		}
		next(PermissionPointerLock, false)
		p.run(`document.exitPointerLock()`, nil)
	})
	t.Run("undecided when the window ends", func(t *testing.T) {
		held := make(chan bool)
		again()
		answer.Store(func() bool { return <-held })
		p.start(geolocation)
		next(PermissionGeolocation, false)
		p.Destroy()
		wait(t, p.Done(), "the window's end")
		held <- true
	})
}

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
				return strings.Contains(log.String()[before:], "chooser: the user's last click")
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

// TestFullscreen: a page of ours fills the screen after a click, a frame of another origin does
// not.
func TestFullscreen(t *testing.T) {
	server := foreign(t, `<style>* { margin: 0 }</style><body style="height: 200px"><script>
		onclick = () => document.body.requestFullscreen().then(() => 'entered', (e) => e.name)
			.then((s) => parent.postMessage(s, '*'))</script>`)
	app := newApp(t, Options{KeepRunning: true, Assets: leadingPage(`<iframe src="` + server.URL +
		`"></iframe>`)}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "full"})
	heard := p.start(
		`return await new Promise((r) => addEventListener('message', (e) => r(e.data)))`)
	p.clicked("the frame's outcome", 1, func() bool { return len(heard) > 0 })
	if r := <-heard; r.value != `"TypeError"` && r.value != `"NotAllowedError"` {
		t.Errorf("the frame has %s", r.value)
	}
	heard = p.start(`document.querySelector('iframe').remove();
		document.body.insertAdjacentHTML('beforeend', '<button>x</button>');
		return await new Promise((r) => { onclick = () => document.body.requestFullscreen().then(
			() => r('entered'), (e) => r(e.name)) })`)
	p.clicked("the page's outcome", 1, func() bool { return len(heard) > 0 })
	if r := <-heard; r.value != `"entered"` {
		t.Errorf("our page has %s", r.value)
	}
}

// TestClosedByPages: close of a page, and of a frame for its page, closes nothing.
func TestClosedByPages(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		eventually(t, "a session", func() bool { return p.Session() != nil })
		before := p.Session()
		b.during(t, "close", func() string {
			p.foreignFrame(t, `top.close(); parent.close(); close(); return 1`)
			p.run(`close()`, nil)
			if _, err := p.EvalResult(testContext(t), `1`); err != nil || p.Session() != before {
				t.Errorf("the page is gone: %v", err)
			}
			return "goes on"
		})
	})
}

// TestForeignIsTold: the functions of the app can tell that it may be a document of another origin
// that wants a window or a file.
func TestForeignIsTold(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		windows, files := make(chan Navigation, 10), make(chan *Download, 10)
		b := openBeside(t, w, Options{
			OnNewWindow: func(n Navigation) NavigationAction {
				windows <- n
				return NavigationRefuse
			},
			OnDownload: func(d *Download) string { files <- d; return "" },
		}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		const wants = `const a = document.createElement('a'); a.download = '.profile';
			a.href = URL.createObjectURL(new Blob(['x'])); document.body.append(a); a.click();
				return 1`
		file := func(foreign bool) {
			t.Helper()
			if d := wait(t, files, "the question about a file"); d.Foreign() != foreign {
				t.Errorf("asked about %s, foreign: %v", d.URL(), d.Foreign())
			}
		}
		window := func(foreign bool) {
			t.Helper()
			p.run(`open('other.html')`, nil)
			if n := wait(t, windows, "the question about a window"); n.Foreign != foreign {
				t.Errorf("asked about %+v", n)
			}
		}
		p.run(wants, nil)
		file(false)
		window(false)
		b.during(t, "a window and a file", func() string {
			// The frame stays, as what it has begun ends with it.
			p.run(`const f = document.createElement('iframe');
				const heard = new Promise((r) => addEventListener('message', r));
				f.src = '`+foreign(t, outsidePage(wants)).URL+`'; document.body.append(f);
				await heard`, nil)
			file(true)
			window(true)
			return "told"
		})
		p.run(`location.href = 'other.html'`, nil)
		p.waitLoaded()
		p.run(wants, nil)
		file(false)
		window(false)
	})
}
