//go:build linux && cgo

package webview_test

import (
	"encoding/json"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/webview"
)

const listenPage = `<!doctype html>
<script type="module">
	import { emit } from '@tauri-apps/api/event';
	import { getCurrentWindow } from '@tauri-apps/api/window';

	await emit('download-started', 'not an object');
	await emit('download-started', { url: 'https://tauri.app' });
	await getCurrentWindow().close();
</script>`

// A listener in Go hears what pages and Go emit to all, or to the app. bus.On decodes the payload
// by itself.
func ExampleApp_Listen() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(listenPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	heard := make(chan struct{})
	_, err = app.Listen("download-started", func(e bus.Event) {
		var started struct{ URL string }
		if err := json.Unmarshal(e.Payload, &started); err == nil {
			fmt.Println("downloading", started.URL)
			close(heard)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine
	<-heard

	// Output: downloading https://tauri.app
}
