//go:build linux && cgo

package webview_test

import (
	"context"
	"errors"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const payloadPage = `<!doctype html>
<script type="module">
	import { invoke } from '@tauri-apps/api/core';
	import { listen } from '@tauri-apps/api/event';
	import { getCurrentWindow } from '@tauri-apps/api/window';

	let size, have = 0;
	await listen('download-started', ({ payload: { url, contentLength } }) => {
		invoke('print', { line: url + ' has ' + contentLength + ' bytes' });
		size = contentLength;
	});
	await listen('download-progress', ({ payload: { chunkLength } }) => {
		have += chunkLength;
		invoke('print', { line: have / size * 100 + ' %' });
	});
	await listen('download-finished', ({ payload: { downloadId } }) => {
		invoke('print', { line: 'download ' + downloadId + ' is complete' });
		getCurrentWindow().close();
	});
	await invoke('download', { url: 'https://tauri.app' });
</script>`

type DownloadStarted struct {
	URL           string `json:"url"`
	DownloadID    int    `json:"downloadId"`
	ContentLength int    `json:"contentLength"`
}

type DownloadProgress struct {
	DownloadID  int `json:"downloadId"`
	ChunkLength int `json:"chunkLength"`
}

type DownloadFinished struct {
	DownloadID int `json:"downloadId"`
}

// A payload is any value that encoding/json encodes. A []byte arrives as bytes.
func ExampleApp_Emit_payload() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(payloadPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	transport.Handle(app.Engine(), "download",
		func(_ context.Context, args struct{ URL string }) (any, error) {
			const id, length = 1, 1000
			err := app.Emit("download-started", DownloadStarted{args.URL, id, length})
			for _, n := range []int{15, 150, 35, 500, 300} {
				err = errors.Join(err, app.Emit("download-progress", DownloadProgress{id, n}))
			}
			return nil, errors.Join(err, app.Emit("download-finished", DownloadFinished{id}))
		})
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine

	// Output:
	// https://tauri.app has 1000 bytes
	// 1.5 %
	// 16.5 %
	// 20 %
	// 70 %
	// 100 %
	// download 1 is complete
}
