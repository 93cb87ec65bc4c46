package serving

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

// Hidden files are not there, in whatever way a page asks, unless the app serves them.
func TestDotFiles(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{
		"index.html", ".env", ".env.html", ".git/config", "a/.git/HEAD", "a/.htaccess",
		".well-known/x",
		".hidden/index.html", "a..b", "a.", "dots.../x", "\u200c.env", "a/\ufeff.env", "a/.html",
	} {
		files[name] = &fstest.MapFile{Data: []byte(name)}
	}
	for target, found := range map[string]string{ // with DotFiles
		"/.env": ".env", "/%2eenv": ".env", "/%2Eenv": ".env", "/.env?x": ".env", "/.env/": "",
		"/.git/config": ".git/config", "/%2egit%2fconfig": ".git/config", "/.GIT/config": "",
		"/a/.git/HEAD": "a/.git/HEAD", "/a/.htaccess": "a/.htaccess",
		"/a/%2Ehtaccess": "a/.htaccess",
		"/.well-known/x": ".well-known/x", "/.hidden": ".hidden/index.html",
		"/.hidden/": ".hidden/index.html", "/%E2%80%8C.env": "\u200c.env",
		"/a/%EF%BB%BF.env": "a/\ufeff.env", "/./.env": "", "//.env": "", `/a\.env`: "",
		"/.env%00": "",
		"/..":      "", "/...": "", "/a/.": "", "/%252eenv": "", "/.env.html": ".env.html",
	} {
		for _, spa := range []bool{false, true} {
			o := Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default(), SPA: spa}
			if r := ask(filesOf(o), "GET", target, "Accept", "text/html"); r.StatusCode != 404 &&
				!(spa && text(t, r) == "index.html" && !strings.Contains(targetOf(target).Path,
					"/.")) {
				t.Errorf("%q, SPA %v: %d", target, spa, r.StatusCode)
			}
		}
		o := Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default(), DotFiles: true}
		r := ask(filesOf(o), "GET", target)
		if got := text(t, r); found == "" && r.StatusCode != 404 || found != "" && got != found {
			t.Errorf("%q with DotFiles: %d %q, want %q", target, r.StatusCode, got, found)
		}
	}
	for _, name := range []string{"/a..b", "/a.", "/dots.../x"} {
		a := filesOf(Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default()})
		if r := ask(a, "GET", name); r.StatusCode != 200 {
			t.Errorf("%s is not hidden: %d", name, r.StatusCode)
		}
	}
	for element, want := range map[string][2]bool{ // elsewhere, on Windows
		"x": {false, false}, ".x": {true, true}, "GIT~1": {false, true}, "a~b": {false, false},
		"a~": {false, false}, `a\.env`: {false, true}, "\u200d\u200c.x": {true, true},
		"": {false, false},
	} {
		got := [2]bool{isHiddenElement(element, false), isHiddenElement(element, true)}
		if got != want {
			t.Errorf("%q: %v, want %v", element, got, want)
		}
	}
}

// The type of a file is that of its name, never of what is in it.
func TestContentTypes(t *testing.T) {
	const bytes = "application/octet-stream"
	html := &fstest.MapFile{Data: []byte("<!doctype html><script>1</script>")}
	files := fstest.MapFS{}
	for name, want := range map[string]string{
		"notes": bytes, "upload.dat": bytes, "x.": bytes, "x.html~": bytes, "x.unknown": bytes,
		"x.shtml": bytes, "x.xsl": bytes, "x.rdf": bytes, "x.mht": bytes, "x.svgz": bytes,
		"x.html": "text/html; charset=utf-8", "x.HTM": "text/html; charset=utf-8",
		"x.xhtml": "application/xhtml+xml", "x.svg": "image/svg+xml",
		"x.txt": "text/plain; charset=utf-8", "x.wav": "audio/wav",
		"x.md": "text/markdown; charset=utf-8",
	} {
		files[name] = html
		for own, want := range map[string]string{
			"": want, "text/x-app": map[bool]string{true: "text/x-app", false: want}[want == bytes],
		} {
			o := Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default()}
			if own != "" {
				o.Header = http.Header{"Content-Type": {own}}
			}
			u := targetOf("/" + name)
			rw := &headers{h: cloned(o.Header)}
			filesOf(o).ServeHTTP(rw, &http.Request{Method: "GET", URL: u, Header: http.Header{}})
			if got := rw.h.Get("Content-Type"); got != want ||
				rw.h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s with the app's %q: %q, want %q, %v", name, own, got, want, rw.h)
			}
		}
	}
	for _, name := range []string{
		"text/html", "Application/XHTML+xml", "image/svg+xml", "multipart/related",
		"message/rfc822",
		"application/x-webarchive", "text/xml", "application/x-mimearchive-mht",
	} {
		if !mayBeDocument(name) {
			t.Errorf("%s is no document", name)
		}
	}
	if mayBeDocument("text/x-go; charset=utf-8") || mayBeDocument("image/x-icon") {
		t.Error("no document is one")
	}
}

// headers keeps the headers of an answer.
type headers struct{ h http.Header }

func (r *headers) Header() http.Header         { return r.h }
func (r *headers) Write(b []byte) (int, error) { return len(b), nil }
func (r *headers) WriteHeader(int)             {}
