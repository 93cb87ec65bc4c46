// Command count is the README's example: Go counts, the page shows it.
package main

import (
	"context"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const page = `<!doctype html><h1 id=out></h1><script type=module>
const numbers = new tailrace.Channel((n) => { out.textContent = n });
const end = await tailrace.invoke('count', { to: 1000, numbers });
out.textContent += end;</script>`

type countArgs struct {
	To      int
	Numbers *transport.Channel[int] // the page's channel, at any depth
}

func count(ctx context.Context, a countArgs) (string, error) {
	for n := range a.To {
		if err := a.Numbers.Send(ctx, n); err != nil {
			return "", err // the page is gone, or ctx was cancelled
		}
	}
	return " and done", nil
}

func main() {
	app, err := webview.New(webview.Options{Assets: fstest.MapFS{"index.html": {Data: []byte(page)}}})
	if err != nil {
		log.Fatal(err)
	}
	transport.Handle(app.Engine(), "count", count)
	if _, err := app.Open(webview.WindowOptions{Title: "Count"}); err != nil {
		log.Fatal(err)
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
}
