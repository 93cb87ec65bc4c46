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

const emitPage = `<!doctype html>
<script type="module">
	import { invoke } from '@tauri-apps/api/core';
	import { listen } from '@tauri-apps/api/event';
	import { getCurrentWindow } from '@tauri-apps/api/window';

	for (const name of ['download-started', 'download-progress', 'download-finished'])
		await listen(name, ({ event, payload }) => invoke('print', { line: event + ' ' +
			payload }));
	await listen('download-finished', () => getCurrentWindow().close());
	await invoke('download', { url: 'https://tauri.app' });
</script>`

// A command emits events to everybody who listens.
func ExampleApp_Emit() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(emitPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	transport.Handle(app.Engine(), "download",
		func(_ context.Context, args struct{ URL string }) (any, error) {
			err := app.Emit("download-started", args.URL)
			for _, progress := range []int{1, 15, 50, 80, 100} {
				err = errors.Join(err, app.Emit("download-progress", progress))
			}
			return nil, errors.Join(err, app.Emit("download-finished", args.URL))
		})
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine

	// Output:
	// download-started https://tauri.app
	// download-progress 1
	// download-progress 15
	// download-progress 50
	// download-progress 80
	// download-progress 100
	// download-finished https://tauri.app
}
