//go:build linux && cgo

package webview

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Files go where the app says, and nowhere else.
func TestOnDownload(t *testing.T) {
	server := newElsewhere(t)
	dir := t.TempDir()
	asked := make(chan *Download, 10)
	path := ""
	var given atomic.Value // path, for the function below
	l := newLeading(t, Options{OnDownload: func(d *Download) string {
		asked <- d
		p := given.Load().(string)
		if p == "panic" {
			panic("in OnDownload")
		}
		return p
	}}, "")
	to := func(p string) {
		l.again(t)
		path = p
		given.Store(p)
	}
	saved := func(name, want string) {
		t.Helper()
		d := wait(t, asked, "the question")
		wait(t, d.Done(), "the file")
		got, err := os.ReadFile(path)
		if d.Err() != nil || err != nil || d.Name() != name ||
			!strings.HasPrefix(string(got), want) ||
			d.Received() != int64(len(got)) || d.Window() != l.Window {
			t.Errorf("%s, suggested as %q: %v, %v, %q, %d bytes", d.URL(), d.Name(), d.Err(), err,
				got, d.Received())
		}
	}
	failed := func(want error) {
		t.Helper()
		d := wait(t, asked, "the question")
		wait(t, d.Done(), "its end")
		if !errors.Is(d.Err(), want) {
			t.Errorf("%s ends with %v, want %v", d.URL(), d.Err(), want)
		}
	}
	blob := `const a = document.createElement('a'); a.download = '.profile';
		a.href = URL.createObjectURL(new Blob(['a blob'])); a.click()`
	t.Run("a blob", func(t *testing.T) {
		to(filepath.Join(dir, "a blob %20.txt"))
		l.script(blob)
		saved("profile", "a blob")
	})
	t.Run("an attachment", func(t *testing.T) {
		to(filepath.Join(dir, "attachment"))
		l.script(`location = '` + server.URL + `/attachment'`)
		saved("report.txt", "<!doctype html>")
		l.stays()
	})
	t.Run("data in a frame, an unknown type", func(t *testing.T) {
		to(filepath.Join(dir, "unknown"))
		l.script(`document.body.innerHTML = '<iframe src="` + server.URL + `/unknown"></iframe>'`)
		saved("unknown", "<!doctype html>")
	})
	t.Run("a file that exists", func(t *testing.T) {
		to(filepath.Join(dir, "unknown"))
		l.script(blob)
		failed(ErrDownload)
		if got, err := os.ReadFile(path); err != nil ||
			!strings.HasPrefix(string(got), "<!doctype") {
			t.Errorf("the file is %q, %v", got, err)
		}
	})
	for _, p := range []string{"", "relative", "panic"} {
		t.Run("refused: "+p, func(t *testing.T) {
			to(p)
			l.script(blob)
			failed(ErrDownload)
		})
	}
	t.Run("a name with folders", func(t *testing.T) {
		to(filepath.Join(dir, "folders"))
		l.script(`location = '` + server.URL + `/folders'`)
		eventually(t, "the refusal", l.refused)
		l.stays()
	})
	t.Run("cancelled, and its window closed", func(t *testing.T) {
		for _, end := range []func(*Download){
			func(d *Download) { d.Cancel(); d.Cancel() }, func(*Download) { l.Destroy() },
		} {
			to(filepath.Join(dir, "endless"))
			l.script(`location = '` + server.URL + `/endless'`)
			d := wait(t, asked, "the question")
			eventually(t, "its first bytes", func() bool { return d.Received() > 0 })
			if d.Size() != 1_000_000 {
				t.Errorf("its size is %d", d.Size())
			}
			end(d)
			wait(t, d.Done(), "its end")
			if !errors.Is(d.Err(), ErrDownload) && !errors.Is(d.Err(), ErrClosed) {
				t.Errorf("it ends with %v", d.Err())
			}
			d.Cancel()
			for end := time.Now().Add(patience / 3); ; time.Sleep(time.Millisecond) {
				if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
					break
				} else if time.Now().After(end) {
					t.Fatalf("the file is there still: %v", err)
				}
			}
		}
	})
}

// More downloads than a window may have are refused, and a place is free again when one has ended.
func TestMaxDownloads(t *testing.T) {
	answer := make(chan none)
	asked := make(chan *Download, 2*maxDownloads)
	l := newLeading(t, Options{OnDownload: func(d *Download) string {
		asked <- d
		<-answer
		return ""
	}}, "")
	begin := `const a = document.createElement('a'); a.download = 'name';
		a.href = URL.createObjectURL(new Blob(['x'])); a.click()`
	for range maxDownloads {
		l.script(begin)
		wait(t, asked, "a question")
	}
	if l.refused() {
		t.Errorf("one of %d downloads was refused", maxDownloads)
	}
	l.script(begin)
	eventually(t, "the refusal", l.refused)
	close(answer)
	l.again(t)
	eventually(t, "their end", func() bool {
		n := 1
		err := l.app.call(func() error {
			n = len(l.Window.asks.downloads)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	l.script(begin)
	wait(t, asked, "a question")
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("ü", 100)
	for name, want := range map[string]string{
		"": "download", "...": "download", ".profile": "profile", "a/b\\c.txt": "c.txt",
		"x\x00\n\u202ey.txt": "xy.txt", "a b.txt": "a b.txt",
		"../": "download", long + ".html": strings.Repeat("ü", 61) + ".html", "tail. ": "tail",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

// TestNobodysDownload: a download that begins while its window is closed writes no file.
func TestNobodysDownload(t *testing.T) {
	dir := t.TempDir()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Disposition", "attachment; filename=file.bin")
		io.WriteString(rw, strings.Repeat("x", 1000))
	}))
	defer server.Close()
	out := scenarioOutput(t, "nobody's download", "HOME="+dir, "XDG_DOWNLOAD_DIR="+dir,
		"TAILRACE_TEST_FILE="+dir+"/file.bin", "TAILRACE_TEST_URL="+server.URL)
	if !strings.Contains(out, "refused a download") || strings.Contains(out, "a file is there") {
		t.Errorf("it printed:\n%s", out)
	}
}
