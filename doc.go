// Package tailrace is the front door: it says what Tailrace is, and which package is for what. It
// exports nothing itself.
//
// Tailrace carries ordered, high-rate data between Go and the page of a native webview: telemetry,
// logs, video frames, files, the output of processes. Commands, events, channels and two-way
// streams share one wire. Nothing is lost, doubled or reordered, and a page that is slow slows its
// sender instead of filling the memory. No TCP port is opened.
//
// # Which package is for what
//
// For apps:
//
//   - [github.com/tailrace-go/tailrace/webview] has windows: an App opens them, serves their pages
//     and connects each page with Go. Most programs begin with webview.Run.
//   - [github.com/tailrace-go/tailrace/webview/native] is imported for its effect: it links the
//     system's web view, which webview itself does not.
//   - [github.com/tailrace-go/tailrace/transport] has what pages call, which needs no window:
//     commands, and the channels and streams in their arguments.
//   - [github.com/tailrace-go/tailrace/bus] has events with names, between Go and pages and among
//     them, and the targets that say who hears what.
//   - [github.com/tailrace-go/tailrace/transport/policy] has rules, in Go or JSON, for what pages
//     may do.
//   - [github.com/tailrace-go/tailrace/transport/script] puts Go values into scripts, safely.
//   - [github.com/tailrace-go/tailrace/transport/transporttest] is a page in Go: an app tests its
//     commands with it, without a window. The example does so.
//
// For those who carry messages another way, keep them elsewhere, or have another kind of window:
//
//   - [github.com/tailrace-go/tailrace/transport/carrier/pulls] is the carrier of pages that ask
//     and are answered, [github.com/tailrace-go/tailrace/transport/carrier/shm] that over shared
//     memory, with [github.com/tailrace-go/tailrace/transport/carrier/shm/extension], which the
//     page's process loads. [github.com/tailrace-go/tailrace/transport/carrier/memory] is for
//     tests: on its way things get lost.
//   - [github.com/tailrace-go/tailrace/transport/history] is where a channel that outlives pages
//     keeps its messages: a Store of your own may stand there.
//   - [github.com/tailrace-go/tailrace/webview/serving] serves pages without a window, over HTTP:
//     files, the app's handler, and who may ask for what.
//   - [github.com/tailrace-go/tailrace/client] is the page's half, as scripts to be injected or
//     served.
//   - [github.com/tailrace-go/tailrace/ring] is the lock-free ring that every channel has.
//
// # A program
//
// Go counts, and the page shows it:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"testing/fstest"
//
//		"github.com/tailrace-go/tailrace/transport"
//		"github.com/tailrace-go/tailrace/webview"
//		_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
//	)
//
//	const page = `<!doctype html><h1 id=out></h1><script type=module>
//	const numbers = new tailrace.Channel((n) => { out.textContent = n });
//	const end = await tailrace.invoke('count', { to: 1000, numbers });
//	out.textContent += end;</script>`
//
//	func count(ctx context.Context, args struct {
//		To      int
//		Numbers *transport.Channel[int] // the page's channel, at any depth
//	}) (string, error) {
//		for n := range args.To {
//			if err := args.Numbers.Send(ctx, n); err != nil {
//				return "", err // the page is gone, or ctx was cancelled
//			}
//		}
//		return " and done", nil
//	}
//
//	func main() {
//		assets := fstest.MapFS{"index.html": {Data: []byte(page)}}
//		err := webview.Run(webview.Options{Assets: assets}, webview.WindowOptions{},
//			func(app *webview.App) {
//				transport.Handle(app.Engine(), "count", count)
//			})
//		if err != nil {
//			log.Fatal(err)
//		}
//	}
//
// A page needs nothing for it: window.tailrace is there. client/README.md has the page's side, with
// types for bundlers; README.md has the promises and the figures, examples/ has more programs.
package tailrace
