//go:build linux && cgo

package webview

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// Nobody but the client ever sees what the extension gives: not the page's own scripts, not a frame
// of ours, not a frame or a page of a foreign origin.
func TestShmOnlyForTheClient(t *testing.T) {
	const has = `'__tailrace_memory' in globalThis`
	server := foreign(t, `<script>parent.postMessage('foreign ' + (`+has+`), '*')</script>`)
	o := Options{Carrier: CarrierShm, Assets: fstest.MapFS{
		"index.html": {Data: []byte(`<!doctype html><script>globalThis.first = ` + has +
			`</script>` + blank)},
		"frame.html": {Data: []byte(`<script>parent.postMessage('own ' + (` + has +
			`), '*')</script>`)},
	}}
	p := conversation(t, o, func(*transport.Engine) {})
	var got []string
	p.run(`
		const got = ['first ' + first, 'later ' + (`+has+`)];
		for (const make of [
			(f) => f.src = '/frame.html',
			(f) => f.src = '`+server.URL+`',
			(f) => { f.sandbox = 'allow-scripts'; f.src = '/frame.html'; },
			(f) => { f.srcdoc = "<script>parent.postMessage('srcdoc ' + (`+has+`), '*')<" +
				"/script>"; },
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
	if s, want := strings.Join(got, ", "), "first false, later false, own false, foreign false, "+
		"own false, srcdoc false, blank false"; s != want {
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

// A foreign page whose address is like that of the development server's pages has nothing of the
// extension, nor the client: the port begins with theirs, or the host does, or they are its user.
func TestShmNotForLookAlikes(t *testing.T) {
	const has = `'__tailrace_memory' in globalThis`
	own, port, longer := similarPorts(t)
	dev := httptest.NewUnstartedServer(http.FileServerFS(testFiles()))
	dev.Listener.Close()
	dev.Listener = own
	dev.Start()
	t.Cleanup(dev.Close)
	app := newApp(t, Options{Carrier: CarrierShm, DevURL: dev.URL}, caller)
	p := openPage(t, app, WindowOptions{Label: "main"})
	ours := func() {
		t.Helper()
		var at string
		p.run(`await tailrace.invoke('caller'); return location.origin`, &at)
		if at != dev.URL {
			t.Errorf("our page is at %s, want %s", at, dev.URL)
		}
		p.carriedBy("shm")
	}
	ours()
	page := `<!doctype html><script>globalThis.first = ` + has + `</script>` + blank
	serve := func(l net.Listener) string {
		handler := func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, page)
		}
		s := httptest.NewUnstartedServer(http.HandlerFunc(handler))
		s.Listener.Close()
		s.Listener = l
		s.Start()
		t.Cleanup(s.Close)
		return s.URL
	}
	at := func(address string) net.Listener {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	elsewhere := serve(at("127.0.0.1:0"))
	for _, uri := range []string{
		serve(longer),
		serve(at("127.0.0.11:" + port)),
		serve(at("127.0.0.100:" + port)),
		strings.Replace(elsewhere, "//", "//127.0.0.1:"+port+"@", 1),
		elsewhere + "/" + dev.URL,
		elsewhere + "/?" + dev.URL + "#" + dev.URL,
	} {
		if err := p.Navigate(uri); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		var got string
		p.run(`return [first, `+has+`, typeof tailrace] + ' ' + self.origin`, &got)
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		if want := "false,false,undefined http://" + u.Host; got != want {
			t.Errorf("the page at %s has %s, want %s", uri, got, want)
		}
		if err := p.Navigate("/"); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		ours()
	}
}

// similarPorts listens at two ports of 127.0.0.1. The second one's text begins with the first
// one's.
func similarPorts(t *testing.T) (short net.Listener, port string, longer net.Listener) {
	t.Helper()
	for n := 6553; n > 1024; n-- {
		port = strconv.Itoa(n)
		short, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		longer, err := net.Listen("tcp", "127.0.0.1:"+port+"0")
		if err == nil {
			return short, port, longer
		}
		short.Close()
	}
	t.Fatal("there are no two ports")
	return nil, "", nil
}

// Another window's offer can't be had by its token, even by a script that kept the functions: it
// only loses its own page's.
func TestShmBelongsToItsSession(t *testing.T) {
	p := openKept(t, newApp(t, Options{Carrier: CarrierShm}, caller))
	p.run(`await tailrace.invoke('caller')`, nil)
	p.carriedBy("shm")
	other := openPage(t, newApp(t, Options{Carrier: CarrierShm}, caller), WindowOptions{
		Label: "other",
	})
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
