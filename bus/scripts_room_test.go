package bus_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestKeptScriptsWaitForMemory: scripts that were kept for a page run, all and in their order,
// though the session has not the memory for all of them at once.
func TestKeptScriptsWaitForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := transport.Options{
			SessionBytes: 5 << 19, ControlBytes: 1 << 20, MaxBatch: 32 << 10, Window: 64 << 10,
		}
		e, b := newBus(t, o, bus.Options{PendingBytes: 4 << 20})
		w := openWindow(t, e, b, "main")
		const scripts = 20_000
		for i := range scripts {
			if err := w.Eval(fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		next := 0
		w.load(transporttest.Config{
			NativeEval: func(uint32, string, bool) {},
			Eval: func(js string) (any, error) {
				if js != fmt.Sprint(next) {
					t.Errorf("script %s ran, not %d", js, next)
				}
				next++
				return nil, nil
			},
		})
		w.ready()
		synctest.Wait()
		if next != scripts {
			t.Errorf("%d of %d scripts ran", next, scripts)
		}
	})
}
