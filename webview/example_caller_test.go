//go:build linux && cgo

package webview_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const callerPage = `<!doctype html>
<script type="module">
	import { invoke } from '@tauri-apps/api/core';
	import { appWindow } from '@tauri-apps/api/window';

	let n = 0;
	await appWindow.listen('event-name', ({ payload }) => {
		if (n > 3) return;
		invoke('print', { line: 'the page got ' + payload });
		if (n === 0) invoke('init_process');
		if (n === 3) appWindow.close();
		n++;
	});
</script>`

// A command starts work that emits to the window of the page that called it, and ends with that
// page.
func ExampleCaller() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(callerPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	transport.Handle(app.Engine(), "init_process", func(ctx context.Context, _ struct{}) (any,
		error) {
		window, session := webview.Caller(ctx), transport.SessionFrom(ctx)
		go func() {
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for n := 1; ; n++ {
				// never waits: what has no room is an error
				_ = window.Emit("event-name", fmt.Sprint("event ", n))
				select {
				case <-tick.C:
				case <-session.Done():
					return
				}
			}
		}()
		return nil, nil
	})
	window, err := app.Open(webview.WindowOptions{Label: "main"})
	if err != nil {
		log.Fatal(err)
	}
	first := make(chan bus.Event, 1)
	_, err = window.Once("event-name", func(e bus.Event) { first <- e })
	if err != nil {
		log.Fatal(err)
	}
	if err := window.Emit("event-name", "Tauri is awesome!"); err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine
	fmt.Printf("Go got %s\n", (<-first).Payload)

	// Output:
	// the page got Tauri is awesome!
	// the page got event 1
	// the page got event 2
	// the page got event 3
	// Go got "Tauri is awesome!"
}
