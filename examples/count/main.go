// Command count is the README's example: Go counts, the page shows it.
package main

import (
	"context"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

const page = `<!doctype html><h1 id=out></h1><script type=module>
const numbers = new tailrace.Channel((n) => { out.textContent = n });
const end = await tailrace.invoke('count', { to: 1000, numbers });
out.textContent += end;</script>`

func count(ctx context.Context, args struct {
	To      int
	Numbers *transport.Channel[int] // the page's channel, at any depth
}) (string, error) {
	for n := range args.To {
		if err := args.Numbers.Send(ctx, n); err != nil {
			return "", err // the page is gone, or ctx was cancelled
		}
	}
	return " and done", nil
}

func main() {
	assets := fstest.MapFS{"index.html": {Data: []byte(page)}}
	err := webview.Run(webview.Options{Assets: assets}, webview.WindowOptions{},
		func(app *webview.App) {
			transport.Handle(app.Engine(), "count", count)
		})
	if err != nil {
		log.Fatal(err)
	}
}
