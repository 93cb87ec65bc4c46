package transport_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// A handler whose context ends with its channel: when the page closes that, aborts the call, or
// goes away.
func ExampleChannel_Context() {
	engine, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	transport.Handle(engine, "watch", func(ctx context.Context, args struct {
		Updates *transport.Channel[int]
	}) (any, error) {
		ctx = args.Updates.Context(ctx)
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for n := 0; ; n++ {
			if err := args.Updates.Send(ctx, n); err != nil {
				return nil, err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
	})

	page, err := transporttest.Open(engine, transporttest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer page.Close()
	updates := page.NewChannel()
	call := page.Start(transporttest.Request{
		Command: "watch", Args: map[string]any{"updates": updates},
		Channels: []*transporttest.Channel{updates},
	})
	first, _ := updates.Next()
	updates.Close()
	_, err = call.Wait()
	var rejected *transport.Error
	errors.As(err, &rejected)
	fmt.Println("update", string(first.Data), "and then", rejected.Code)
	// Output:
	// update 0 and then channel_closed
}

// A channel that pages attach to by name, with tailrace.resume('flow'), whenever they come.
func ExampleNewResumable() {
	engine, err := transport.NewEngine(transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	flow, err := transport.NewResumable[float64](engine, "flow", transport.ResumableOptions{
		HistoryBytes: 1 << 20,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for n := range 1000 {
		if err := flow.Send(context.Background(), float64(n)/2); err != nil {
			fmt.Println(err)
			return
		}
	}
	st := flow.Stats()
	fmt.Println("a page can begin with any of", st.Oldest, "to", st.Newest)

	flow.Close() // pages still get what is kept
	fmt.Println(errors.Is(flow.TrySend(0), transport.ErrClosed))
	// Output:
	// a page can begin with any of 1 to 1000
	// true
}
