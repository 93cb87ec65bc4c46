package serving

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// ask has assets answer a request as WebKit sends it: its target is what stands behind the origin.
func ask(a *assets, method, target string, header ...string) *http.Response {
	u := targetOf(target)
	r := &http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{},
		Body: http.NoBody}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rw := httptest.NewRecorder()
	a.ServeHTTP(rw, r)
	return rw.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func oddFiles() fstest.MapFS {
	files := fstest.MapFS{}
	for _, name := range []string{
		"index.html", "about.html", "docs/index.html", "empty/x.txt", "both.html",
		"both/index.html",
		"app.v2.html", "app.js", "app.js.gz", "app.js.br",
		`back\slash.txt`, `a\b\c.txt`, "what?.txt", "no#1.txt", "100%.txt", "%41.txt", "a:b.txt",
		"two words.txt", ".hidden", "..dots", "a..b", "ü/ö.txt",
		strings.Repeat("long/", 60) + "x.txt", strings.Repeat("n", 255),
	} {
		files[name] = &fstest.MapFile{Data: []byte(name), ModTime: time.Unix(1700000000, 5)}
	}
	return files
}

// Every file is found by its name escaped, and by the URLs that WebKit leaves as they are.
func TestFindFile(t *testing.T) {
	a := filesOf(Options{Assets: oddFiles(), MaxUnseekable: 1 << 20, Logger: slog.Default()})
	for target, want := range map[string]string{ // "" is a 404
		"":                             "index.html",
		"/":                            "index.html",
		"?x":                           "index.html",
		"/?a=100%&b":                   "index.html",
		"/#/search/100%":               "index.html",
		"/about.html#100%":             "about.html",
		"/about.html?q=%zz#?/%":        "about.html",
		"/about":                       "about.html",
		"/about/":                      "",
		"/docs":                        "docs/index.html",
		"/docs/":                       "docs/index.html",
		"/docs//":                      "",
		"/docs/index":                  "docs/index.html",
		"/both":                        "both/index.html",
		"/empty":                       "",
		"/empty/":                      "",
		"/app.v2":                      "app.v2.html",
		"/app.js":                      "app.js",
		"/app.js.gz":                   "app.js.gz",
		"/app.js.br":                   "app.js.br",
		"/app.js/":                     "",
		`/back\slash.txt`:              `back\slash.txt`,
		"/back%5Cslash.txt":            `back\slash.txt`,
		"/back%5cslash.txt":            `back\slash.txt`,
		"/a%5Cb%5cc.txt":               `a\b\c.txt`,
		"/what%3F.txt":                 "what?.txt",
		"/what?.txt":                   "",
		"/no%231.txt":                  "no#1.txt",
		"/no#1.txt":                    "",
		"/100%.txt":                    "100%.txt",
		"/100%25.txt":                  "100%.txt",
		"/%2541.txt":                   "%41.txt",
		"/%41.txt":                     "", // A.txt
		"/a:b.txt":                     "a:b.txt",
		"/a%3Ab.txt":                   "a:b.txt",
		"/two%20words.txt":             "two words.txt",
		"/two words.txt":               "two words.txt",
		"/two+words.txt":               "",
		"/.hidden":                     "",
		"/..dots":                      "",
		"/a..b":                        "a..b",
		"/%C3%BC/%c3%b6.txt":           "ü/ö.txt",
		"/%C3%BC%2F%c3%b6.txt":         "ü/ö.txt",
		"/%FF.txt":                     "", // package fs has no such names
		"/a%00b":                       "",
		"/../about.html":               "",
		"/%2e%2e/about.html":           "",
		"/docs/%2e%2e/about.html":      "",
		`/..%5cabout.html`:             "",
		"//about.html":                 "",
		"/./about.html":                "",
		"/%":                           "",
		"/%2":                          "",
		"/" + strings.Repeat("n", 255): strings.Repeat("n", 255),
		"/" + strings.Repeat("n", 256): "",
		"/" + strings.Repeat("long/", 60) + "x.txt": strings.Repeat("long/", 60) + "x.txt",
		"/" + strings.Repeat("%", 100000):           "",
	} {
		r := ask(a, "GET", target)
		got := text(t, r)
		if want == "" && r.StatusCode == 404 || want == got && r.StatusCode == 200 {
			continue
		}
		t.Errorf("%.60s: %d %.60q, want %q", target, r.StatusCode, got, want)
	}
	if r := ask(a, "GET", "/app.js.gz"); r.Header.Get("Content-Encoding") != "" {
		t.Errorf("a compressed file has an encoding: %v", r.Header)
	}
}

// A document without a folder's slash is sent to it, with the query; what a script asks for is
// answered.
func TestFolderWithoutSlash(t *testing.T) {
	a := filesOf(Options{Assets: oddFiles(), MaxUnseekable: 1 << 20, Logger: slog.Default()})
	document := []string{"Accept", "text/html,application/xhtml+xml", "Upgrade-Insecure-Requests",
		"1"}
	for target, want := range map[string]string{
		"/docs":         `content="0;url=./docs/"`,
		"/docs?a=1&b=%": `content="0;url=./docs/?a=1&amp;b=%"`,
		"/docs/":        "docs/index.html",
		"/about":        "about.html",
	} {
		if r := ask(a, "GET", target, document...); r.StatusCode != 200 ||
			!strings.Contains(text(t, r), want) ||
			!strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %+v", target, r)
		}
	}
}

