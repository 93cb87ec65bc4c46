// Command background starts a process in Go for each page that asks for one. Its periodic events go
// to that page's window only.
package main

import (
	"context"
	"embed"
	"log"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/examples/internal/look"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var page embed.FS

// windows are those that are there from the beginning; both show the same page.
var windows = []webview.WindowOptions{
	{Label: "main", Title: "Background: main", Width: 460, Height: 320},
	{Label: "second", Title: "Background: second", Width: 460, Height: 320},
}

// processes are those that run.
var processes sync.WaitGroup

type Payload struct {
	Message string `json:"message"`
	N       int    `json:"n"`
}

// initProcess is the command. It returns at once; the process ends when the page says so, or is
// gone.
func initProcess(ctx context.Context, a struct {
	Milliseconds int // between two events
}) (struct{}, error) {
	window, session := webview.Caller(ctx), transport.SessionFrom(ctx)
	stop := make(chan struct{})
	id, err := window.Once("stop-process", func(bus.Event) { close(stop) })
	if err != nil {
		return struct{}{}, err
	}
	processes.Go(func() {
		defer window.Unlisten(id)
		tick := time.NewTicker(max(time.Duration(a.Milliseconds)*time.Millisecond,
			time.Millisecond))
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-tick.C:
			case <-stop:
				return
			case <-session.Done():
				return
			}
			// Emit never waits. A page that is too far behind misses an event, and Go knows.
			if err := window.Emit("event-name", Payload{"Tauri is awesome!", n}); err != nil {
				log.Printf("event %d: %v", n, err)
			}
		}
	})
	return struct{}{}, nil
}

// setup makes the app.
func setup(o webview.Options) (*webview.App, error) {
	o.Assets = look.Page(page)
	o.ImportMap = true // the page imports @tauri-apps/api without a bundler
	app, err := webview.New(o)
	if err != nil {
		return nil, err
	}
	transport.Handle(app.Engine(), "init_process", initProcess)
	return app, nil
}

func main() {
	app, err := setup(webview.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range windows {
		if _, err := app.Open(o); err != nil {
			log.Fatal(err)
		}
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
	processes.Wait() // the windows are closed, and that has ended them
}
