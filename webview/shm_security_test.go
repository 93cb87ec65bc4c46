//go:build linux && cgo

package webview

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// Nobody but the client ever sees what the extension gives: not the page's own scripts, not a frame of ours, not a frame or a page of
// a foreign origin.
func TestShmOnlyForTheClient(t *testing.T) {
	const has = `'__tailrace_memory' in globalThis`
	server := foreign(t, `<script>parent.postMessage('foreign ' + (`+has+`), '*')</script>`)
	o := Options{Carrier: CarrierShm, Assets: fstest.MapFS{
		"index.html": {Data: []byte(`<!doctype html><script>globalThis.first = ` + has + `</script>` + blank)},
		"frame.html": {Data: []byte(`<script>parent.postMessage('own ' + (` + has + `), '*')</script>`)},
	}}
	p := conversation(t, o, func(*transport.Engine) {})
	var got []string
	p.run(`
		const got = ['first ' + first, 'later ' + (`+has+`)];
		for (const make of [
			(f) => f.src = '/frame.html',
			(f) => f.src = '`+server.URL+`',
			(f) => { f.sandbox = 'allow-scripts'; f.src = '/frame.html'; },
			(f) => { f.srcdoc = "<script>parent.postMessage('srcdoc ' + (`+has+`), '*')<"+"/script>"; },
		]) got.push(await new Promise((resolve) => {
			addEventListener('message', (e) => resolve(e.data), { once: true });
			const f = document.createElement('iframe');
			make(f);
			document.body.append(f);
		}));
		const blankFrame = document.createElement('iframe');
		document.body.append(blankFrame);
		got.push('blank ' + ('__tailrace_memory' in blankFrame.contentWindow));
		return got;`, &got)
	if s, want := strings.Join(got, ", "), "first false, later false, own false, foreign false, own false, srcdoc false, blank false"; s != want {
		t.Errorf("%s, want %s", s, want)
	}
	if err := p.Navigate(server.URL); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	var foreign bool
	p.run(`return `+has, &foreign)
	if foreign {
		t.Error("a foreign page has it")
	}
	if err := p.Navigate("index.html"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	p.run(`await tailrace.invoke('caller')`, nil)
	p.carriedBy("shm")
}

// Another window's offer can't be had by its token, even by a script that kept the functions: it only loses its own page's.
func TestShmBelongsToItsSession(t *testing.T) {
	p := openKept(t, newApp(t, Options{Carrier: CarrierShm}, caller))
	p.run(`await tailrace.invoke('caller')`, nil)
	p.carriedBy("shm")
	other := openPage(t, newApp(t, Options{Carrier: CarrierShm}, caller), WindowOptions{Label: "other"})
	other.run(`await tailrace.invoke('caller')`, nil)
	other.carriedBy("shm")
	var got int
	p.run(`
		let rang = false;
		const answer = kept.attach('`+other.Session().ID()+`', () => { rang = true; });
		await tailrace.invoke('caller');
		return rang ? 1 : answer;`, &got)
	if got == 1 {
		t.Error("a page attached to another window's session")
	}
	other.carriedBy("shm")
	for _, p := range []*testPage{p, other} {
		var label string
		p.run(`return await tailrace.invoke('caller')`, &label)
		if want := p.Label() + " " + Origin; label != want {
			t.Errorf("after that the window %q is called %q", want, label)
		}
	}
}
