//go:build linux && cgo

package main

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

func TestMain(m *testing.M) {
	exampletest.Main(m, func(o webview.Options) (*webview.App, error) {
		o.Assets = fstest.MapFS{"index.html": {Data: []byte(page)}}
		app, err := webview.New(o)
		if err == nil {
			transport.Handle(app.Engine(), "count", count)
		}
		return app, err
	})
}

// TestPage: the page shows the last number, and then the command's result.
func TestPage(t *testing.T) {
	w := exampletest.Open(t, webview.WindowOptions{})
	exampletest.Await(t, w, "document.querySelector('h1')?.textContent", "999 and done")
}

// TestReadme: the README shows this very program.
func TestReadme(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "\n") // without the comment line
	if !strings.Contains(string(readme), "```go\n"+program+"```") {
		t.Error("the README's example is not this program")
	}
}
