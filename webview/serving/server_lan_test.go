package serving

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
)

// TestServerThatBrowsersDoNotTrust: at an origin of http that is not this machine's own, browsers
// don't tell who asks. LocalFiles and Fallback are for what has an Origin or Referer of ours there,
// and pages of other origins show none of ours in a frame.
func TestServerThatBrowsersDoNotTrust(t *testing.T) {
	dir := t.TempDir()
	picture := filepath.Join(dir, "picture.svg")
	if err := os.WriteFile(picture, []byte("<svg/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	var called atomic.Int64
	logger, log := warningLog()
	const at, dev = "http://app.test:8080", "http://localhost:5173"
	s := startServer(t, Options{
		Origin: at, DevURL: dev, LocalFiles: []string{dir}, Logger: logger,
		Assets: fstest.MapFS{"index.html": {Data: []byte(blank)}, "abc.txt": {Data: []byte("abc")}},
		Fallback: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			called.Add(1)
			if r.URL.Path == "/framed" {
				rw.Header().Set("Content-Security-Policy", "Frame-Ancestors *")
			}
		}),
	}, ViewerOptions{})
	file := FilePath + url.PathEscape(picture)
	page := []string{"Accept", "text/html,*/*", "Upgrade-Insecure-Requests", "1"}
	from := func(referer string, more ...string) []string {
		return append([]string{"Referer", referer}, more...)
	}
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"a file for who hides", "GET", file, nil, 403},
		{"a handler for who hides", "GET", "/api/act", nil, 403},
		{"its HEAD", "HEAD", "/api/act", nil, 403},
		{"its POST", "POST", "/api/act", nil, 403},
		{"a file by the address bar, or a frame", "GET", file, page, 403},
		{"a handler by it", "GET", "/api/act", page, 403},
		{"a page by it", "GET", "/", page, 200},
		{"another page's link or frame", "GET", "/", from("http://evil.test/", page...), 200},
		{"that to a handler", "GET", "/api/act", from("http://evil.test/", page...), 403},
		{"that to a file", "GET", file, from("http://evil.test/", page...), 403},
		{"another page's picture", "GET", file, from("http://evil.test/"), 403},
		{"a script for who hides", "GET", "/abc.txt", nil, 200},
		{"our page's picture", "GET", file, from(at + "/"), 200},
		{"our page's fetch", "GET", "/api/act", from(at + "/"), 200},
		{"our page's POST", "POST", "/api/act", []string{"Origin", at}, 200},
		{"our page's link", "GET", "/api/act", from(at+"/", page...), 200},
		{"the development server's picture", "GET", file, from(dev + "/"), 200},
		{"a browser that tells", "GET", "/api/act", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"one that tells of another site", "GET", file, []string{"Sec-Fetch-Site", "cross-site"},
			403},
	} {
		before := called.Load()
		r := s.ask(t, c.method, c.path, "", append(c.header, "Host", "app.test:8080")...)
		if r.status != c.status {
			t.Errorf("%s: %+v, want %d", c.name, r, c.status)
		}
		if c.status != 200 && called.Load() != before {
			t.Errorf("%s has reached the handler", c.name)
		}
		policies := strings.Join(r.header.Values("Content-Security-Policy"), ", ")
		if !strings.HasSuffix(policies, "frame-ancestors 'self' "+dev) {
			t.Errorf("%s: frames are forbidden by %q", c.name, policies)
		}
	}
	r := s.get(t, "/framed", from(at+"/", "Host", "app.test:8080")...)
	if got := r.header["Content-Security-Policy"]; len(got) != 1 || got[0] != "Frame-Ancestors *" {
		t.Errorf("what the app says of frames has become %q", got)
	}
	if text := log.String(); strings.Count(text, "use https") != 1 {
		t.Errorf("the log does not say once what to do: %s", text)
	}
}
