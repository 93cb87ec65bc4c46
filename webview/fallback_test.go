//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// echo answers with what it was asked.
func echo(rw http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		http.Error(rw, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	fmt.Fprintf(rw, "%s %s %d %.20s %s %v", r.Method, r.URL.RequestURI(), len(b), b,
		Caller(r.Context()).Label(), err)
}

// fallbackApp has an app whose files are index.html, taken.txt and sub/index.html.
func fallbackApp(t *testing.T, o Options, mux *http.ServeMux) *App {
	t.Helper()
	o.Assets = fstest.MapFS{
		"index.html": {Data: []byte(blank)}, "taken.txt": {Data: []byte("file")},
		"sub/index.html": {Data: []byte(blank + "<title>sub</title>")},
	}
	o.Fallback = mux
	return newApp(t, o, func(*transport.Engine) {})
}

// What no file answers, the app does: any method, headers and bodies both ways.
func TestFallback(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", echo)
	mux.HandleFunc("/headers", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Answer",
			r.Header.Get("X-Question")+" "+r.Header.Get("Content-Type")+
				r.Header.Get("Accept-Encoding"))
		rw.Header().Set("Content-Security-Policy", "changed")
		rw.Header().Add("X-Two", "a")
		rw.Header().Add("X-Two", "b")
		rw.WriteHeader(http.StatusTeapot)
		io.WriteString(rw, "short and stout")
	})
	mux.HandleFunc("/nothing", func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/long", func(rw http.ResponseWriter, r *http.Request) {
		io.WriteString(rw, strings.Repeat("x", 3<<20))
	})
	mux.HandleFunc("/sized", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Length", "2000000")
		io.WriteString(rw, strings.Repeat("y", 2000000))
	})
	mux.HandleFunc("/gone-on", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/echo?on", http.StatusSeeOther)
	})
	mux.HandleFunc("/to-file", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "taken.txt", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/loop", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/loop", http.StatusFound)
	})
	mux.HandleFunc("/away", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "https://example.com/", http.StatusFound)
	})
	app := fallbackApp(t,
		Options{
			MaxRequestBody: 1 << 20,
			Header: http.Header{
				"X-Always": {"here"}, "Content-Security-Policy": {"default-src *"},
			},
		}, mux)
	p := openPage(t, app, WindowOptions{Label: "main"})
	for _, c := range []struct {
		path, options string
		status        int
		text          string
	}{
		{"/x?a=%&b#c%", `{}`, 200, "GET /x?a=%&b 0  main <nil>"},
		{"/taken.txt", `{}`, 200, "file"},
		{"/taken.txt", `{ method: 'POST', body: 'ü' }`, 200, "POST /taken.txt 2 ü main <nil>"},
		{"/", `{ method: 'DELETE' }`, 200, "DELETE / 0  main <nil>"},
		{
			"/x", `{ method: 'PUT', body: new Uint8Array(1 << 20).fill(65) }`, 200,
			"PUT /x 1048576 AAAAAAAAAAAAAAAAAAAA main <nil>",
		},
		{"/x", `{ method: 'PUT', body: new Uint8Array((1 << 20) + 1) }`, 413, "too large\n"},
		{
			"/x", `{ method: 'PATCH', body: new URLSearchParams({ a: 'b c' }) }`, 200,
			"PATCH /x 5 a=b+c main <nil>",
		},
		{"/x", `{ method: 'OPTIONS' }`, 200, "OPTIONS /x 0  main <nil>"},
		{
			"/x", `{ method: 'POST', headers: { 'Tailrace-Version': '1' }, body: 'no client' }`,
			200,
			"POST /x 9 no client main <nil>",
		},
		{"/x", `{ method: 'HEAD' }`, 200, ""},
		{"/headers", `{ method: 'POST', headers: { 'X-Question': 'why', 'Content-Type': 'text/x' },
			body: 'x' }`, 418, "short and stout"},
		{"/nothing", `{}`, 204, ""},
		{"/long", `{}`, 200, strings.Repeat("x", 3<<20)},
		{"/sized", `{}`, 200, strings.Repeat("y", 2000000)},
		{"/gone-on", `{ method: 'POST', body: 'x' }`, 200, "GET /echo?on 0  main <nil>"},
		{"/to-file", `{}`, 200, "file"},
		{"/loop", `{}`, 302, "<a href=\"/loop\">Found</a>.\n\n"},
		{"/away", `{}`, 302, "<a href=\"https://example.com/\">Found</a>.\n\n"},
		{"/.tailrace/x", `{}`, 404, "not found\n"},
	} {
		r := p.fetch(Origin+c.path, c.options)
		if r.Status != c.status || r.Text != c.text {
			t.Errorf("%s %s: %d %.200q, want %d %.200q", c.path, c.options, r.Status, r.Text,
				c.status, c.text)
		}
		if r.Headers["x-always"] != "here" {
			t.Errorf("%s: no header of the option: %v", c.path, r.Headers)
		}
		want := "default-src *"
		if c.path == "/.tailrace/x" {
			want = "sandbox; default-src 'none'" // an error of ours
		}
		if c.path == "/headers" {
			want = "changed"
			if r.Headers["x-answer"] != "why text/x" || r.Headers["x-two"] != "a, b" {
				t.Errorf("headers: %v", r.Headers)
			}
		}
		if got := r.Headers["content-security-policy"]; got != want {
			t.Errorf("%s: policy %q", c.path, got)
		}
	}
	// Documents are sent on, too, by a form as well.
	for _, go_ := range []struct{ js, href, text string }{
		{`location.href = '/gone-on'`, Origin + "/echo?on", "GET /echo?on 0  main <nil>"},
		{`location.href = '/sub'`, Origin + "/sub/", ""},
		{`document.body.innerHTML =
				'<form method=post action=/gone-on><input name=a value=b></form>';
			document.forms[0].submit()`, Origin + "/echo?on", "GET /echo?on 0  main <nil>"},
		{`document.body.innerHTML =
				'<form method=post action=/posted><input name=a value=b></form>';
			document.forms[0].submit()`, Origin + "/posted", "POST /posted 3 a=b main <nil>"},
	} {
		p.run(go_.js, nil)
		for p.waitLoaded() != go_.href {
		}
		var got string
		if p.run(`return document.body.innerText`, &got); got != go_.text {
			t.Errorf("%s: the document says %q, want %q", go_.js, got, go_.text)
		}
	}
}

