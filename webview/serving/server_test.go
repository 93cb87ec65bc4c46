package serving

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
)

// server serves pages at its own address, without an App.
type server struct {
	*httptest.Server
	pages  *Pages
	viewer *Viewer
}

func startServer(t *testing.T, o Options, vo ViewerOptions) *server {
	t.Helper()
	return startBehind(t, o, vo, func(h http.Handler) http.Handler { return h })
}

// startBehind is startServer with a handler of the app's around the viewer.
func startBehind(
	t *testing.T, o Options, vo ViewerOptions, around func(http.Handler) http.Handler,
) *server {
	t.Helper()
	s := &server{Server: httptest.NewUnstartedServer(nil)}
	if o.Origin == "" {
		o.Origin = "http://" + s.Listener.Addr().String()
	}
	s.pages = pagesOf(o)
	vo.Label = "main"
	s.viewer = s.pages.Viewer(vo)
	s.Config.Handler = around(s.viewer)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// answered is an answer as a client has it.
type answered struct {
	status int
	header http.Header
	text   string
	cut    bool // it did not come whole
}

// ask sends a request with headers, which are pairs.
func (s *server) ask(t *testing.T, method, path, body string, header ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return answered{}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	// redirects are told, as a browser sees them
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return answered{}
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	return answered{a.StatusCode, a.Header, string(b), err != nil}
}

func (s *server) get(t *testing.T, path string, header ...string) answered {
	t.Helper()
	return s.ask(t, "GET", path, "", header...)
}

// document are the headers with which browsers go to a page.
var document = []string{
	"Accept", "text/html,*/*", "Upgrade-Insecure-Requests", "1",
	"Sec-Fetch-Dest", "document", "Sec-Fetch-Mode", "navigate",
}

// TestServerFiles: a server has files with types, validators and ranges, the import map, modules,
// documents for paths that the page routes, and real redirects.
func TestServerFiles(t *testing.T) {
	s := startServer(t, Options{
		Assets: fstest.MapFS{
			"index.html":     {Data: []byte("<head></head><p>index")},
			"sub/index.html": {Data: []byte("<p>sub")},
			"abc.txt":        {Data: []byte("abcdefghijklmnopqrstuvwxyz")},
			"large.bin":      {Data: make([]byte, 3*streamFrom)},
		},
		SPA: true, ImportMap: true, Header: http.Header{"X-App": {"here"}},
	}, ViewerOptions{})
	for _, c := range []struct {
		path   string
		header []string
		status int
		text   string
	}{
		{"/abc.txt", nil, 200, "abcdefghijklmnopqrstuvwxyz"},
		{"/abc.txt", []string{"Range", "bytes=2-4"}, 206, "cde"},
		{"/abc.txt", []string{"Range", "bytes=100-"}, 416, "invalid range: failed to overlap\n"},
		{"/sub/", nil, 200, "<p>sub"},
		{"/none.txt", nil, 404, "not found\n"},
		{"/.tailrace/none", nil, 404, "not found\n"},
		{"/..%2f..%2fetc%2fpasswd", nil, 404, "not found\n"},
	} {
		r := s.get(t, c.path, c.header...)
		if r.status != c.status || !strings.Contains(r.text, c.text) ||
			r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("X-App") != "here" {
			t.Errorf("%s %q: %+v, want %d %q", c.path, c.header, r, c.status, c.text)
		}
		if r.header.Get(documentHeader) != "" {
			t.Errorf("%s: what is noted of an answer is told: %v", c.path, r.header)
		}
	}
	if r := s.get(t, "/large.bin"); len(r.text) != 3*streamFrom ||
		r.header.Get("Content-Length") != fmt.Sprint(3*streamFrom) {
		t.Errorf("a streamed file has %d bytes: %v", len(r.text), r.header)
	}
	for _, path := range []string{"/", "/users/7"} {
		if r := s.get(t, path, document...); r.status != 200 || !strings.Contains(r.text,
			`{"imports":{"@tauri-apps/api":"`+s.URL+`/.tailrace/tauri/index.js"`) {
			t.Errorf("%s: %+v", path, r)
		}
	}
	if r := s.get(t, "/.tailrace/tauri/core.js"); r.status != 200 ||
		r.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("a module: %d %v", r.status, r.header)
	}
	if r := s.get(t, "/sub?a=1", document...); r.status != 302 ||
		r.header.Get("Location") != "/sub/?a=1" {
		t.Errorf("a folder without its slash: %+v", r)
	}
	if r := s.ask(t, "HEAD", "/abc.txt", ""); r.status != 200 || r.text != "" ||
		r.header.Get("Content-Length") != "26" {
		t.Errorf("HEAD: %+v", r)
	}
}

