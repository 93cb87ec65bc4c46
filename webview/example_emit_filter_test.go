//go:build linux && cgo

package webview_test

import (
	"context"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const emitFilterPage = `<!doctype html>
<script type="module">
	import { invoke } from '@tauri-apps/api/core';
	import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';

	const window = getCurrentWebviewWindow();
	await window.listen('open-file', ({ payload }) => {
		invoke('print', { line: window.label + ' opens ' + payload });
		window.close();
	});
	if (window.label === 'settings') await invoke('open_file', { path: '/tmp/notes.txt' });
</script>`

// A command emits an event to a choice of windows. A window whose page is still loading gets it
// when that is ready.
func ExampleApp_EmitFilter() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(emitFilterPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	transport.Handle(app.Engine(), "open_file",
		func(_ context.Context, args struct{ Path string }) (any, error) {
			return nil, app.EmitFilter("open-file", args.Path, func(t bus.Target) bool {
				return t == bus.WebviewWindow("main") || t == bus.WebviewWindow("file-viewer")
			})
		})
	for _, label := range []string{"main", "file-viewer", "settings"} {
		if _, err := app.Open(webview.WindowOptions{Label: label}); err != nil {
			log.Fatal(err)
		}
	}
	for _, label := range []string{"main", "file-viewer"} {
		if window := app.Window(label); window != nil { // nil: it is closed already
			<-window.Done()
		}
	}
	settings := app.Window("settings")
	settings.Close()
	<-settings.Done()

	// Unordered output:
	// main opens /tmp/notes.txt
	// file-viewer opens /tmp/notes.txt
}
