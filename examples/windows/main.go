// Command windows has a desk and viewers: events from window to window, to a choice of windows, and
// windows that a page opens.
package main

import (
	"context"
	"embed"
	"log"
	"strings"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/examples/internal/look"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/script"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var page embed.FS

// The windows that are there from the beginning.
var (
	desk   = webview.WindowOptions{Label: "desk", Title: "Desk", Width: 560, Height: 400}
	viewer = webview.WindowOptions{Label: "viewer-1", Title: "Viewer 1", URL: "viewer.html",
		Width: 360, Height: 400}
)

type example struct{ app *webview.App }

// announce emits a note to the viewers, however many there are, and tells the page nothing else.
func (x *example) announce(_ context.Context, a struct{ Text string }) (struct{}, error) {
	return struct{}{}, x.app.EmitFilter("note", a.Text, func(t bus.Target) bool {
		return t.Kind == bus.KindWebviewWindow && strings.HasPrefix(t.Label, "viewer-")
	})
}

// stamp runs a script in a viewer. script.Format writes the values into it, whatever they contain.
func (x *example) stamp(ctx context.Context, a struct{ Label, Text string }) (struct{}, error) {
	w := x.app.Window(a.Label)
	if w == nil {
		return struct{}{}, &transport.Error{Code: "no_window", Message: "there is no window " +
			a.Label}
	}
	js, err := script.Format("stamp(%s, %s)", a.Text, webview.Caller(ctx).Label())
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, w.Eval(js)
}

// setup makes the app.
func setup(o webview.Options) (*webview.App, error) {
	o.Assets = look.Page(page)
	o.ImportMap = true // the pages import @tauri-apps/api without a bundler
	app, err := webview.New(o)
	if err != nil {
		return nil, err
	}
	x := &example{app}
	transport.Handle(app.Engine(), "announce", x.announce)
	transport.Handle(app.Engine(), "stamp", x.stamp)
	return app, nil
}

func main() {
	app, err := setup(webview.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range []webview.WindowOptions{desk, viewer} {
		if _, err := app.Open(o); err != nil {
			log.Fatal(err)
		}
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
}
