//go:build linux && cgo

package webview

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

// withFiles gives testFiles and these.
func withFiles(more fstest.MapFS) fstest.MapFS {
	all := fstest.MapFS{}
	for name, f := range testFiles().(fstest.MapFS) {
		all[name] = f
	}
	for name, f := range more {
		all[name] = f
	}
	return all
}

// TestHostileRanges: what a page asks for as ranges takes no memory, of files and of handlers that
// use package http's ServeContent.
func TestHostileRanges(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		large := &fstest.MapFile{Data: make([]byte, 4<<20), ModTime: time.Unix(1700000000, 0)}
		served := http.FileServerFS(fstest.MapFS{"handler.bin": large})
		b := openBeside(t, w,
			Options{Assets: withFiles(fstest.MapFS{"file.bin": large}), Fallback: served}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "hostile"})
		for _, path := range []string{"file.bin", "handler.bin"} {
			for name, c := range map[string]struct {
				header string
				want   string
			}{
				"24 times 1 MiB of ranges": {`{ Range: 'bytes=' + '0-0,'.repeat(250000) + '1-1' }`,
					"431"},
				"24 times 50 KB of ranges": {`{ Range: 'bytes=' + '0-0,'.repeat(12000) + '1-1' }`,
					"416"},
				"24 times 50 KB of digits": {`{ Range: 'bytes=' + '0'.repeat(50000) + '-1' }`,
					"416"},
				"24 times 50 KB of a date": {`{ 'If-Modified-Since': 'Mon, '.repeat(10000) }`,
					"431"},
				"the whole file 17 times": {`{ Range: 'bytes=' + '0-,'.repeat(16) + '0-' }`,
					"416"},
				"16 ranges": {`{ Range: 'bytes=' + '0-0,'.repeat(15) + '1-1' }`,
					"206"},
				"1 MiB of validators": {`{ 'If-None-Match': '"x",'.repeat(250000) }`, "431"},
				"1 MiB of a date": {`{ 'If-Modified-Since': 'Mon, '.repeat(200000) }`,
					"431"},
				"1 MiB of types": {`{ Accept: 'a/b,'.repeat(250000) }`, "431"},
			} {
				b.during(t, path+": "+name, func() string {
					var got []string
					p.run(`const one = async () => {
							const r = await fetch('`+Origin+`/`+path+`', { headers: `+c.header+` });
							await r.arrayBuffer();
							return String(r.status);
						};
						const all = await Promise.allSettled(Array.from({ length: 24 }, one));
						return [...new Set(all.map((a) => a.value ?? String(a.reason)))]`, &got)
					if fmt.Sprint(got) != "["+c.want+"]" {
						t.Errorf("%s, %s: %q, want %s", path, name, got, c.want)
					}
					return fmt.Sprint(got)
				})
			}
		}
	})
}

// outsideAsks has a frame of another origin ask for files as often as it can, in every way that
// takes no CORS, and go on. It is over when the app has all of these requests: one that is answered
// at once comes behind them, and another behind those of frames, about which WebKit asks first.
const outsideAsks = `
	for (let i = 0; i < 100; i++) {
		for (const path of ['hang/a', 'hang/' + i]) {
			const url = 'tailrace://localhost/' + path;
			fetch(url, { mode: 'no-cors' }).catch(() => {});
			fetch(url + '?f' + i, { mode: 'no-cors', referrer: '' }).catch(() => {});
			new Image().src = url + '?i' + i;
			const s = document.createElement('script');
			s.src = url + '?s' + i;
			document.head.append(s);
		}
		const f = document.createElement('iframe');
		f.src = 'tailrace://localhost/hang/a?f' + i;
		document.body.append(f);
	}
	await new Promise((images) => setTimeout(images)); // which are asked for behind this script
	for (let i = 0; i < 2; i++) {
		await fetch('tailrace://localhost/.tailrace/hello', { mode: 'no-cors' }).catch(() => {});
	}
	return 'asked'`

// hanging is a file system whose files below hang/ don't come until it is released.
type hanging struct {
	fs.FS
	release <-chan none
	hang    *atomic.Int64 // how many do
}

func (h hanging) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, "hang/") {
		h.hang.Add(1)
		<-h.release
		return nil, fs.ErrNotExist
	}
	return h.FS.Open(name)
}

// ownFiles are what a page of ours shows beside such a frame.
func ownFiles(t *testing.T) fs.FS {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}
	return withFiles(fstest.MapFS{
		"own.png":      {Data: picture.Bytes()},
		"own.js":       {Data: []byte("document.currentScript.ran = 'ran'")},
		"sub/own.png":  {Data: picture.Bytes()},
		"sub/own.js":   {Data: []byte("document.currentScript.ran = 'ran'")},
		"sub/own.html": {Data: []byte(blank + "<title>own</title>")},
	})
}

// pageGoesOn checks that a page gets its files: by fetch, as a picture, a script and a frame, also
// after a reload and after a navigation.
func pageGoesOn(t *testing.T, p *testPage) string {
	t.Helper()
	for _, step := range []func(){
		nil, p.Reload, func() { _ = p.Navigate(Origin + "/sub/") },
	} {
		if step != nil {
			step()
			p.waitLoaded()
		}
		if r := p.fetch(Origin+"/abc.txt", `{}`); r.Status != 200 {
			t.Errorf("the page's own file: %+v", r)
		}
		var shown string
		p.run(`const load = (tag, src) => new Promise((resolve) => {
				const e = document.createElement(tag);
				e.onload = () => resolve(e);
				e.onerror = () => resolve({});
				e.src = '`+Origin+`/' + src + '?' + Math.random();
				document.body.append(e);
			});
			return (await Promise.all([
				load('img', 'own.png').then((e) => e.naturalWidth),
				load('img', 'sub/own.png').then((e) => e.naturalWidth),
				load('script', 'own.js').then((e) => e.ran),
				load('script', 'sub/own.js').then((e) => e.ran),
				load('iframe', 'sub/own.html').then((e) => typeof e.onload),
			])).join()`, &shown)
		if shown != "7,7,ran,ran,function" {
			t.Errorf("the page's own pictures, scripts and frame: %s", shown)
		}
	}
	return "the page's files are answered"
}

