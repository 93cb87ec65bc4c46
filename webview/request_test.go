package webview

import (
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// recorder is a view.Responder that keeps the status.
type recorder struct{ status chan int }

func (r recorder) Control(status int, _ view.ContentKind, _ bool, _ [][]byte, _ int) {
	r.status <- status
}

func (r recorder) Answer(status int, _ http.Header, _ bool, _ []byte, _ func()) {
	r.status <- status
}

func (r recorder) Stream(status int, _ http.Header, _ bool, _ int64) (view.Body, error) {
	r.status <- status
	return nil, io.ErrClosedPipe
}

// Each rule refuses on its own, whatever the page's browser would have refused before.
func TestRefusals(t *testing.T) {
	g, err := newOrigins("http://localhost:5173")
	if err != nil {
		t.Fatal(err)
	}
	app := &App{origins: g, assets: newAssets(Options{MaxUnseekable: 1, Logger: slog.Default()})}
	const (
		ours = Origin + "/index.html"
		evil = "https://evil.example/"
		file = Origin + "/abc.txt"
	)
	hello, batch := Origin+controlPath+"hello", Origin+controlPath+"batch"
	for _, c := range []struct {
		name   string
		shown  string // own origin of the document
		in     view.Request
		status int
	}{
		{"hello, foreign document", "", view.Request{Method: "POST", URI: hello, Version: "1",
			Active: evil}, 403},
		{"hello, foreign document that navigates to ours", "",
			view.Request{Method: "POST", URI: hello,
				Version: "1", Active: ours}, 403},
		{"hello, our document that navigates away", Origin, view.Request{
			Method: "POST", URI: hello, Version: "1", Active: evil,
		}, 403},
		{"hello, foreign origin", Origin, view.Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: "https://evil.example"}, 403},
		{"hello, null origin", Origin, view.Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: "null"}, 403},
		{"hello, other port", Origin, view.Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: "http://localhost:5174"}, 403},
		{"hello, longer origin", Origin, view.Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: Origin + ".evil.example"}, 403},
		{"hello, no header", Origin, view.Request{Method: "POST", URI: hello, Active: ours}, 403},
		{"hello, GET", Origin, view.Request{Method: "GET", URI: hello, Version: "1", Active: ours},
			405},
		{"batch, no session", Origin, view.Request{Method: "POST", URI: batch, Version: "1",
			Session: "x", Active: ours}, 410},
		{"batch, no id", Origin, view.Request{Method: "POST", URI: batch, Version: "1",
			Active: ours},
			403},
		{"batch, foreign origin", Origin, view.Request{Method: "POST", URI: batch, Version: "1",
			Session: "x", Active: ours, Origin: "null"}, 403},
		{"file, foreign document", "", view.Request{Method: "GET", URI: file, Active: evil}, 403},
		{"file, foreign document that navigates to ours", "", view.Request{
			Method: "GET", URI: file, Active: ours,
		}, 403},
		{"file, navigated to", "", view.Request{Method: "GET", URI: file, Active: file + "#part"},
			404},
		{"file, our document that navigates away", Origin, view.Request{
			Method: "GET", URI: file, Active: evil,
		}, 404},
		{"file, null origin", Origin, view.Request{
			Method: "GET", URI: file, Active: ours, Origin: "null",
		}, 403},
		{"other host", Origin, view.Request{Method: "GET", URI: "tailrace://other/abc.txt",
			Active: ours}, 404},
		{"longer host", Origin, view.Request{Method: "GET", URI: Origin + "er/abc.txt",
			Active: ours},
			404},
	} {
		w := newWindow(app, "main")
		w.origin = c.shown
		r := recorder{make(chan int, 1)}
		w.request(&c.in, r)
		if status := <-r.status; status != c.status {
			t.Errorf("%s: status %d, want %d", c.name, status, c.status)
		}
	}
}

func TestOrigins(t *testing.T) {
	g, err := newOrigins("HTTP://LocalHost:80/app")
	if err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		Origin:                           Origin,
		Origin + "/":                     Origin,
		Origin + "?x":                    Origin,
		Origin + "#x":                    Origin,
		Origin + "x/":                    "",
		Origin + ":1/":                   "",
		Origin + "@evil.example/":        "",
		"http://localhost/":              "http://localhost",
		"http://localhost:80/x":          "http://localhost",
		"http://localhost:81/x":          "",
		"https://localhost/x":            "",
		"http://localhost.evil.example/": "",
		"http://localhost@evil.example/": "",
		"about:blank":                    "",
		"":                               "",
		"data:text/html,x":               "",
	} {
		if got := g.own(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	for ref, want := range map[string]string{
		"":            "http://LocalHost:80/app",
		"deeper":      "http://LocalHost:80/deeper",
		"/x":          "http://LocalHost:80/x",
		"https://a/b": "https://a/b",
	} {
		if got, err := g.resolve(ref); err != nil || got != want {
			t.Errorf("%q resolves to %q, %v, want %q", ref, got, err, want)
		}
	}
	if got, err := (origins{}).resolve(""); err != nil || got != Origin+"/index.html" {
		t.Errorf("without DevURL: %q, %v", got, err)
	}
}
