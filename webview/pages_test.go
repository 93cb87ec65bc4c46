//go:build linux && cgo

package webview

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

// What a page writes behind # and ? in its URL is its own affair: the document is found again.
func TestReloadOddURLs(t *testing.T) {
	files := fstest.MapFS{"100%.html": {Data: []byte(blank)}}
	for _, name := range []string{"index.html", `back\slash.txt`, `a\b\c.txt`, "100%.txt"} {
		files[name] = &fstest.MapFile{Data: []byte(name)}
	}
	p := openPage(t, newApp(t, Options{Assets: files}, func(*transport.Engine) {}),
		WindowOptions{Label: "main", URL: "100%.html"})
	for _, change := range []string{
		`location.hash = '#/search/100%'`, `location.hash = '%'`, `location.hash = '%zz?#/..%2f'`,
		`history.pushState(null, '', '/?q=100%#%')`,
		`history.pushState(null, '', '/index.html?%&a=%zz')`,
		`history.pushState(null, '', '/back\\slash.txt')`,
		`history.pushState(null, '', '/100%.txt')`,
		`history.pushState(null, '', '/a%5Cb%5cc.txt#%')`,
	} {
		p.run(change, nil)
		var want, got string
		p.run(`return location.href`, &want)
		p.Reload()
		if href := p.waitLoaded(); href != want {
			t.Errorf("%s: reloaded %s, want %s", change, href, want)
		}
		p.run(`return document.body.innerText`, &got)
		if got == "not found" {
			t.Errorf("%s: the document says %q", change, got)
		}
		if !strings.Contains(change, ".txt") {
			eventually(t, "a session after "+change, func() bool { return p.Session() != nil })
		}
	}
	if err := p.Navigate("/#/search/100%"); err != nil {
		t.Error(err)
	} else if href := p.waitLoaded(); href != Origin+"/#/search/100%" {
		t.Errorf("navigated to %s", href)
	}
}

