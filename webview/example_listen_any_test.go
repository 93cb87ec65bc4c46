//go:build linux && cgo

package webview_test

import (
	"fmt"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const listenAnyPage = `<!doctype html>
<script type="module">
	import { invoke } from '@tauri-apps/api/core';
	import { listen } from '@tauri-apps/api/event';
	import { getCurrentWindow } from '@tauri-apps/api/window';

	await listen('event-name', ({ payload }) => {
		invoke('print', { line: 'the page got ' + payload.message });
		getCurrentWindow().close();
	});
</script>`

type Payload struct {
	Message string `json:"message"`
}

// ListenAny hears the events of a name, whomever they are for, as listen_global did in Tauri 1.
// Emit is its emit_all: all windows get the event.
func ExampleApp_ListenAny() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(listenAnyPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	heard := make(chan bus.Event, 1)
	id, err := app.ListenAny("event-name", func(e bus.Event) { heard <- e })
	if err != nil {
		log.Fatal(err)
	}
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	// The window's page is still loading, and gets the event when it is ready.
	if err := app.Emit("event-name", Payload{"Tauri is awesome!"}); err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine
	fmt.Printf("Go got %s\n", (<-heard).Payload)
	app.Unlisten(id) // OnceAny does that by itself

	// Output:
	// the page got Tauri is awesome!
	// Go got {"message":"Tauri is awesome!"}
}
