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
		"geolocation",
		`return await new Promise((r) => navigator.geolocation.getCurrentPosition(
			() => r('got it'), (e) => r(e.code)))`, PermissionGeolocation, "1", true,
	},
	{
		"notifications", `return Notification.requestPermission()`, PermissionNotifications,
		"denied",
		true,
	},
	{
		"pointer lock",
		`return await new Promise((r) => {
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
		"the microphone",
		`return navigator.mediaDevices.getUserMedia({ audio: true })
			.then(() => 'got it')`,
		PermissionMicrophone, "NotAllowedError", true,
	},
	{
		"both",
		`return navigator.mediaDevices.getUserMedia({ video: true, audio: true })
			.then(() => 'got it')`,
		PermissionCameraMicrophone, "NotAllowedError", true,
	},
	{
		"the screen", `return navigator.mediaDevices.getDisplayMedia().then(() => 'got it')`,
		PermissionScreen, "NotAllowedError|InvalidStateError", true,
	},
	{
		"devices",
		`const all = await navigator.mediaDevices.enumerateDevices();
			return all.map((d) => d.label).join('')`,
		PermissionDevices, "", false,
	},
	{
		"encrypted media",
		`return navigator.requestMediaKeySystemAccess('org.w3.clearkey',
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
