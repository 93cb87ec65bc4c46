package transport_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestCommandsBeginInOrder: ordinary commands that a page calls without awaiting are started in the
// order of the calls, those that waited for an ordered one's end, too. One may overtake another
// once it runs, so a few that do are no fault: with a go statement for each, most began late.
func TestCommandsBeginInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, behind := range map[string]bool{"alone": false, "behind an ordered one": true} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			var mu sync.Mutex
			highest, late := -1, 0
			transport.Handle(e, "begin", func(_ context.Context, n int) (any, error) {
				mu.Lock()
				defer mu.Unlock()
				if n < highest {
					late++
				}
				highest = max(highest, n)
				return nil, nil
			})
			let := make(chan bool)
			transport.HandleOrdered(e, "ordered", func(context.Context, any) (any, error) {
				<-let
				return nil, nil
			})
			p := openPage(t, e, transporttest.Config{})
			var calls []*transporttest.Call
			if behind {
				calls = append(calls, p.Start(transporttest.Request{Command: "ordered"}))
			}
			const count = 1000
			for n := range count {
				calls = append(calls, p.Start(transporttest.Request{Command: "begin", Args: n}))
			}
			close(let)
			for _, c := range calls {
				if _, err := c.Wait(); err != nil {
					t.Fatal(err)
				}
			}
			if late > count/20 {
				t.Errorf("%d of %d commands began behind one that was called later", late, count)
			}
		})
	}
}
