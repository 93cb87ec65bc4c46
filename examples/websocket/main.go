// Command websocket connects a page with a WebSocket server, through Go: the page opens no
// connection of its own, and Go sees every message.
package main

import (
	"context"
	"embed"
	"errors"
	"log"
	"net"

	"github.com/coder/websocket"
	"github.com/tailrace-go/tailrace/examples/internal/look"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var page embed.FS

var window = webview.WindowOptions{Title: "WebSocket", Width: 820, Height: 480}

// Closed is how a connection ended, in WebSocket's terms.
type Closed struct {
	Code   websocket.StatusCode `json:"code"`
	Reason string               `json:"reason"`
}

// connect is the command that forwards text messages both ways, in order, until either side closes.
func connect(ctx context.Context, a struct {
	URL    string
	Socket *transport.Stream[string, string]
}) (Closed, error) {
	server, _, err := websocket.Dial(ctx, a.URL, nil)
	if err != nil {
		return Closed{}, err
	}
	defer server.CloseNow()
	server.SetReadLimit(1 << 20)

	ours := make(chan Closed, 1) // how this side closes
	go func() {                  // page to server
		last := Closed{Code: websocket.StatusNormalClosure} // the page closes the stream
		for text, err := range a.Socket.All(ctx) {
			if err == nil {
				err = server.Write(ctx, websocket.MessageText, []byte(text))
			}
			if err != nil {
				last = Closed{websocket.StatusProtocolError, "a message of the page can't be " +
					"forwarded"}
				break
			}
		}
		ours <- last
		server.Close(last.Code, last.Reason)
	}()

	for { // server to page
		_, text, err := server.Read(ctx)
		if err == nil {
			// Send waits while the page is behind; then TCP slows the server down.
			err = a.Socket.Send(ctx, string(text))
		}
		if closed := (websocket.CloseError{}); errors.As(err, &closed) {
			return Closed{closed.Code, closed.Reason}, nil
		}
		switch {
		case errors.Is(err, transport.ErrClosed):
			continue // the page wants no more, and this side closes
		case errors.Is(err, net.ErrClosed):
			return <-ours, nil
		case err != nil:
			return Closed{}, err
		}
	}
}

// setup makes the app. url is where the page finds its server.
func setup(o webview.Options, url string) (*webview.App, error) {
	o.Assets = look.Page(page)
	app, err := webview.New(o)
	if err != nil {
		return nil, err
	}
	transport.Handle(app.Engine(), "connect", connect)
	transport.Handle(app.Engine(), "server", func(context.Context, struct{}) (string, error) {
		return url, nil
	})
	return app, nil
}

func main() {
	url, stop, err := serve()
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	app, err := setup(webview.Options{}, url)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := app.Open(window); err != nil {
		log.Fatal(err)
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
}