func TestSPA(t *testing.T) {
	o := Options{Assets: oddFiles(), MaxUnseekable: 1 << 20, Logger: slog.Default(), SPA: true}
	for _, c := range []struct {
		target, accept string
		fallback       bool
		want           string
	}{
		{"/users/7", "*/*", false, "index.html"},
		{"/users/7/", "*/*", false, "index.html"},
		{"/users/7", "text/html,*/*", true, "index.html"},
		{"/users/7", "*/*", true, ""},
		{"/users/7.png", "text/html", false, ""},
		{"/v1.2/users", "text/html", false, "index.html"},
		{"/about", "*/*", false, "about.html"},
		{"/app.js", "*/*", false, "app.js"},
		{"/%2e%2e/x", "text/html", false, ""},
		{"/.git/config", "text/html", false, ""},
		{"/a/.b/c", "text/html", true, ""},
	} {
		o.Fallback = nil
		if c.fallback {
			o.Fallback = http.NotFoundHandler()
		}
		r := ask(filesOf(o), "GET", c.target, "Accept", c.accept)
		if got := text(t, r); c.want == "" && r.StatusCode != 404 || c.want != "" && got != c.want {
			t.Errorf("%+v: %d %q", c, r.StatusCode, got)
		}
	}
}

// What WebKit has kept it must ask for again; a file that did not change is not sent again.
func TestValidators(t *testing.T) {
	files := oddFiles()
	a := filesOf(Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default()})
	first := ask(a, "GET", "/app.js")
	tag, modified := first.Header.Get("Etag"), first.Header.Get("Last-Modified")
	if first.Header.Get("Cache-Control") != "no-cache" || tag == "" || modified == "" {
		t.Fatalf("%v", first.Header)
	}
	status := func(want int, header ...string) {
		t.Helper()
		r := ask(a, "GET", "/app.js", header...)
		if r.StatusCode != want || want == 304 && text(t, r) != "" ||
			r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%v: %d %v, want %d", header, r.StatusCode, r.Header, want)
		}
	}
	status(304, "If-None-Match", tag)
	status(304, "If-None-Match", `"x", W/`+tag)
	status(304, "If-Modified-Since", modified)
	status(200, "If-None-Match", `"other"`, "If-Modified-Since", modified)
	status(206, "Range", "bytes=0-1", "If-Range", tag)
	status(200, "Range", "bytes=0-1", "If-Range", `"other"`)
	status(412, "If-Match", `"other"`)
	r := ask(a, "GET", "/app.js", "Range", "bytes=0-0,2-3")
	if got := text(t, r); r.StatusCode != 206 ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/byteranges") ||
		strings.Count(got, "Content-Range: bytes ") != 2 {
		t.Errorf("two ranges: %d %v %q", r.StatusCode, r.Header, got)
	}
	if r := ask(a, "HEAD", "/app.js"); r.StatusCode != 200 || text(t, r) != "" ||
		r.Header.Get("Content-Length") != "6" || r.Header.Get("Etag") != tag {
		t.Errorf("HEAD: %d %v", r.StatusCode, r.Header)
	}
	// Within the same second, and of the same length.
	files["app.js"] = &fstest.MapFile{Data: []byte("app.jS"), ModTime: time.Unix(1700000000, 6)}
	status(200, "If-None-Match", tag)
	// A file that does not know its time has no validator; an error has none either.
	files["embedded.js"] = &fstest.MapFile{Data: []byte("x")}
	if r := ask(a, "GET", "/embedded.js"); r.Header.Get("Etag") != "" ||
		r.Header.Get("Last-Modified") != "" || r.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", r.Header)
	}
	if r := ask(a, "GET", "/none.js"); r.Header.Get("Etag") != "" {
		t.Errorf("%v", r.Header)
	}
}

func TestHeaderOption(t *testing.T) {
	for _, h := range []http.Header{
		{"Bad name": {"x"}}, {"X-A": {"a\r\nSet-Cookie: x"}}, {"": {"x"}},
	} {
		if _, err := New(Options{Header: h}); err == nil ||
			!strings.Contains(err.Error(), "Header") {
			t.Errorf("%q: %v", h, err)
		}
	}
	h := pagesOf(Options{Header: http.Header{"cache-control": {"max-age=60"}}}).options.Header
	if h.Get("Cache-Control") != "max-age=60" {
		t.Errorf("%v", h)
	}
	got := sanitized(http.Header{
		"X-A": {"a\r\nX-B: c", "d\x00"}, "Bad name": {"x"}, "Connection": {"close"},
		"Trailer:X": {"x"},
		"Ok":        {" v "},
	})
	if len(got) != 2 || got["X-A"][0] != "a  X-B: c" || got["Ok"][0] != "v" {
		t.Errorf("%q", got)
	}
}