// A file that changed on disk is shown as it is now, by Navigate and Reload alike: scripts, styles
// and modules too.
func TestChangedFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(n int) {
		t.Helper()
		for name, text := range map[string]string{
			"index.html": blank +
				`<link rel=stylesheet href=style.css><script src=script.js></script>
				<script type=module src=main.mjs></script><p id=n>%d`,
			"style.css": `p { order: %d }`, "script.js": `globalThis.n = %d`,
			"main.mjs": `import './part.mjs'`, "part.mjs": `globalThis.m = %d`,
		} {
			if strings.Contains(text, "%d") {
				text = fmt.Sprintf(text, n)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1)
	p := openPage(t, newApp(t, Options{Assets: os.DirFS(dir)}, func(*transport.Engine) {}),
		WindowOptions{Label: "main"})
	for n := 1; n <= 6; n++ {
		var got [4]int
		p.run(`return [globalThis.n, globalThis.m, Number(document.getElementById('n').textContent),
			Number(getComputedStyle(document.getElementById('n')).order)]`, &got)
		if got != [4]int{n, n, n, n} {
			t.Errorf("after change %d the page has %v", n, got)
		}
		write(n + 1)
		if n%2 == 0 {
			p.Reload()
		} else if err := p.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
	}
}

// wav is a second of silence.
func wav() []byte {
	const rate = 8000
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = append(b, "\x01\x00\x08\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, rate)
	for range rate {
		b = append(b, 128)
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// docs/pages.md says what of the platform pages have over the scheme; this is where it is known
// from.
func TestWhatPagesHave(t *testing.T) {
	app := newApp(t, Options{
		Assets: fstest.MapFS{
			"index.html": {Data: []byte(blank)},
			"worker.js":  {Data: []byte("postMessage('worker')")},
			"a.wav":      {Data: wav()},
		},
		Header: http.Header{
			"Cross-Origin-Opener-Policy":   {"same-origin"},
			"Cross-Origin-Embedder-Policy": {"require-corp"},
			"Set-Cookie":                   {"a=b"},
		},
	}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	for name, c := range map[string]struct{ js, want string }{
		"secure context": {`return String(isSecureContext)`, "true"},
		"crossOriginIsolated": {
			`return crossOriginIsolated + ' ' + typeof SharedArrayBuffer`, "false undefined",
		},
		"cookies": {`document.cookie = 'c=d'; return document.cookie`, ""},
		"Cache API": {`return caches.open('x').then((c) => c.add('/worker.js'))
			.then(() => 'works', (e) => e.name)`, "TypeError"},
		"service workers": {`return navigator.serviceWorker.register('/worker.js')
			.then(() => 'works', (e) => e.name)`, "TypeError"},
		"localStorage":   {`localStorage.a = 'works'; return localStorage.a`, "works"},
		"sessionStorage": {`sessionStorage.a = 'works'; return sessionStorage.a`, "works"},
		"IndexedDB": {`return new Promise((r, f) => { const o = indexedDB.open('d');
			o.onsuccess = () => { o.result.close(); r('works') }; o.onerror = f })`, "works"},
		"BroadcastChannel": {`const [a, b] = [1, 2].map(() => new BroadcastChannel('x'));
			return new Promise((r) => { b.onmessage = (e) => r(e.data);
				a.postMessage('works') })`, "works"},
		"Web Locks": {`return navigator.locks.request('x', () => 'works')`, "works"},
		"Worker": {`return new Promise((r, f) => { const w = new Worker('/worker.js');
			w.onmessage = (e) => r(e.data); w.onerror = f })`, "worker"},
		"crypto.subtle": {`return crypto.subtle.digest('SHA-256', new Uint8Array())
			.then(() => 'works')`, "works"},
		"private files": {`return navigator.storage?.getDirectory === undefined ?
			'none' : 'there'`, "none"},
		"DecompressionStream": {`return typeof DecompressionStream`, "function"},
		"audio over the scheme": {`const a = new Audio('/a.wav');
			return new Promise((r) => { a.onerror = () => r('error ' + a.error.code);
			a.onloadedmetadata = () => r('plays') })`, "error 4"},
		"audio of a blob": {`const a = new Audio(), sound = await (await fetch('/a.wav')).blob();
			a.src = URL.createObjectURL(sound);
			return new Promise((r) => { a.onerror = () => r('error ' + a.error.code);
			a.oncanplay = () => r('plays ' + a.duration) })`, "plays 1"},
		"MediaSource": {`const a = new Audio(), source = new MediaSource();
			a.src = URL.createObjectURL(source);
			return new Promise((r) => { a.onerror = () => r('error ' + a.error.code);
			source.onsourceopen = () => r('opens') })`, "opens"},
	} {
		var got string
		if p.run(c.js, &got); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Files of the system are served where option and policy both allow it, and nowhere else.
func TestLocalFiles(t *testing.T) {
	base := t.TempDir()
	dir, other := filepath.Join(base, "pictures"), filepath.Join(base, "pictures-private")
	for _, d := range []string{dir, other, filepath.Join(dir, "deep")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	odd := put(filepath.Join(dir, `100% a?b#c\d ü.txt`), "odd")
	deep := put(filepath.Join(dir, "deep", "x.txt"), "deep")
	secret := put(filepath.Join(other, "secret.txt"), "secret")
	denied := put(filepath.Join(dir, "denied.txt"), "denied")
	page := put(filepath.Join(dir, "page.html"),
		`<script>parent.postMessage('ran', '*')</script><title>local</title>`)
	large := filepath.Join(dir, "large.bin")
	put(large, strings.Repeat("0123456789", 300000))
	picture := filepath.Join(dir, "picture.png")
	f, err := os.Create(picture)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for link, to := range map[string]string{
		"out.txt": secret, "up": base, "in.txt": "deep/x.txt",
		"relative.txt": "../pictures-private/secret.txt",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := &policy.Policy{Rules: []policy.Rule{{
		Windows: []string{"*"}, Origins: []string{Origin}, Allow: []string{"*"},
		Deny: []string{"file:*/denied.txt"},
	},
		{Windows: []string{"none"}, Origins: []string{"*"}, Deny: []string{"file:*"}}}}
	app := newApp(t,
		Options{LocalFiles: []string{dir + "/"}, Policy: rules, Tauri: true, GlobalTauri: true},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	get := func(p *testPage, name, options string) response {
		t.Helper()
		var r response
		p.run(`const r = await fetch(__TAURI__.core.convertFileSrc(`+jsString(name)+`), `+options+
			`);
			return { Status: r.status, Headers: Object.fromEntries(r.headers),
				Text: await r.text() }`, &r)
		return r
	}
	for _, c := range []struct {
		name, options string
		status        int
		text          string
	}{
		{odd, `{}`, 200, "odd"},
		{deep, `{}`, 200, "deep"},
		{filepath.Join(dir, "in.txt"), `{}`, 200, "deep"},
		{large, `{ headers: { Range: 'bytes=2999990-' } }`, 206, "0123456789"},
		{large, `{}`, 200, strings.Repeat("0123456789", 300000)},
		{deep, `{ method: 'HEAD' }`, 200, ""},
		{deep, `{ method: 'POST', body: 'x' }`, 405, "this path takes GET and HEAD only\n"},
		{denied, `{}`, 403, ""},
		{secret, `{}`, 403, ""},
		{"/etc/passwd", `{}`, 403, ""},
		{dir + "/../pictures-private/secret.txt", `{}`, 404, ""},
		{dir + "/deep/../../pictures-private/secret.txt", `{}`, 404, ""},
		{dir + "//deep/x.txt", `{}`, 404, ""},
		{filepath.Join(dir, "out.txt"), `{}`, 403, ""},
		{filepath.Join(dir, "relative.txt"), `{}`, 403, ""},
		{filepath.Join(dir, "up", "pictures-private", "secret.txt"), `{}`, 403, ""},
		{filepath.Join(dir, "up", "pictures", "deep", "x.txt"), `{}`, 403, ""},
		{filepath.Join(dir, "pipe"), `{}`, 404, ""},
		{dir, `{}`, 403, ""},
		{filepath.Join(dir, "deep"), `{}`, 404, ""},
		{filepath.Join(dir, "missing.txt"), `{}`, 404, ""},
		{"relative.txt", `{}`, 404, ""},
		{"", `{}`, 404, ""},
		{deep + "\x00", `{}`, 404, ""},
	} {
		r := get(p, c.name, c.options)
		if r.Status != c.status || c.text != "" && r.Text != c.text ||
			strings.Contains(r.Text, "secret\n") {
			t.Errorf("%s %s: %d %.200q, want %d", c.name, c.options, r.Status, r.Text, c.status)
		}
	}
	var size string
	p.run(`const i = new Image(); i.src = __TAURI__.core.convertFileSrc(`+jsString(picture)+`);
		await i.decode(); return i.width + 'x' + i.height`, &size)
	if size != "7x5" {
		t.Errorf("the picture is %s", size)
	}
	// A document of the system has nothing of ours.
	var got string
	p.run(`const f = document.createElement('iframe');
		f.src = __TAURI__.core.convertFileSrc(`+jsString(page)+`);
		const ran = new Promise((r) => addEventListener('message', () => r('ran')));
		const loaded = new Promise((r) => { f.onload = r });
		document.body.append(f); await loaded;
		const late = new Promise((r) => setTimeout(r, 50, 'other origin'));
		return f.contentDocument === null ? await Promise.race([ran, late]) : 'our origin'`, &got)
	if got != "other origin" {
		t.Errorf("a document of the system has %s", got)
	}
	for name, other := range map[string]*App{
		"no":   newApp(t, Options{Tauri: true, GlobalTauri: true}, func(*transport.Engine) {}),
		"none": app,
	} {
		q := openPage(t, other, WindowOptions{Label: name})
		if r := get(q, deep, `{}`); r.Status != 403 {
			t.Errorf("window %s: %+v", name, r)
		}
	}
	if _, err := New(Options{LocalFiles: []string{"relative"}}); err == nil {
		t.Error("a relative directory was taken")
	}
}

// jsString gives a string in JavaScript.
func jsString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		fmt.Fprintf(&b, `\u{%x}`, c)
	}
	return b.String() + `"`
}

// A page of the development server is ours whatever stands behind its origin.
func TestDevServerOddURL(t *testing.T) {
	dev := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, blank)
	}))
	defer dev.Close()
	p := openPage(t, newApp(t, Options{DevURL: dev.URL}, caller), WindowOptions{Label: "main"})
	p.run(`location.hash = '#/search/100%'`, nil)
	p.Reload()
	p.waitLoaded()
	if got, err := p.invokes("caller", `{}`); err != nil || got != `"main `+dev.URL+`"` {
		t.Errorf("%s, %v", got, err)
	}
}

// TestPagesOfXML: a document whose root is no element of HTML is a page as any other.
func TestPagesOfXML(t *testing.T) {
	files := fstest.MapFS{
		"index.svg":   {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"index.xhtml": {Data: []byte(`<html xmlns="http://www.w3.org/1999/xhtml"/>`)},
		// without an element of HTML, WebKit shows it in a page of its own
		"index.xml": {Data: []byte(
			`<root xmlns:h="http://www.w3.org/1999/xhtml"><h:p/></root>`)},
	}
	logger, log := warningLog()
	o := Options{KeepRunning: true, Assets: files, Debug: true, Logger: logger}
	app := newApp(t, o, func(*transport.Engine) {})
	for name := range files {
		w, err := app.Open(WindowOptions{Label: "xml", URL: name})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := w.EvalResult(testContext(t), `document.readyState`); err != nil {
			t.Errorf("%s: %s, %v", name, v, err)
		}
		w.Destroy()
		wait(t, w.Done(), "the window's end")
	}
	if s := log.String(); strings.Contains(s, "does not catch") {
		t.Error(s)
	}
}
