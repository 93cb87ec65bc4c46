package serving

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// server serves pages at its own address, without an App.
type server struct {
	*httptest.Server
	pages  *Pages
	viewer *Viewer
}

func startServer(t *testing.T, o Options, vo ViewerOptions) *server {
	t.Helper()
	s := &server{Server: httptest.NewUnstartedServer(nil)}
	o.Origin = "http://" + s.Listener.Addr().String()
	s.pages = pagesOf(o)
	vo.Label = "main"
	s.viewer = s.pages.Viewer(vo)
	s.Config.Handler = s.viewer
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

// pulling is a Host whose sessions go over the server's requests: all that a server needs.
type pulling struct {
	engine *transport.Engine

	mu   sync.Mutex
	page *pulled // nil: none has said hello
}

// pulled is the connection with one document.
type pulled struct {
	session *transport.Session
	pulls   *pulls.Carrier
	most    int64
	batches atomic.Int64 // that have come
}

var (
	_ Host = (*pulling)(nil)
	_ Page = (*pulled)(nil)
)

// Hello implements Host.
func (h *pulling) Hello(r *Request, a Reply) {
	p := &pulled{pulls: pulls.New("http")}
	var err error
	p.session, err = h.engine.Open(transport.SessionConfig{
		Carrier: p.pulls, Label: "main", Origin: r.Shown.Origin,
	})
	if err != nil {
		a.Refuse(http.StatusServiceUnavailable, transport.CodeError, err.Error())
		return
	}
	hello := p.session.Hello()
	p.most = MaxBody(hello)
	h.mu.Lock()
	old := h.page
	h.page = p
	h.mu.Unlock()
	if old != nil {
		old.session.Leave(0, "page connected anew")
	}
	a.JSON(http.StatusOK, hello)
}

// Page implements Host.
func (h *pulling) Page() Page {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.page == nil {
		return nil
	}
	return h.page
}

func (p *pulled) ID() string        { return p.session.ID() }
func (p *pulled) MaxBody() int64    { return p.most }
func (p *pulled) GiveUp(string)     {}
func (p *pulled) Leave(last uint64) { p.session.Leave(last, "page left") }

func (p *pulled) Batch(b []byte, f func(pulls.Answer)) {
	p.pulls.Request(b, f)
	p.batches.Add(1)
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
	}, ViewerOptions{Host: nobody{}})
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
		ViewerOptions{Host: nobody{}})
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
	eventually(t, "the requests' ends", func() bool { return s.viewer.Stats().Requests == 0 })
}

// TestServerOrigins: pages of other origins get nothing, but may lead to ours; nor does who names
// another host, as a page does whose name has our address.
func TestServerOrigins(t *testing.T) {
	var called atomic.Int64
	files := fstest.MapFS{"index.html": {Data: []byte(blank)}, "abc.txt": {Data: []byte("abc")}}
	s := startServer(t, Options{
		Assets: files, DevURL: "http://localhost:5173",
		Fallback: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }),
	}, ViewerOptions{Host: nobody{}})
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

// TestServerHello: a page says hello over a server, pulls what Go has for it, and leaves; who may
// not is refused, and what is over is over.
func TestServerHello(t *testing.T) {
	engine, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	host := &pulling{engine: engine}
	s := startServer(t, Options{}, ViewerOptions{Host: host})
	version := []string{"Tailrace-Version", "1"}
	evil := append(version, "Origin", "http://evil.test")
	cross := append(version, "Sec-Fetch-Site", "cross-site")
	const path = "/.tailrace/"
	for name, c := range map[string]struct {
		method, path string
		header       []string
		status       int
	}{
		"without a version":    {"POST", "hello", nil, 403},
		"by GET":               {"GET", "hello", version, 405},
		"of another origin":    {"POST", "hello", evil, 403},
		"across sites":         {"POST", "hello", cross, 403},
		"of another host":      {"POST", "hello", append(version, "Host", "evil.test"), 404},
		"a batch before hello": {"POST", "batch", append(version, "Tailrace-Session", "x"), 410},
		"a batch of nobody":    {"POST", "batch", version, 403},
	} {
		if r := s.ask(t, c.method, path+c.path, "", c.header...); r.status != c.status {
			t.Errorf("%s: %+v, want %d", name, r, c.status)
		}
	}
	r := s.ask(t, "POST", path+"hello", "", append(version, "Origin", s.URL)...)
	var hello struct {
		Session  string
		MaxBatch int
	}
	if err := json.Unmarshal([]byte(r.text), &hello); err != nil || r.status != 200 ||
		r.header.Get("Content-Type") != "application/json" ||
		r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("hello: %+v, %v", r, err)
	}
	session := append(version, "Tailrace-Session", hello.Session)
	large := strings.Repeat("x", hello.MaxBatch+BodySlack+1)
	if got := host.page.session.Origin(); got != s.URL {
		t.Errorf("the session is of %q", got)
	}
	if err := host.page.session.Eval("what Go has to say"); err != nil {
		t.Fatal(err)
	}
	pull := wire.Finish(wire.AppendHeader(nil, &wire.Header{Request: 1, Hold: 10_000}))
	r = s.ask(t, "POST", path+"batch", string(pull), session...)
	if r.status != 200 || !strings.Contains(r.text, "what Go has to say") ||
		r.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("a pull: %+v", r)
	}
	for name, c := range map[string]struct {
		path, body string
		header     []string
		status     int
	}{
		"no batch":         {"batch", "x", session, 429},
		"too large":        {"batch", large, session, 413},
		"of another":       {"batch", "x", append(version, "Tailrace-Session", "x"), 410},
		"gives memory up":  {"carrier", `{"reason":"a test"}`, session, 204},
		"no reason":        {"carrier", `x`, session, 400},
		"leaves with what": {"leave", `x`, session, 400},
	} {
		if r := s.ask(t, "POST", path+c.path, c.body, c.header...); r.status != c.status {
			t.Errorf("%s: %+v, want %d", name, r, c.status)
		}
	}
	if r := s.ask(t, "POST", path+"leave", `{"last":0}`, session...); r.status != 204 {
		t.Errorf("leave: %+v", r)
	}
	wait(t, host.page.session.Done(), "the session's end")
}

// TestServerHeldPull: a request that is held when its connection ends holds up nobody, and what it
// was to bring comes with the next one.
func TestServerHeldPull(t *testing.T) {
	engine, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	host := &pulling{engine: engine}
	s := startServer(t, Options{}, ViewerOptions{Host: host})
	s.ask(t, "POST", "/.tailrace/hello", "", "Tailrace-Version", "1")
	pull := func(ctx context.Context, n uint32) (string, error) {
		b := wire.Finish(wire.AppendHeader(nil, &wire.Header{Request: n, Hold: 10_000}))
		r, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/.tailrace/batch",
			strings.NewReader(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Tailrace-Version", "1")
		r.Header.Set("Tailrace-Session", host.page.session.ID())
		a, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return "", err
		}
		defer a.Body.Close()
		b, err = io.ReadAll(a.Body)
		return string(b), err
	}
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := pull(ctx, 1)
		ended <- err
	}()
	eventually(t, "the pull to be held", func() bool {
		return host.page.batches.Load() == 1
	})
	leave()
	if err := wait(t, ended, "the pull's end"); err == nil {
		t.Error("it was answered")
	}
	if err := host.page.session.Eval("what Go has to say"); err != nil {
		t.Fatal(err)
	}
	got, err := pull(t.Context(), 2)
	if err != nil || !strings.Contains(got, "what Go has to say") {
		t.Errorf("the next pull: %q, %v", got, err)
	}
}
