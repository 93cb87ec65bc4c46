//go:build linux && cgo

package snippets

import (
	"context"
	"strings"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

const tauriURL = "https://tauri.app"

type downloadStarted struct {
	URL           string `json:"url"`
	DownloadID    int    `json:"downloadId"`
	ContentLength int    `json:"contentLength"`
}

// A listener for everybody hears each event, whomever it is for.
func listens(r *run) {
	r.open()
	r.permissions("main listen:download-started")
	r.printed()
	r.ok(r.app.Emit("download-started", downloadStarted{tauriURL, 1, 1000}))
	r.ok(r.app.Emit("download-finished", 1))
	r.ok(r.app.EmitTo(bus.App, "download-started", downloadStarted{"https://example.com", 2, 5}))
	r.printed("downloading 1000 bytes from "+tauriURL, "downloading 5 bytes from "+
		"https://example.com")
}

// A listener as this window hears what is for this window, and what is for all.
func listensAsWindow(r *run) {
	r.open()
	const token = "localStorage.getItem('session-token')"
	r.permissions("main listen:logged-in")
	r.ok(r.app.EmitTo(bus.Window("main"), "logged-in", "for another kind"))
	r.ok(r.app.EmitTo(bus.App, "logged-in", "for the app"))
	r.has(r.window, token, "null")
	r.ok(r.app.EmitTo(bus.WebviewWindow("main"), "logged-in", "first"))
	r.has(r.window, token, `"first"`)
	r.ok(r.window.Emit("logged-in", "second"))
	r.has(r.window, token, `"second"`)
	r.ok(r.app.Emit("logged-in", "third"))
	r.has(r.window, token, `"third"`)
	r.printed()
}

// A listener was there, and is gone.
func unlistens(r *run) {
	r.open()
	r.permissions("main listen:download-started")
	r.subscribed(0)
	before := r.app.Bus().Stats().Unheard
	r.ok(r.app.Emit("download-started", nil))
	if n := r.app.Bus().Stats().Unheard - before; n != 1 || r.page().Delivered != 0 {
		r.Errorf("%d events were not heard, not 1; the page got %d", n, r.page().Delivered)
	}
	r.printed()
}

// Of two listeners, each is there for one event.
func listensOnce(r *run) {
	r.open()
	r.permissions("main listen:ready", "main listen:ready")
	r.subscribed(2)
	r.ok(r.app.EmitTo(bus.App, "ready", nil)) // for the listener for all
	r.subscribed(1)
	r.ok(r.app.EmitTo(bus.App, "ready", nil)) // for nobody
	r.subscribed(1)
	r.ok(r.app.EmitTo(bus.WebviewWindow("main"), "ready", nil))
	r.subscribed(0)
	if n := r.page().Delivered; n != 2 {
		r.Errorf("the page got %d events, not 2", n)
	}
	r.printed()
}

type message struct {
	Event string `json:"event"`
	Data  any    `json:"data"`
}

type progress struct {
	DownloadID  int `json:"downloadId"`
	ChunkLength int `json:"chunkLength"`
}

// The messages of a channel have come, in order, when the command's result does.
func receives(r *run) {
	urls := make(chan string, 1)
	transport.Handle(r.app.Engine(), "download", func(ctx context.Context, args struct {
		URL     string
		OnEvent *transport.Channel[message]
	}) (any, error) {
		urls <- args.URL
		messages := []message{{"started", downloadStarted{args.URL, 1, 1000}}}
		for _, n := range []int{15, 150, 35, 500, 300} {
			messages = append(messages, message{"progress", progress{1, n}})
		}
		for _, m := range append(messages, message{"finished", progress{DownloadID: 1}}) {
			if err := args.OnEvent.Send(ctx, m); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	r.open()
	r.permissions("main command:download", "main channel:download")
	if url := <-urls; !strings.HasPrefix(url, "https://") ||
		!strings.Contains(r.text, "'"+url+"'") {
		r.Errorf("the command was called with the URL %q", url)
	}
	lines := []string{"got download event started"}
	for range 5 {
		lines = append(lines, "got download event progress")
	}
	r.printed(append(lines, "got download event finished")...)
}

// An event of the page reaches itself and Go.
func emits(r *run) {
	clicks := r.hear(bus.Any, "click")
	r.open()
	r.next(clicks, `{"theMessage":"Tauri is awesome!"}`)
	r.permissions("main listen:click", "main emit:click")
	r.subscribed(1)
	if n := r.page().Delivered; n != 1 {
		r.Errorf("the page got %d events, not 1", n)
	}
	r.printed()
}

// An event of the window object of version 1 is for that window and for those who hear all. A
// window is opened.
func emitsAsWindow(r *run) {
	all := r.hear(bus.Any, "event")
	ofWindow := r.hear(bus.WebviewWindow("main"), "event")
	ofApp := r.hear(bus.App, "event")
	ofOther := r.hear(bus.WebviewWindow("window"), "event")
	created := r.hear(bus.Any, "tauri://window-created")
	r.open()
	r.permissions("main emit:event", "main window:window")
	r.next(all, `{"message":"Tauri is awesome!"}`)
	r.next(ofWindow, `{"message":"Tauri is awesome!"}`)
	r.ok(r.app.Emit("event", "the next"))
	for _, heard := range []<-chan string{all, ofWindow, ofApp, ofOther} {
		r.next(heard, `"the next"`)
	}
	r.next(created, `{"label":"main"}`)
	r.next(created, `{"label":"window"}`)
	w := r.app.Window("window")
	if w == nil {
		r.Fatal("there is no window of the label window")
	}
	r.has(w, "[document.title, location.pathname]", `["new","/index.html"]`)
	r.printed()
}