// TestFilesThatHang: a file system whose Open does not return keeps its place from nobody but who
// asks for that. Frames of other origins, which do so as often as they can, end the files of our
// page in no way: what it fetches and shows, its reload and its next document are there.
func TestFilesThatHang(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		release := make(chan none)
		var hang atomic.Int64
		b := openBeside(t, w, Options{Assets: hanging{ownFiles(t), release, &hang}}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "hostile"})
		t.Cleanup(func() { close(release) })
		for _, k := range w.outsideKinds() {
			b.during(t, k.name+" asks for files whose Open hangs", func() string {
				if got := p.inFrame(t, k.make, outsideAsks); got != "asked" {
					t.Errorf("%s: %s", k.name, got)
				}
				if hang.Load() == 0 {
					t.Errorf("%s: nothing hangs", k.name)
				}
				return fmt.Sprint(hang.Load(), " hang; ", pageGoesOn(t, p))
			})
		}
	})
}

// TestHandlersThatHang: the same with a handler that does not listen to its request's context.
func TestHandlersThatHang(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		release := make(chan none)
		mux := http.NewServeMux()
		var hang atomic.Int64
		mux.HandleFunc("/hang/", func(http.ResponseWriter, *http.Request) {
			hang.Add(1)
			<-release
		})
		mux.HandleFunc("/made", func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprint(rw, blank)
		})
		b := openBeside(t, w, Options{Assets: ownFiles(t), Fallback: mux}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "hostile"})
		t.Cleanup(func() { close(release) })
		for _, k := range w.outsideKinds() {
			b.during(t, k.name+" asks a handler that hangs", func() string {
				if got := p.inFrame(t, k.make, outsideAsks); got != "asked" {
					t.Errorf("%s: %s", k.name, got)
				}
				if hang.Load() == 0 {
					t.Errorf("%s: nothing hangs", k.name)
				}
				if r := p.fetch(Origin+"/made", `{}`); r.Status != 200 {
					t.Errorf("the handler's answer to the page: %+v", r)
				}
				return pageGoesOn(t, p)
			})
		}
		// Our own page may have all its places taken, and goes on with its next document.
		b.during(t, "our page has 64 requests that hang", func() string {
			p.run(`for (let i = 0; i < 200; i++) fetch('`+Origin+`/hang/' + i).catch(() => {})`,
				nil)
			if err := p.Navigate(Origin + "/made"); err != nil {
				t.Fatal(err)
			}
			p.waitLoaded()
			if r := p.fetch(Origin+"/made", `{}`); r.Status != 200 {
				t.Errorf("the handler's answer to the next document: %+v", r)
			}
			return pageGoesOn(t, p)
		})
	})
}

// TestPipeInAssets: what is no regular file is not opened, in a directory, below one, and in what
// LocalFiles names.
func TestPipeInAssets(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		for name, files := range map[string]func(dir string) fs.FS{
			"os.DirFS": func(dir string) fs.FS { return os.DirFS(dir) },
			"fs.Sub": func(dir string) fs.FS {
				sub, err := fs.Sub(os.DirFS(filepath.Dir(dir)), filepath.Base(dir))
				if err != nil {
					t.Fatal(err)
				}
				return sub
			},
			"os.Root": func(dir string) fs.FS {
				root, err := os.OpenRoot(dir)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { root.Close() })
				return root.FS()
			},
		} {
			if w.dev && name != "os.DirFS" && !verifying {
				continue
			}
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, ownFiles(t)); err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"hang", "hang/a"} {
					path := filepath.Join(dir, name)
					var err error
					if name == "hang" {
						err = os.Mkdir(path, 0o700)
					} else {
						err = syscall.Mkfifo(path, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Symlink("a", filepath.Join(dir, "hang", "0")); err != nil {
					t.Fatal(err)
				}
				pipe := filepath.Join(dir, "hang", "a")
				opened := make(chan none)
				go func() { // waits until somebody reads, which nobody shall
					if f, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil {
						f.Close()
					}
					close(opened)
				}()
				b := openBeside(t, w, Options{Assets: files(dir), LocalFiles: []string{dir}}, nil)
				p := openPage(t, b.App, WindowOptions{Label: "hostile"})
				b.during(t, "a frame of another origin asks for a pipe", func() string {
					if got := p.foreignFrame(t, outsideAsks); got != "asked" {
						t.Error(got)
					}
					for _, url := range []string{
						"/hang/a", "/hang/0", filePath + strings.ReplaceAll(pipe, "/", "%2F"),
					} {
						if r := p.fetch(Origin+url, `{}`); r.Status != 404 {
							t.Errorf("%s: %+v", url, r)
						}
					}
					return pageGoesOn(t, p)
				})
				select {
				case <-opened:
					t.Error("the pipe was opened")
				default:
				}
				f, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0) // ends the writer
				if err != nil {
					t.Fatal(err)
				}
				wait(t, opened, "the pipe's writer")
				f.Close()
			})
		}
	})
}
