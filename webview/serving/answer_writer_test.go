package serving

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// An answer's type is that of its body, unless the handler says it: WebKit would download what has
// none.
func TestAnswerIsTyped(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(rw http.ResponseWriter)
		want   string
	}{
		"html": {
			func(rw http.ResponseWriter) { io.WriteString(rw, "<!doctype html><p>") },
			"text/html; charset=utf-8",
		},
		"after a status": {
			func(rw http.ResponseWriter) {
				rw.WriteHeader(404)
				io.WriteString(rw, "<!doctype html><p>")
			},
			"text/html; charset=utf-8",
		},
		"empty": {func(rw http.ResponseWriter) {}, "text/plain; charset=utf-8"},
		"flushed": {
			func(rw http.ResponseWriter) { rw.(http.Flusher).Flush() }, "text/plain; charset=utf-8",
		},
		"large": {
			func(rw http.ResponseWriter) {
				rw.Write(append([]byte("%PDF-"), make([]byte, 2<<20)...))
			},
			"application/pdf",
		},
		"large and sized": {func(rw http.ResponseWriter) {
			rw.Header().Set("Content-Length", "2000000")
			rw.Write(append([]byte("%PDF-"), make([]byte, 1999995)...))
		}, "application/pdf"},
		"its own": {
			func(rw http.ResponseWriter) {
				rw.Header().Set("Content-Type", "a/b")
				io.WriteString(rw, "<p>")
			},
			"a/b",
		},
		"no body": {func(rw http.ResponseWriter) { rw.WriteHeader(204) }, ""},
	} {
		to := &typedAnswer{}
		rw := &answerWriter{
			header: http.Header{},
			way: way{
				reply: Reply{To: to}, ctx: t.Context(),
				room: &room{ping: func(pong func()) { pong() }},
			},
		}
		c.answer(rw)
		rw.close()
		if to.contentType != c.want {
			t.Errorf("%s: %q, want %q", name, to.contentType, c.want)
		}
	}
}

// typedAnswer keeps the type of an answer.
type typedAnswer struct {
	recorder
	contentType string
}

func (a *typedAnswer) Answer(_ int, h http.Header, _ bool, _ []byte, _ func()) {
	a.contentType = h.Get("Content-Type")
}

func (a *typedAnswer) Stream(_ int, h http.Header, _ bool, _ int64) (Body, error) {
	a.contentType = h.Get("Content-Type")
	return &discard{}, nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WhenGone(func())             {}
func (discard) End(bool)                    {}

// sizeless tells a size of 0 for every file.
type sizeless struct{ fs.FS }

func (s sizeless) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return sizelessFile{f}, nil
}

type sizelessFile struct{ fs.File }

func (f sizelessFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return sizelessInfo{info}, err
}

type sizelessInfo struct{ fs.FileInfo }

func (sizelessInfo) Size() int64 { return 0 }

// A document that gets the import map is read into memory only up to the bound, whatever its size
// is said to be.
func TestSizelessDocument(t *testing.T) {
	logger, log := warningLog()
	a := filesOf(Options{
		Assets: sizeless{
			fstest.MapFS{
				"index.html": {Data: []byte(blank)}, "large.html": {Data: make([]byte, 1001)},
			},
		},
		ImportMap: true, MaxUnseekable: 1000, Logger: logger,
	})
	for path, want := range map[string]int{"/": 200, "/large.html": 500} {
		rw := httptest.NewRecorder()
		a.ServeHTTP(rw, httptest.NewRequest("GET", path, nil))
		if rw.Code != want {
			t.Errorf("%s: status %d, want %d", path, rw.Code, want)
		}
	}
	if !strings.Contains(log.String(), "MaxUnseekable") {
		t.Errorf("log: %s", log)
	}
}

// TestMaxUnseekable: an asset of so many bytes is read, one more is an error.
func TestMaxUnseekable(t *testing.T) {
	a := &assets{maxUnseekable: 100}
	for n, ok := range map[int]bool{99: true, 100: true, 101: false} {
		b, err := a.readAll(nil, strings.NewReader(strings.Repeat("x", n)))
		if ok != (err == nil) || ok && len(b) != n || !ok &&
			!strings.Contains(err.Error(), "MaxUnseekable") {
			t.Errorf("%d bytes: %d, %v", n, len(b), err)
		}
	}
}

// TestNegativeLimits: each is an error that names the field.
func TestNegativeLimits(t *testing.T) {
	for name, o := range map[string]Options{
		"MaxUnseekable": {MaxUnseekable: -1}, "MaxRequestBody": {MaxRequestBody: -1},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name+" is -1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o := pagesOf(Options{}).options; o.MaxUnseekable != 64<<20 || o.MaxRequestBody != 64<<20 {
		t.Errorf("%+v", o)
	}
}
