// Command download reads a file over HTTP in Go and shows the progress in a page: once through a
// channel, once through events.
package main

import (
	"context"
	"embed"
	"log"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/examples/internal/look"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var page embed.FS

var window = webview.WindowOptions{Title: "Download", Width: 820, Height: 330}

// DownloadEvent is a tagged union, as the page sees it: {"event": "progress", "data": {…}}.
type DownloadEvent struct {
	Event string `json:"event"` // started, progress or finished
	Data  any    `json:"data"`  // *Started, *Progress or *Finished
}

type Started struct {
	URL           string `json:"url"`
	DownloadID    int64  `json:"downloadId"`
	ContentLength int64  `json:"contentLength"`
}

type Progress struct {
	DownloadID  int64 `json:"downloadId"`
	ChunkLength int   `json:"chunkLength"`
}

type Finished struct {
	DownloadID int64  `json:"downloadId"`
	SHA256     string `json:"sha256"` // of what came, and equal to what the server announced
}

type downloads struct {
	app  *webview.App
	last atomic.Int64 // the newest id
}

// throughChannel is the command whose messages go to the page that called it.
func (d *downloads) throughChannel(ctx context.Context, a struct {
	URL     string
	OnEvent *transport.Channel[DownloadEvent]
}) (struct{}, error) {
	return struct{}{}, fetch(ctx, d.last.Add(1), a.URL, func(e DownloadEvent) error {
		return a.OnEvent.Send(ctx, e) // waits while the page is behind
	})
}

// throughEvents is the command whose messages go to everybody who listens.
func (d *downloads) throughEvents(ctx context.Context, a struct{ URL string }) (struct{}, error) {
	return struct{}{}, fetch(ctx, d.last.Add(1), a.URL, func(e DownloadEvent) error {
		return d.app.EmitContext(ctx, "download-"+e.Event, e.Data)
	})
}

// setup makes the app. url is where the page finds its file.
func setup(o webview.Options, url string) (*webview.App, error) {
	o.Assets = look.Page(page)
	o.ImportMap = true // the page imports @tauri-apps/api without a bundler
	app, err := webview.New(o)
	if err != nil {
		return nil, err
	}
	d := &downloads{app: app}
	transport.Handle(app.Engine(), "download", d.throughChannel)
	transport.Handle(app.Engine(), "download_with_events", d.throughEvents)
	transport.Handle(app.Engine(), "source", func(context.Context, struct{}) (string, error) {
		return url, nil
	})
	return app, nil
}

func main() {
	url, stop, err := serve(24 << 20)
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	app, err := setup(webview.Options{}, url)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := app.Open(window); err != nil {
		log.Fatal(err)
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
}
