//go:build linux && cgo

package webview

import (
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// fileSystems gives those of a directory out of which no link may lead.
func fileSystems(t *testing.T, dir string) map[string]fs.FS {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	sub, err := fs.Sub(os.DirFS(filepath.Dir(dir)), filepath.Base(dir))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]fs.FS{"os.DirFS": os.DirFS(dir), "os.Root": root.FS(), "fs.Sub": sub}
}

// No symbolic link leads out of the files that are served, however it is made; those inside are
// followed.
func TestLinksOfAssets(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "pages")
	for _, d := range []string{"pages", "pages/sub", "pages/sub/deep", "pages-private"} {
		if err := os.Mkdir(filepath.Join(base, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"secret.txt": "secret", "pages-private/secret.txt": "secret",
		"pages/inside.txt": "inside", "pages/sub/deep/inside.txt": "inside",
		"pages/sub/index.html": "inside",
	} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"in": "inside.txt", "in2": "in", "folder": "sub", "sub/up": "../inside.txt",
		"sub/deep/around": "../../sub/deep/inside.txt", "here": ".",
		"out": "../secret.txt", "out2": "out", "absolute": filepath.Join(base, "secret.txt"),
		"sub/out": "../../secret.txt", "parent": "..", "beside": "../pages-private",
		"itself": filepath.Join(dir, "inside.txt"), "root": "/",
		"around": "../pages/inside.txt", "sub/index2.html": "../../secret.txt",
		"a": "b", "b": "a", "loop": "loop/x", "gone": "nothing",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, files := range fileSystems(t, dir) {
		logger, log := warningLog()
		a := newAssets(Options{Assets: files, MaxUnseekable: 1 << 20, Logger: logger})
		for target, want := range map[string]int{
			"/inside.txt": 200, "/in": 200, "/in2": 200, "/folder": 200, "/folder/": 200,
			"/folder/deep/inside.txt": 200, "/sub/up": 200, "/sub/deep/around": 200,
			"/here/here/inside.txt": 200,
			"/out":                  404, "/out2": 404, "/absolute": 404,
			"/sub/out": 404, "/folder/out": 404,
			"/parent/secret.txt": 404, "/parent/pages/inside.txt": 404, "/beside/secret.txt": 404,
			"/itself": 404, "/root" + filepath.ToSlash(base) + "/secret.txt": 404, "/around": 404,
			"/sub/index2": 404, "/a": 404, "/loop": 404, "/gone": 404, "/parent": 404,
			"/inside.txt/x": 404,
			"/" + strings.Repeat("here/", 20) + "inside.txt":   404, // os.Root follows 8
			"/" + strings.Repeat("here/", 2000) + "inside.txt": 404,
		} {
			if name != "os.DirFS" && strings.Count(target, "here") == 20 {
				want = 200
			}
			r := ask(a, "GET", target)
			if got := text(t, r); r.StatusCode != want || got == "secret" ||
				want == 200 && got != "inside" {
				t.Errorf("%s: %.60s gives %d %q, want %d", name, target, r.StatusCode, got, want)
			}
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%s: what a page asks for is no error of the app: %s", name, log)
		}
	}
	// A directory that is made anew is looked up anew, as by os.DirFS itself.
	a := newAssets(Options{Assets: os.DirFS(dir), MaxUnseekable: 1 << 20, Logger: slog.Default()})
	if err := os.Rename(dir, dir+"-old"); err != nil {
		t.Fatal(err)
	}
	if r := ask(a, "GET", "/inside.txt"); r.StatusCode != 404 {
		t.Errorf("without the directory: %d", r.StatusCode)
	}
	if err := os.CopyFS(dir, fstest.MapFS{"new.txt": {Data: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	if r := ask(a, "GET", "/new.txt"); r.StatusCode != 200 {
		t.Errorf("with a new directory: %d", r.StatusCode)
	}
	if f, err := fs.ReadFile(confined(os.DirFS(dir)), "../x"); err == nil {
		t.Errorf("a path that is none gave %q", f)
	}
}

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
			if r := ask(newAssets(o), "GET", target, "Accept", "text/html"); r.StatusCode != 404 &&
				!(spa && text(t, r) == "index.html" && !strings.Contains(parseTarget(target).Path,
					"/.")) {
				t.Errorf("%q, SPA %v: %d", target, spa, r.StatusCode)
			}
		}
		o := Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default(), DotFiles: true}
		r := ask(newAssets(o), "GET", target)
		if got := text(t, r); found == "" && r.StatusCode != 404 || found != "" && got != found {
			t.Errorf("%q with DotFiles: %d %q, want %q", target, r.StatusCode, got, found)
		}
	}
	for _, name := range []string{"/a..b", "/a.", "/dots.../x"} {
		a := newAssets(Options{Assets: files, MaxUnseekable: 1 << 20, Logger: slog.Default()})
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
			u := parseTarget("/" + name)
			rw := &headers{h: cloned(o.Header)}
			newAssets(o).ServeHTTP(rw, &http.Request{Method: "GET", URL: u, Header: http.Header{}})
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

// Headers that package http takes apart are short.
func TestMaxHeaders(t *testing.T) {
	long := func(n int) []string { return []string{strings.Repeat("x", n)} }
	ranges := func(n int) []string {
		return []string{"bytes=" + strings.Repeat("0-0,", n-1) + "1-1"}
	}
	for name, c := range map[string]struct {
		h    http.Header
		want int
	}{
		"none":              {http.Header{}, 0},
		"as many ranges":    {http.Header{"Range": ranges(maxRanges)}, 0},
		"one more":          {http.Header{"Range": ranges(maxRanges + 1)}, 416},
		"in two headers":    {http.Header{"Range": append(ranges(8), ranges(9)...)}, 416},
		"as long a range":   {http.Header{"Range": long(maxRange)}, 0},
		"a longer one":      {http.Header{"Range": long(maxRange + 1)}, 416},
		"as many tags":      {http.Header{"If-None-Match": long(maxCondition)}, 0},
		"more tags":         {http.Header{"If-None-Match": long(maxCondition + 1)}, 431},
		"in two tags":       {http.Header{"If-Match": append(long(maxCondition), "x")}, 431},
		"the app's own":     {http.Header{"X-App": long(1 << 19)}, 0},
		"a long type":       {http.Header{"Content-Type": long(maxCondition + 1)}, 431},
		"a long date":       {http.Header{"If-Modified-Since": long(maxCondition + 1)}, 431},
		"a long If-Range":   {http.Header{"If-Range": long(maxCondition + 1)}, 431},
		"a long Accept":     {http.Header{"Accept": long(maxCondition + 1)}, 431},
		"a long other date": {http.Header{"If-Unmodified-Since": long(maxCondition + 1)}, 431},
	} {
		if got, why := overlong(c.h); got != c.want || (got == 0) != (why == "") {
			t.Errorf("%s: %d %s, want %d", name, got, why, c.want)
		}
	}
}
