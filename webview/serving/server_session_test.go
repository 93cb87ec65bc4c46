package serving

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

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

// TestServerHello: a page says hello over a server, pulls what Go has for it, and leaves; who may
// not is refused, and what is over is over.
func TestServerHello(t *testing.T) {
	engine, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	host := &pulling{engine: engine}
	s := startServer(t, Options{}, ViewerOptions{Sessions: host})
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
	s := startServer(t, Options{}, ViewerOptions{Sessions: host})
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
