//go:build linux && cgo

package webview_test

import (
	"fmt"
	"log"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/webview"
)

// A listener ends by its id: from anywhere, or in the handler, where its events bring it.
func ExampleApp_Unlisten() {
	app, err := webview.New(webview.Options{})
	if err != nil {
		log.Fatal(err)
	}
	id, err := app.Listen("download-started", func(bus.Event) { fmt.Println("never") })
	if err != nil {
		log.Fatal(err)
	}
	app.Unlisten(id)

	ready := make(chan struct{})
	_, err = bus.On(app, "status-changed", func(e bus.Event, status string) {
		fmt.Println(status)
		if status == "ready" {
			app.Unlisten(e.ID)
			close(ready)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = app.Emit("download-started", "https://tauri.app")
	for _, status := range []string{"starting", "ready", "busy"} {
		_ = app.Emit("status-changed", status)
	}
	<-ready

	// Output:
	// starting
	// ready
}
