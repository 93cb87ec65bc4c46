// Command tauri runs one page program, written for the npm package @tauri-apps/api, on a backend in
// Go: on Tailrace's own modules under that package's names or, with -npm, on the package itself.
// The page shows the effects of its calls, which are the same.
package main

import (
	"embed"
	"flag"
	"log"

	"github.com/tailrace-go/tailrace/examples/internal/look"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var page embed.FS

// setup makes the app. npm is the folder of the package, or "" for Tailrace's modules.
func setup(o webview.Options, npm string) (*webview.App, *backend, error) {
	var err error
	o.Assets = look.Page(page)
	if npm == "" {
		o.ImportMap = true // '@tauri-apps/api/core' and the others are Tailrace's modules
	} else {
		o.Tauri = true // the globals through which the package speaks
		if o.Assets, err = withPackage(o.Assets, npm); err != nil {
			return nil, nil, err
		}
	}
	o.CloseTimeout = -1 // the second window's page alone decides whether it closes
	app, err := webview.New(o)
	if err != nil {
		return nil, nil, err
	}
	b, err := newBackend(app)
	return app, b, err
}

func main() {
	npm := flag.String("npm", "", "the `folder` of the package @tauri-apps/api, to run on that; "+
		"client/node_modules/@tauri-apps/api after npm ci")
	flag.Parse()
	app, _, err := setup(webview.Options{}, *npm)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := app.Open(webview.WindowOptions{
		Title: "Effects", Width: 820, Height: 700,
	}); err != nil {
		log.Fatal(err)
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
}
