package transport_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/transport"
)

// A channel that pages attach to by name, with tailrace.resume('flow'), whenever they come.
func ExampleNewResumable() {
	engine, err := transport.NewEngine(transport.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	flow, err := transport.NewResumable[float64](engine, "flow", transport.ResumableOptions{HistoryBytes: 1 << 20})
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
