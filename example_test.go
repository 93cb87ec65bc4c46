package tailrace_test

import (
	"context"
	"fmt"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// A page calls a command and passes it a channel. The messages come in the order in which they were
// sent, and the result after all of them. Here the page is one in Go, without a window: in an app
// the engine is webview.App's, and the page calls tailrace.invoke.
func Example() {
	engine, err := transport.NewEngine(transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	type squares struct {
		To      int
		Squares *transport.Channel[int]
	}
	transport.Handle(engine, "squares", func(ctx context.Context, args squares) (string, error) {
		for n := range args.To {
			if err := args.Squares.Send(ctx, n*n); err != nil {
				return "", err // the page is gone, or the call was cancelled
			}
		}
		return "that was all", nil
	})

	page, err := transporttest.Open(engine, transporttest.Config{Label: "main"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer page.Close()
	channel := page.NewChannel()
	result, err := page.Invoke(transporttest.Request{
		Command:  "squares",
		Args:     map[string]any{"to": 4, "squares": channel},
		Channels: []*transporttest.Channel{channel},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for channel.Queued() > 0 { // all have come: the result is behind them
		message, err := channel.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", message.Data)
	}
	fmt.Printf("%s\n", result.Data)
	// Output:
	// 0
	// 1
	// 4
	// 9
	// "that was all"
}
