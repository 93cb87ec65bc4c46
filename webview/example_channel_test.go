//go:build linux && cgo

package webview_test

import (
	"context"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const channelPage = `<!doctype html>
<script type="module">
	import { Channel, invoke } from '@tauri-apps/api/core';
	import { getCurrentWindow } from '@tauri-apps/api/window';

	const onEvent = new Channel(({ event, data }) => {
		invoke('print', { line: event + ' ' + JSON.stringify(data) });
	});
	await invoke('download', { url: 'https://tauri.app', onEvent });
	await getCurrentWindow().close();
</script>`

// DownloadEvent is a tagged union: {"event": "progress", "data": {…}}.
type DownloadEvent struct {
	Event string `json:"event"`
	// what DownloadStarted, DownloadProgress or DownloadFinished are elsewhere
	Data any `json:"data"`
}

type fields = map[string]any

// A channel carries ordered messages from a command to the page that called it, as fast as that
// reads them. They arrive before the command's result.
func Example_channel() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(channelPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	transport.Handle(app.Engine(), "download", func(ctx context.Context, args struct {
		URL     string
		OnEvent *transport.Channel[DownloadEvent]
	}) (any, error) {
		events := []DownloadEvent{
			{"started", fields{"url": args.URL, "downloadId": 1, "contentLength": 1000}},
		}
		for _, n := range []int{15, 150, 35, 500, 300} {
			events = append(events, DownloadEvent{
				"progress", fields{"downloadId": 1, "chunkLength": n},
			})
		}
		for _, e := range append(events, DownloadEvent{"finished", fields{"downloadId": 1}}) {
			if err := args.OnEvent.Send(ctx, e); err != nil {
				return nil, err // the page is gone
			}
		}
		return nil, nil
	})
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine

	// Output:
	// started {"contentLength":1000,"downloadId":1,"url":"https://tauri.app"}
	// progress {"chunkLength":15,"downloadId":1}
	// progress {"chunkLength":150,"downloadId":1}
	// progress {"chunkLength":35,"downloadId":1}
	// progress {"chunkLength":500,"downloadId":1}
	// progress {"chunkLength":300,"downloadId":1}
	// finished {"downloadId":1}
}