// TestServerFallback: what no file answers, a handler does, with bodies both ways; its answer is
// cut when it is, and it ends when nobody waits for it.
func TestServerFallback(t *testing.T) {
	over := make(chan error, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(rw http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprint(rw, r.Method, " ", r.ContentLength, " ", string(b), " ", err, " ", r.Host)
	})
	mux.HandleFunc("/on", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/echo", http.StatusSeeOther)
	})
	mux.HandleFunc("/cut", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, "begin")
		rw.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/endless", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, "begin")
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
		over <- context.Cause(r.Context())
	})
	logger, log := warningLog()
	s := startServer(t, Options{Fallback: mux, MaxRequestBody: 8, Logger: logger},
		ViewerOptions{})
	host := strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"POST", "/echo", "x", 200, "POST 1 x <nil> " + host},
		{"PUT", "/echo", "123456789", 200, "PUT 9 12345678 http: request body too large " + host},
		{"GET", "/echo", "", 200, "GET 0  <nil> " + host},
		{"DELETE", "/none", "", 404, "404 page not found\n"},
		{"GET", "/on", "", 303, `<a href="/echo">See Other</a>`},
	} {
		r := s.ask(t, c.method, c.path, c.body)
		if r.status != c.status || !strings.HasPrefix(r.text, c.text) {
			t.Errorf("%s %s: %+v, want %d %q", c.method, c.path, r, c.status, c.text)
		}
	}
	if r := s.get(t, "/cut"); r.status != 200 || r.text != "begin" || !r.cut {
		t.Errorf("an answer that was cut: %+v", r)
	}
	if text := log.String(); text != "" {
		t.Errorf("http.ErrAbortHandler is no failure: %s", text)
	}
	// a handler ends behind its answer
	idle := func() bool { return s.viewer.Stats().Requests == 0 }
	eventually(t, "the requests' ends", idle)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/endless", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if b, err := io.ReadAll(io.LimitReader(a.Body, 5)); string(b) != "begin" {
		t.Errorf("%q, %v", b, err)
	}
	if n := s.viewer.Stats().Requests; n != 1 {
		t.Errorf("%d requests are being answered", n)
	}
	leave()
	if err := wait(t, over, "the handler's end"); err == nil {
		t.Error("its context has not ended")
	}
	eventually(t, "the request's end", idle)
}

// TestServerOrigins: pages of other origins get nothing, but may lead to ours; nor does who names
// another host, as a page does whose name has our address.
func TestServerOrigins(t *testing.T) {
	var called atomic.Int64
	files := fstest.MapFS{"index.html": {Data: []byte(blank)}, "abc.txt": {Data: []byte("abc")}}
	s := startServer(t, Options{
		Assets: files, DevURL: "http://localhost:5173",
		Fallback: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }),
	}, ViewerOptions{})
	cross := []string{"Sec-Fetch-Site", "cross-site"}
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"who says nothing", "GET", "/abc.txt", nil, 200},
		{"our page", "GET", "/abc.txt", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"the address bar", "GET", "/", append([]string{"Sec-Fetch-Site", "none"}, document...),
			200},
		{"another page's script", "GET", "/abc.txt", []string{"Origin", "http://evil.test"}, 403},
		{"a page in a sandbox", "GET", "/abc.txt", []string{"Origin", "null"}, 403},
		{"our page's form that hides its sender", "POST", "/x",
			[]string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, 200},
		{"a sandbox's form", "POST", "/x", append(cross, "Origin", "null"), 403},
		{"what another site has led back", "GET", "/x", append(cross, "Referer", s.URL+"/"), 403},
		{"one of our machine", "GET", "/x", []string{"Sec-Fetch-Site", "same-site",
			"Referer", s.URL + "/"}, 403},
		{"two origins", "GET", "/abc.txt", []string{"Origin", s.URL, "Origin", "http://evil.test"},
			403},
		{"another page's picture", "GET", "/abc.txt", cross, 403},
		{"one of another port", "GET", "/abc.txt", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"by its Referer alone", "GET", "/abc.txt", []string{"Referer", "http://evil.test/x"}, 403},
		{"another page's frame", "GET", "/", []string{
			"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe",
			"Sec-Fetch-Mode", "navigate", "Accept", "text/html", "Upgrade-Insecure-Requests", "1",
		}, 403},
		{"another page's link", "GET", "/", append(cross, document...), 200},
		{"another page's form", "POST", "/x", append(cross, document...), 403},
		{"its form with an Origin", "POST", "/x",
			append([]string{"Origin", "http://evil.test"}, document...), 403},
		{"another host", "GET", "/abc.txt", []string{"Host", "evil.test"}, 404},
		{"another port", "GET", "/abc.txt", []string{"Host", "127.0.0.1:1"}, 404},
		{"our page's POST", "POST", "/x", []string{"Origin", s.URL}, 200},
		{"the development server's picture", "GET", "/abc.txt", []string{
			"Sec-Fetch-Site", "same-site", "Referer", "http://localhost:5173/",
		}, 200},
	} {
		before := called.Load()
		r := s.ask(t, c.method, c.path, "", c.header...)
		if r.status != c.status {
			t.Errorf("%s: %+v, want %d", c.name, r, c.status)
		}
		if c.status != 200 && called.Load() != before {
			t.Errorf("%s has reached the handler", c.name)
		}
		if allowed := r.header.Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("%s: %q may read it", c.name, allowed)
		}
	}
	dev := []string{"Origin", "http://localhost:5173", "Sec-Fetch-Site", "same-site"}
	if r := s.get(t, "/abc.txt", dev...); r.status != 200 || r.text != "abc" ||
		r.header.Get("Access-Control-Allow-Origin") != "http://localhost:5173" ||
		r.header.Get("Vary") != "Origin" {
		t.Errorf("the development server's page: %+v", r)
	}
	asks := []string{
		"Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "tailrace-version",
	}
	r := s.ask(t, "OPTIONS", "/.tailrace/hello", "", append(asks, dev...)...)
	if r.status != 204 || r.header.Get("Access-Control-Allow-Headers") != "tailrace-version" ||
		r.header.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("its preflight: %+v", r)
	}
	r = s.ask(t, "OPTIONS", "/.tailrace/hello", "", append(asks, "Origin", "http://evil.test")...)
	if r.status != 403 || r.header.Get("Access-Control-Allow-Headers") != "" {
		t.Errorf("another one's preflight: %+v", r)
	}
}
