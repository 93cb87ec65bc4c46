//go:build linux && cgo

package webview_test

import (
	"fmt"
	"log"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/webview"
)

// Once hears the first event, whatever is emitted at the same time.
func ExampleApp_Once() {
	app, err := webview.New(webview.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ready := make(chan struct{})
	_, err = app.Once("ready", func(bus.Event) {
		fmt.Println("app is ready")
		close(ready)
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = app.Emit("ready", nil)
	_ = app.Emit("ready", nil)
	<-ready

	// Output: app is ready
}
