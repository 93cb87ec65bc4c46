//go:build linux && cgo

package webview

import (
	"net/http"
	"strings"
	"testing"
)

func TestControlNeedsHeader(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	for _, c := range []struct {
		name, url, options string
		status             int
	}{
		{"no header", hello, `{method: "POST"}`, 403},
		{"other version", hello, `{method: "POST", headers: {"Tailrace-Version": "2"}}`, 403},
		{"GET", hello, `{headers: {"Tailrace-Version": "1"}}`, 405},
		{"batch without header", batch, `{method: "POST"}`, 403},
		{"batch without session", batch,
			`{method: "POST", headers: {"Tailrace-Version": "1"}, body: "x"}`, 403},
		{"batch of an unknown session", batch,
			`{method: "POST", headers: {"Tailrace-Version": "1",
				"Tailrace-Session": "0123456789abcdef0123456789abcdef"}, body: "x"}`, 410},
		{"other control path", Origin + "/.tailrace/other", `{}`, 404},
	} {
		if r := p.fetch(c.url, c.options); r.Status != c.status {
			t.Errorf("%s: %+v, want status %d", c.name, r, c.status)
		} else if r.Headers["x-content-type-options"] != "nosniff" {
			t.Errorf("%s: no nosniff: %v", c.name, r.Headers)
		}
	}
}

func TestSessionBelongsToItsWindow(t *testing.T) {
	a := openPage(t, loop, WindowOptions{Label: "a"})
	b := openPage(t, loop, WindowOptions{Label: "b"})
	ida, idb := a.hello(), b.hello()
	if ida == idb {
		t.Fatal("two sessions have one id")
	}
	if id := a.Session().ID(); id != ida {
		t.Errorf("Session gives %s, the page has %s", id, ida)
	}
	post := func(p *testPage, id string) int {
		return p.fetch(batch,
			`{method: "POST", headers: {"Tailrace-Version": "1", "Tailrace-Session": "`+id+
				`"}}`).Status
	}
	if s := post(b, ida); s != http.StatusGone {
		t.Errorf("another window's session: status %d, want 410", s)
	}
	if ida2 := a.hello(); ida2 == ida {
		t.Error("a new hello gave the old id")
	}
	if s := post(a, ida); s != http.StatusGone {
		t.Errorf("session before: status %d, want 410", s)
	}
}

func TestLargeBody(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	id := p.hello()
	r := p.fetch(batch, `{method: "POST", headers: {"Tailrace-Version": "1", "Tailrace-Session": "`+
		id+`"}, body: new Uint8Array(4 << 20)}`)
	if r.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%+v, want status 413", r)
	}
}

// A page of a foreign origin gets neither a session nor a file.
func TestForeignPage(t *testing.T) {
	server := foreign(t, blank)
	logger, log := warningLog()
	p := openPage(t, newApp(t, Options{Assets: testFiles(), Logger: logger}, caller),
		WindowOptions{})
	p.hello()
	session := p.Session()
	if err := p.Navigate(server.URL); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	wait(t, session.Done(), "the end of the session before")
	for _, c := range []struct{ name, url, options string }{
		{"hello", hello, `{method: "POST", headers: {"Tailrace-Version": "1"}}`},
		{"hello without cors", hello, `{method: "POST", mode: "no-cors"}`},
		{
			"batch", batch,
			`{method: "POST", headers: {"Tailrace-Version": "1", "Tailrace-Session": "` +
				session.ID() + `"}}`,
		},
		{"file", Origin + "/abc.txt", `{}`},
	} {
		if r := p.fetch(c.url, c.options); !r.Failed && (r.Status != 0 || r.Text != "") {
			t.Errorf("%s: a foreign page got %+v", c.name, r)
		}
	}
	var loaded bool
	p.run(`return await new Promise(f => {
		const s = document.createElement('script');
		s.onload = () => f(true); s.onerror = () => f(false);
		s.src = '`+Origin+`/mod.mjs'; s.type = 'text/javascript'; document.body.append(s);
	})`, &loaded)
	if loaded {
		t.Error("a foreign page loaded a script of ours")
	}
	p.run(`const f = document.createElement('iframe'); f.src = '`+Origin+`/abc.txt';
		document.body.append(f)`, nil)
	eventually(t, "the frame's refusal", func() bool {
		return strings.Contains(log.String(), "in a frame of a foreign one")
	})
	if p.Session() != nil {
		t.Error("a foreign page has a session")
	}
	// The way back works.
	if err := p.Navigate("index.html"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	p.hello()
}

// A sandboxed frame of our own page has the origin null.
func TestNullOrigin(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	p.hello()
	session := p.Session()
	var got string
	p.run(`return await new Promise(f => {
		addEventListener('message', e => f(e.data));
		const s = document.createElement('iframe');
		s.sandbox = 'allow-scripts';
		s.srcdoc = "<script>const tell = (text) => parent.postMessage(text, '*');" +
			"fetch('`+hello+`', {method: 'POST', headers: {'Tailrace-Version': '1'}}).then(" +
			"async r => tell(r.status + await r.text()), e => tell('failed'))<" + "/script>";
		document.body.append(s);
	})`, &got)
	if got != "failed" {
		t.Errorf("a sandboxed frame got %q", got)
	}
	select {
	case <-session.Done():
		t.Error("a sandboxed frame's hello ended the session")
	default:
	}
}

// A frame of a foreign origin inside our page can read nothing.
func TestForeignFrame(t *testing.T) {
	server := foreign(t, `<script>
		const tries = [
			['`+hello+`', {method: 'POST', headers: {'Tailrace-Version': '1'}}],
			['`+hello+`', {method: 'POST', mode: 'no-cors'}],
			['`+Origin+`/abc.txt', {}],
		];
		Promise.all(tries.map(([u, o]) => fetch(u, o).then(r => r.text(), e => ''))).then(r =>
			parent.postMessage(r.join(''), '*'));
	</script>`)
	p := openPage(t, loop, WindowOptions{})
	p.hello()
	session := p.Session()
	var got string
	p.run(`return await new Promise(f => {
		addEventListener('message', e => f(e.data));
		const s = document.createElement('iframe');
		s.src = '`+server.URL+`';
		document.body.append(s);
	})`, &got)
	if got != "" {
		t.Errorf("a foreign frame read %q", got)
	}
	if p.Session() != session {
		t.Error("a foreign frame changed the session")
	}
}
