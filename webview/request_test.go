package webview

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
)

// recorder is a responder that keeps the status.
type recorder struct{ status chan int }

func (r recorder) control(status int, _ contentKind, _ bool, _ [][]byte, _ int) {
	r.status <- status
}

func (r recorder) answer(status int, _ http.Header, _ bool, _ []byte, _ func()) {
	r.status <- status
}

func (r recorder) stream(status int, _ http.Header, _ bool, _ int64) (answerBody, error) {
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
		in     incoming
		status int
	}{
		{"hello, foreign document", "", incoming{method: "POST", uri: hello, version: "1",
			active: evil}, 403},
		{"hello, foreign document that navigates to ours", "", incoming{method: "POST", uri: hello,
			version: "1", active: ours}, 403},
		{"hello, our document that navigates away", Origin, incoming{
			method: "POST", uri: hello, version: "1", active: evil,
		}, 403},
		{"hello, foreign origin", Origin, incoming{method: "POST", uri: hello, version: "1",
			active: ours, origin: "https://evil.example"}, 403},
		{"hello, null origin", Origin, incoming{method: "POST", uri: hello, version: "1",
			active: ours, origin: "null"}, 403},
		{"hello, other port", Origin, incoming{method: "POST", uri: hello, version: "1",
			active: ours, origin: "http://localhost:5174"}, 403},
		{"hello, longer origin", Origin, incoming{method: "POST", uri: hello, version: "1",
			active: ours, origin: Origin + ".evil.example"}, 403},
		{"hello, no header", Origin, incoming{method: "POST", uri: hello, active: ours}, 403},
		{"hello, GET", Origin, incoming{method: "GET", uri: hello, version: "1", active: ours},
			405},
		{"batch, no session", Origin, incoming{method: "POST", uri: batch, version: "1",
			session: "x", active: ours}, 410},
		{"batch, no id", Origin, incoming{method: "POST", uri: batch, version: "1", active: ours},
			403},
		{"batch, foreign origin", Origin, incoming{method: "POST", uri: batch, version: "1",
			session: "x", active: ours, origin: "null"}, 403},
		{"file, foreign document", "", incoming{method: "GET", uri: file, active: evil}, 403},
		{"file, foreign document that navigates to ours", "", incoming{
			method: "GET", uri: file, active: ours,
		}, 403},
		{"file, navigated to", "", incoming{method: "GET", uri: file, active: file + "#part"}, 404},
		{"file, our document that navigates away", Origin, incoming{
			method: "GET", uri: file, active: evil,
		}, 404},
		{"file, null origin", Origin, incoming{
			method: "GET", uri: file, active: ours, origin: "null",
		}, 403},
		{"other host", Origin, incoming{method: "GET", uri: "tailrace://other/abc.txt",
			active: ours}, 404},
		{"longer host", Origin, incoming{method: "GET", uri: Origin + "er/abc.txt", active: ours},
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