// Answers come as they are written, end as they ended, and end their handler with the page that
// wanted them.
func TestFallbackStreams(t *testing.T) {
	type ended struct {
		path  string
		cause error
	}
	over := make(chan ended, 10)
	next := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/parts", func(rw http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			fmt.Fprint(rw, i)
			rw.(http.Flusher).Flush()
			<-next
		}
	})
	mux.HandleFunc("/events", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(rw, "data: hello\n\n")
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
		over <- ended{r.URL.Path, context.Cause(r.Context())}
	})
	mux.HandleFunc("/flushed/", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, "begin")
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
		over <- ended{r.URL.Path, context.Cause(r.Context())}
	})
	mux.HandleFunc("/silent/", func(rw http.ResponseWriter, r *http.Request) {
		over <- ended{r.URL.Path + " began", nil}
		<-r.Context().Done()
		over <- ended{r.URL.Path, context.Cause(r.Context())}
	})
	mux.HandleFunc("/document", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, blank+`<script>fetch('/silent/of-document')</script>`)
		rw.(http.Flusher).Flush()
		<-next
		if r.Context().Err() != nil {
			over <- ended{"the document's own request", context.Cause(r.Context())}
		}
		fmt.Fprint(rw, "<p id=end>")
	})
	mux.HandleFunc("/cut", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, "begin")
		rw.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/short", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Length", "2000000")
		fmt.Fprint(rw, "begin")
	})
	mux.HandleFunc("/panics", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Secret", "x")
		fmt.Fprint(rw, "begin")
		panic("a panic of the app")
	})
	logger, log := readableLog()
	app := fallbackApp(t, Options{Logger: logger}, mux)
	p := openPage(t, app, WindowOptions{Label: "main"})
	parts := p.start(`const t = []; const r = (await fetch('/parts')).body.getReader();
		for (;;) { const { done, value } = await r.read(); if (done) return t.join();
			t.push(new TextDecoder().decode(value)); await fetch('/taken.txt');
			globalThis.parts = t.length }`)
	for n := 1; n <= 3; n++ {
		eventually(t, "a part", func() bool {
			var got int
			p.run(`return globalThis.parts ?? 0`, &got)
			return got == n
		})
		next <- struct{}{}
	}
	var got string
	if p.decode(wait(t, parts, "the parts"), &got); got != "0,1,2" {
		t.Errorf("parts %q", got)
	}
	for path, want := range map[string]string{"/cut": "TypeError", "/short": "TypeError"} {
		if r := p.fetch(path, `{}`); !r.Failed || !strings.Contains(r.Text, want) {
			t.Errorf("%s: %+v", path, r)
		}
	}
	if r := p.fetch("/panics", `{}`); r.Status != 500 || r.Text != "Internal Server Error\n" ||
		r.Headers["x-secret"] != "" || !strings.Contains(log.String(), "a panic of the app") {
		t.Errorf("%+v, log %s", r, log)
	}
	is := func(want string) {
		t.Helper()
		e := wait(t, over, want)
		if e.path != want || !strings.HasSuffix(want, "began") && !errors.Is(e.cause, ErrClosed) {
			t.Errorf("%+v ended, want %s", e, want)
		}
	}
	// The page that does not want the rest ends the handler.
	p.run(`const e = new EventSource('/events');
		const m = await new Promise((r) => { e.onmessage = (m) => r(m.data) }); e.close();
		return m`, &got)
	if is("/events"); got != "hello" {
		t.Errorf("the event says %q", got)
	}
	p.run(`const c = new AbortController(); await fetch('/flushed/aborted', { signal: c.signal });
		c.abort()`, nil)
	is("/flushed/aborted")
	// So does the page's end, also where nothing was written; and the document that takes its place
	// is none of these.
	p.run(`void fetch('/silent/left'); void fetch('/flushed/left')`, nil)
	is("/silent/left began")
	p.run(`location.href = '/document'`, nil)
	ends := map[string]bool{}
	for range 3 {
		e := wait(t, over, "the handlers' ends")
		ends[e.path] = true
	}
	if !ends["/silent/left"] || !ends["/flushed/left"] || !ends["/silent/of-document began"] {
		t.Errorf("ended: %v", ends)
	}
	next <- struct{}{}
	for p.waitLoaded() != Origin+"/document" {
	}
	var whole bool
	if p.run(`return document.getElementById('end') !== null`, &whole); !whole {
		t.Error("the document was cut off at its own commit")
	}
	p.Close()
	is("/silent/of-document")
	wait(t, p.Done(), "the window's end")
	eventually(t, "the requests' ends", func() bool {
		return p.served.Stats().Requests == 0
	})
}

// What a handler has left running writes to nobody: its request is gone.
func TestHandlerThatGoesOn(t *testing.T) {
	mux := http.NewServeMux()
	late, goOn := make(chan error, 1), make(chan none)
	mux.HandleFunc("/x", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "flushed" {
			rw.(http.Flusher).Flush()
		}
		go func() {
			<-goOn
			rw.WriteHeader(http.StatusTeapot)
			rw.(http.Flusher).Flush()
			_, err := rw.Write(make([]byte, 2*heldMost))
			rw.(http.Flusher).Flush()
			late <- err
		}()
		if r.URL.RawQuery == "panics" {
			panic(http.ErrAbortHandler)
		}
	})
	p := openPage(t, fallbackApp(t, Options{}, mux), WindowOptions{Label: "main"})
	for _, how := range []string{"", "flushed", "panics"} {
		p.run(`await fetch('/x?`+how+`').catch(() => {})`, nil)
		goOn <- none{}
		if err := wait(t, late, "the late write"); !errors.Is(err, http.ErrHandlerTimeout) {
			t.Errorf("%q: a write after the answer gave %v", how, err)
		}
	}
	p.run(`return 1`, nil)
}
