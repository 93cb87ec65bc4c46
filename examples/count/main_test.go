//go:build linux && cgo

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	"github.com/tailrace-go/tailrace/webview/display"
)

var app *webview.App

func TestMain(m *testing.M) {
	err := display.Ensure()
	if err == nil {
		app, err = webview.New(webview.Options{KeepRunning: true, Assets: fstest.MapFS{"index.html": {Data: []byte(page)}}})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	transport.Handle(app.Engine(), "count", count)
	code := 1
	go func() {
		code = m.Run()
		app.Quit()
	}()
	if err := app.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// TestPage: the page shows the last number, and then the command's result.
func TestPage(t *testing.T) {
	w, err := app.Open(webview.WindowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { w.Close(); <-w.Done() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		text, err := w.EvalResult(ctx, "document.querySelector('h1')?.textContent")
		if string(text) == `"999 and done"` {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the page shows %s (%v)", text, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
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
