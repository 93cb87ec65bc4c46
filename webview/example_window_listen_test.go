//go:build linux && cgo

package webview_test

import (
	"fmt"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/webview"
)

const windowListenPage = `<!doctype html>
<script type="module">
	import { emitTo } from '@tauri-apps/api/event';
	import { getCurrentWindow } from '@tauri-apps/api/window';

	globalThis.logIn = async () => {
		await emitTo('main', 'logged-in', 'a session token');
		await getCurrentWindow().close();
	};
</script>`

// A listener of a window hears what is for that window, and what is for all. It lives through
// reloads, and ends with the window.
func ExampleWindow_Listen() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(windowListenPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	// Elsewhere the window is app.Window("main"), or webview.Caller(ctx) in a command.
	_, err = bus.On(window, "logged-in", func(_ bus.Event, token string) {
		fmt.Println("save", token)
	})
	if err != nil {
		log.Fatal(err)
	}
	destroyed := make(chan struct{})
	_, err = window.Listen(webview.EventDestroyed, func(bus.Event) { close(destroyed) })
	if err != nil {
		log.Fatal(err)
	}
	if err := window.Eval("logIn()"); err != nil { // runs when the page is ready
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine
	<-destroyed

	// Output: save a session token
}
