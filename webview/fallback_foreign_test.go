//go:build linux && cgo

package webview

import (
	"net/http"
	"strings"
	"testing"
)

// A body with a blob in it, which WebKit can't read (it follows a null pointer), is refused;
// nothing else happens, whoever sends it.
func TestBlobBody(t *testing.T) {
	const evil = `<!doctype html><script>
		const blob = () => new Blob(['x']);
		Promise.allSettled([
			fetch('tailrace://localhost/.tailrace/batch',
				{ method: 'POST', headers: { 'Tailrace-Version': '1' }, body: blob() }),
			fetch('tailrace://localhost/x', { method: 'POST', mode: 'no-cors', body: blob() }),
		]).then(() => parent.postMessage('tried', '*'));
	</script>`
	mux := http.NewServeMux()
	mux.HandleFunc("/", echo)
	p := openPage(t, fallbackApp(t, Options{}, mux), WindowOptions{Label: "main"})
	// Faults of other threads meanwhile are Go's, and recovered.
	stop, faults := make(chan struct{}), make(chan int, 1)
	go func() {
		recovers := func() (ok bool) {
			defer func() { ok = recover() != nil }()
			var none *testPage
			return none.t == nil
		}
		n := 0
		for recovers() {
			n++
			select {
			case <-stop:
				faults <- n
				return
			default:
			}
		}
		faults <- 0
	}()
	form := `(() => { const f = new FormData(); f.append('a', '1');
		f.append('b', new File(['x'], 'n.txt')); return f })()`
	for range 3 {
		for _, body := range []string{`new Blob(['x'])`, `new File(['x'], 'n')`, form} {
			if r := p.fetch("/x", `{ method: 'POST', body: `+body+` }`); r.Status != 415 ||
				!strings.Contains(r.Text, "arrayBuffer()") {
				t.Errorf("%s: %+v", body, r)
			}
		}
	}
	if r := p.fetch("/x", `{ method: 'POST', body: (() => { const f = new FormData();
		f.append('a', '1'); return f })() }`); r.Status != 200 {
		t.Errorf("a form without files: %+v", r)
	}
	session := p.hello()
	headers := `{ 'Tailrace-Version': '1', 'Tailrace-Session': '` + session + `' }`
	r := p.fetch(batch, `{ method: 'POST', headers: `+headers+`, body: new Blob(['x']) }`)
	if r.Status != 415 {
		t.Errorf("a blob as batch: %+v", r)
	}
	p.run(`const f = document.createElement('iframe'); f.src = '`+foreign(t, evil).URL+`';
		const tried = new Promise((r) => addEventListener('message', r)); document.body.append(f);
		await tried`, nil)
	close(stop)
	if n := wait(t, faults, "the goroutine that faults"); n == 0 {
		t.Error("no nil dereference of Go's was recovered")
	}
}

// Frames of a foreign origin in our page have no effect through Fallback, however they ask; our own
// pages have.
func TestFallbackFromForeignFrames(t *testing.T) {
	mux := http.NewServeMux()
	seen := make(chan string, 100)
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/favicon.ico" {
			seen <- r.Method + " " + r.URL.Path
		}
	})
	p := openPage(t, fallbackApp(t, Options{}, mux), WindowOptions{Label: "main"})
	const evil = `<!doctype html><body><script>
		const base = { method: 'POST', mode: 'no-cors' };
		const f = (n, o) => fetch('tailrace://localhost/' + n, { ...base, ...o }).catch(() => {});
		const x = new XMLHttpRequest(); x.open('POST', 'tailrace://localhost/f-xhr'); x.send('x');
		document.body.innerHTML =
			'<form method=post action=tailrace://localhost/f-form target=inner>' +
			'<input name=a value=b></form><iframe name=inner></iframe>';
		document.forms[0].submit();
		Promise.all([
			f('f-text', { body: 'x' }), f('f-bytes', { body: new Uint8Array(3) }), f('f-none', {}),
			f('f-noref', { body: 'x', referrerPolicy: 'no-referrer' }),
			f('f-hidden', { body: 'x', referrer: '' }),
			f('f-hidden-bytes', { body: new Uint8Array(3), referrer: '' }),
			f('f-type', { body: '{}', referrer: '', headers: {
				'Content-Type': 'application/json' } }),
			f('f-header', { referrer: '', headers: { 'X-Requested-With': 'me' } }),
			f('f-blob', { body: new Blob(['{}'], { type: 'application/json' }), referrer: '' }),
			f('f-multipart', { body: new FormData(), referrer: '' }),
			f('f-params', { body: new URLSearchParams('a=b'), referrer: '' }),
			f('f-delete', { method: 'DELETE', referrer: '' }),
			f('f-cors-hidden', { mode: 'cors', body: 'x', referrer: '' }),
			f('f-cors', { mode: 'cors', body: 'x' }), f('f-put', { mode: 'cors', method: 'PUT' }),
			f('f-json', { body: 'x', headers: { 'Content-Type': 'application/json' } }),
		]).then(() => setTimeout(() => parent.postMessage('tried', '*'), 100));
	</script>`
	p.run(`const f = document.createElement('iframe'); f.src = '`+foreign(t, evil).URL+`';
		const tried = new Promise((r) => addEventListener('message', r)); document.body.append(f);
		await tried`, nil)
	const asks = `const xhr = (url, headers) => new Promise((r) => {
			const x = new XMLHttpRequest();
			x.open('POST', url);
			for (const h in headers) x.setRequestHeader(h, headers[h]);
			x.onload = () => r(x.status);
			x.send('x');
		});
		await fetch('/o-text', { method: 'POST', body: 'x' });
		await fetch('/o-noref', { method: 'POST', body: 'x', referrerPolicy: 'no-referrer' });
		await fetch('/o-hidden', { method: 'PUT', body: 'x', referrer: '' });
		await xhr('/o-json', { 'Content-Type': 'application/json' });
		await xhr('/o-header', { 'X-Requested-With': 'XMLHttpRequest' });
		const status = await xhr('/o-xhr');`
	var status int
	if p.run(asks+`return status`, &status); status != 403 {
		t.Errorf("beside a foreign frame, our page's XMLHttpRequest that looks like its fetch: %d",
			status)
	}
	p.Reload()
	p.waitLoaded()
	p.run(asks+`
		const d = document.createElement('form'); d.method = 'post'; d.action = '/o-form';
		document.body.append(d); d.submit()`, nil)
	for p.waitLoaded() != Origin+"/o-form" { // empty, and a document all the same
	}
	top := `<!doctype html><body><form method=post action=tailrace://localhost/f-top></form><script>
		document.forms[0].submit();
		fetch('tailrace://localhost/f-main', { method: 'POST', mode: 'no-cors' })</script>`
	if err := p.Navigate(foreign(t, top).URL); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	if err := p.Navigate("/last"); err != nil {
		t.Fatal(err)
	}
	var all []string
	for len(all) == 0 || all[len(all)-1] != "GET /last" {
		all = append(all, wait(t, seen, "what the handler was asked"))
	}
	const want = "POST /o-text POST /o-noref PUT /o-hidden POST /o-json POST /o-header"
	if got := strings.Join(all, " "); got != want+" "+want+" POST /o-xhr POST /o-form GET /last" {
		t.Errorf("the handler was asked %q, want %s, twice, and what follows", all, want)
	}
}
