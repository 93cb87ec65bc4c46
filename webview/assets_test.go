//go:build linux && cgo

package webview

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestAssets(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	for _, c := range []struct {
		path, options string
		status        int
		contentType   string
		text          string
	}{
		{"/abc.txt", `{}`, 200, "text/plain; charset=utf-8", "abcdefghijklmnopqrstuvwxyz"},
		{"/abc.txt", `{headers: {Range: "bytes=2-4"}}`, 206, "text/plain; charset=utf-8", "cde"},
		{"/abc.txt", `{headers: {Range: "bytes=-2"}}`, 206, "text/plain; charset=utf-8", "yz"},
		{"/abc.txt", `{headers: {Range: "bytes=100-"}}`, 416, "", "invalid range: failed to " +
			"overlap\n"},
		{"/abc.txt", `{method: "POST", body: "x"}`, 405, "", "this path takes GET and HEAD only\n"},
		{"/abc.txt?query#fragment", `{}`, 200, "text/plain; charset=utf-8",
			"abcdefghijklmnopqrstuvwxyz"},
		{"/mod.mjs", `{}`, 200, "text/javascript; charset=utf-8", "export const answer = 42;"},
		{"/style.css", `{}`, 200, "text/css; charset=utf-8", "body{color:red}"},
		{"/pic.svg", `{}`, 200, "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"/>`},
		{"/a.wasm", `{}`, 200, "application/wasm", "\x00asm\x01\x00\x00\x00"},
		{"/a.json", `{}`, 200, "application/json", `{"a":1}`},
		{"/umlaut%20%C3%BC.txt", `{}`, 200, "text/plain; charset=utf-8", "ü"},
		{"/", `{}`, 200, "text/html; charset=utf-8", blank},
		{"/sub", `{}`, 200, "text/html; charset=utf-8", blank},
		{"/sub/", `{}`, 200, "text/html; charset=utf-8", blank},
		{"/missing.js", `{}`, 404, "", "not found\n"},
		{"/%2e%2e/%2e%2e/etc/passwd", `{}`, 404, "", "not found\n"},
		{"/..%2f..%2fetc%2fpasswd", `{}`, 404, "", "not found\n"},
		{"/..%5cetc", `{}`, 404, "", "not found\n"},
		{"//abc.txt", `{}`, 404, "", "not found\n"},
		{"/%00", `{}`, 404, "", "not found\n"},
		{"/%zz", `{}`, 404, "", ""},
	} {
		r := p.fetch(Origin+c.path, c.options)
		if r.Status != c.status || c.text != "" && r.Text != c.text || c.contentType != "" &&
			r.Headers["content-type"] != c.contentType {
			t.Errorf("%s %s: %+v, want %d %q %q", c.path, c.options, r, c.status, c.contentType,
				c.text)
		}
		if r.Headers["x-content-type-options"] != "nosniff" {
			t.Errorf("%s: no nosniff: %v", c.path, r.Headers)
		}
	}
	head := p.fetch(Origin+"/abc.txt", `{method: "HEAD"}`)
	if head.Status != 200 || head.Text != "" || head.Headers["content-length"] != "26" {
		t.Errorf("HEAD: %+v", head)
	}
	var answer int
	p.run(`return (await import("/mod.mjs")).answer`, &answer)
	if answer != 42 {
		t.Errorf("a module gave %d", answer)
	}
	p.run(`await import("/.tailrace/client.js")`, nil)
}

// generated is a file system of files that are as long as their name says, with bytes that follow
// from their place.
type generated struct{ closed chan string }

func (g generated) Open(name string) (fs.File, error) {
	size, err := strconv.ParseInt(strings.TrimSuffix(name, ".bin"), 10, 64)
	if err != nil {
		return testFiles().Open(name)
	}
	return &generatedFile{SectionReader: io.NewSectionReader(pattern{}, 0, size), name: name,
		closed: g.closed}, nil
}

type pattern struct{}

func (pattern) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = byte((off + int64(i)) >> 16)
	}
	return len(p), nil
}

type generatedFile struct {
	*io.SectionReader
	name   string
	closed chan string
}

func (f *generatedFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *generatedFile) Close() error {
	f.closed <- f.name
	return nil
}
func (f *generatedFile) Name() string       { return f.name }
func (f *generatedFile) Mode() fs.FileMode  { return 0o444 }
func (f *generatedFile) ModTime() time.Time { return time.Time{} }
func (f *generatedFile) IsDir() bool        { return false }
func (f *generatedFile) Sys() any           { return nil }

// resident gives the process's resident memory in bytes.
func resident(t *testing.T) int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// A large file reaches the page whole, with flat memory, and a page that aborts leaves nothing
// behind.
func TestLargeAsset(t *testing.T) {
	files := generated{closed: make(chan string, 16)}
	app, err := New(Options{Assets: files})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{})
	const size = 128 << 20
	before := resident(t)
	var got struct{ Bytes, Wrong int64 }
	p.run(`let Bytes = 0, Wrong = 0;
		const r = (await fetch('/`+strconv.Itoa(size)+`.bin')).body.getReader();
		for (;;) {
			const { done, value } = await r.read();
			if (done) return { Bytes, Wrong };
			if (value[0] !== ((Bytes / 65536) & 255)) Wrong++;
			Bytes += value.length;
		}`, &got)
	if got.Bytes != size || got.Wrong != 0 {
		t.Errorf("the page got %d bytes of %d, %d wrong", got.Bytes, size, got.Wrong)
	}
	wait(t, files.closed, "the large file's end")
	if grown := resident(t) - before; grown > size/4 {
		t.Errorf("the process grew by %d bytes", grown)
	}
	p.run(`const stop = new AbortController();
		const { signal } = stop;
		const r = (await fetch('/`+strconv.Itoa(1<<40)+`.bin', { signal })).body.getReader();
		await r.read();
		stop.abort();`, nil)
	wait(t, files.closed, "the end of the file whose reader aborted")
	p.start(`await (await fetch('/` + strconv.Itoa(1<<40) +
		`.bin')).body.getReader().read(); await new Promise(() => {})`)
	var ranged string
	p.run(`const r = await fetch('/`+strconv.Itoa(1<<40)+
		`.bin', { headers: { Range: 'bytes=1000000000000-1000000000003' } });
		return r.status + ' ' + [...new Uint8Array(await r.arrayBuffer())]`, &ranged)
	b := byte(1000000000000 >> 16 & 255)
	if want := "206 " + strings.Trim(strings.Repeat(","+strconv.Itoa(int(b)), 4),
		","); ranged != want {
		t.Errorf("range gave %q, want %q", ranged, want)
	}
	wait(t, files.closed, "the ranged file's end")
	p.Close()
	wait(t, files.closed, "the end of the file whose window was closed")
}

// unseekable hides everything but the methods of fs.File.
type unseekable struct{ fs.FS }

func (u unseekable) Open(name string) (fs.File, error) {
	f, err := u.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return struct{ fs.File }{f}, nil
}

func TestUnseekableAsset(t *testing.T) {
	logger, log := warningLog()
	files := withFiles(fstest.MapFS{"large.txt": {Data: make([]byte, 201)}})
	app, err := New(Options{Assets: unseekable{files}, MaxUnseekable: 200, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{})
	if r := p.fetch("/abc.txt", `{headers: {Range: "bytes=2-4"}}`); r.Status != 206 ||
		r.Text != "cde" {
		t.Errorf("%+v", r)
	}
	if r := p.fetch("/large.txt", `{}`); r.Status != 500 ||
		!strings.Contains(log.String(), "MaxUnseekable") {
		t.Errorf("%+v, log %s", r, log)
	}
}

// A directory of the system, whose errors are the system's.
func TestDirectoryAssets(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "index.html"), []byte(blank), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	logger, log := warningLog()
	app, err := New(Options{Assets: os.DirFS(root), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{})
	for path, status := range map[string]int{
		"/":                                200,
		"/empty":                           404,
		"/empty/":                          404,
		"/index.html/x":                    404,
		"/" + strings.Repeat("long", 1000): 404,
		"/%00":                             404,
		"/..%2f" + filepath.Base(root) + "%2findex.html": 404,
	} {
		if r := p.fetch(Origin+path, `{}`); r.Status != status {
			t.Errorf("%.40s: %+v, want status %d", path, r, status)
		}
	}
	if text := log.String(); text != "" {
		t.Errorf("what a page asks for is no error of the app: %s", text)
	}
}
