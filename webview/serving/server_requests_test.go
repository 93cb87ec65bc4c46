package serving

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// pullingHost makes a Host of a new engine.
func pullingHost(t *testing.T) *pulling {
	t.Helper()
	engine, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &pulling{engine: engine}
}

// TestServerBodyAfterRefusal: a body is read only when it is known who asks, and of what session.
func TestServerBodyAfterRefusal(t *testing.T) {
	host := pullingHost(t)
	s := startServer(t, Options{}, ViewerOptions{Sessions: host})
	s.ask(t, "POST", "/.tailrace/hello", "", "Tailrace-Version", "1")
	at := "Host: " + s.Listener.Addr().String() + "\r\n"
	session := "Tailrace-Session: " + host.page.ID() + "\r\n"
	for name, head := range map[string]string{
		"of another host":    "Host: evil.test\r\n" + session,
		"of another origin":  at + session + "Origin: http://evil.test\r\n",
		"of another page":    at + session + "Sec-Fetch-Site: cross-site\r\n",
		"of another session": at + "Tailrace-Session: x\r\n",
	} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /.tailrace/batch HTTP/1.1\r\n%sTailrace-Version: 1\r\n"+
			"Content-Length: 1000000\r\n\r\nx", head) // more than package http waits for itself
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 4") {
			t.Errorf("%s: %q until its body is there, %v", name, line, err)
		}
		c.Close()
	}
}

// TestServerNilBody: requests that a program makes itself may have no body.
func TestServerNilBody(t *testing.T) {
	host := pullingHost(t)
	var got string
	v := pagesOf(Options{Origin: "http://localhost", Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			got = fmt.Sprintf("%q %v", b, err)
		})}).Viewer(ViewerOptions{Sessions: host})
	ask := func(path, session string) int {
		r, err := http.NewRequest("POST", "http://localhost"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Tailrace-Version", "1")
		r.Header.Set("Tailrace-Session", session)
		rec := httptest.NewRecorder()
		v.ServeHTTP(rec, r)
		return rec.Code
	}
	for _, c := range []struct {
		path   string
		status int
	}{{"hello", 200}, {"leave", 400}, {"batch", 429}} {
		id := ""
		if host.page != nil {
			id = host.page.ID()
		}
		if status := ask("/.tailrace/"+c.path, id); status != c.status {
			t.Errorf("%s: status %d, want %d", c.path, status, c.status)
		}
	}
	if status := ask("/x", ""); status != 200 || got != `"" <nil>` {
		t.Errorf("a handler reads %s, status %d", got, status)
	}
}

// TestServerStripPrefix: a viewer may be below another path.
func TestServerStripPrefix(t *testing.T) {
	for _, prefix := range []string{"/app", "/app/"} {
		s := startBehind(t, Options{
			Assets: fstest.MapFS{"a b.txt": {Data: []byte("a")}},
			Fallback: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				fmt.Fprint(rw, r.URL.RequestURI())
			}),
		}, ViewerOptions{}, func(h http.Handler) http.Handler {
			return http.StripPrefix(prefix, h)
		})
		for path, want := range map[string]string{
			"/app/a%20b.txt": "a", "/app/x%2Fy?z=1": "/x%2Fy?z=1", "/app/": "/",
		} {
			if a := s.get(t, path); a.status != 200 || a.text != want {
				t.Errorf("%s without %s: %+v, want %q", path, prefix, a, want)
			}
		}
	}
}

// TestServerKeepsNoNotes: what navigations were answered with is for windows, which ask for it.
func TestServerKeepsNoNotes(t *testing.T) {
	s := startServer(t, Options{}, ViewerOptions{})
	for _, path := range []string{"/none", "/" + strings.Repeat("x", MaxHead)} {
		if a := s.get(t, path, document...); a.status < 400 {
			t.Errorf("status %d", a.status)
		}
		if what := s.viewer.Answered(s.URL + path); what != AnsweredPage {
			t.Errorf("%.20s: %q is kept", path, what)
		}
	}
}

// TestFilesHandler: the handler of the files alone has the app's headers.
func TestFilesHandler(t *testing.T) {
	const policy = "Content-Security-Policy"
	p := pagesOf(Options{
		Assets: fstest.MapFS{"a.txt": {Data: []byte("a")}},
		Header: http.Header{policy: {"default-src 'self'"}},
	})
	rec := httptest.NewRecorder()
	p.Files().ServeHTTP(rec, httptest.NewRequest("GET", "/a.txt", nil))
	if got := rec.Header().Get(policy); rec.Code != 200 || got != "default-src 'self'" {
		t.Errorf("status %d, %s %q", rec.Code, policy, got)
	}
}

// TestWrongBounds: of several wrong options the same one is told each time.
func TestWrongBounds(t *testing.T) {
	for range 32 {
		_, err := New(Options{MaxUnseekable: -1, MaxRequestBody: -1})
		if err == nil || !strings.Contains(err.Error(), "MaxUnseekable") {
			t.Fatal(err)
		}
	}
}
