package transport_test

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport"
)

// TestScriptsShrink: what Go keeps of scripts for the page is a map and a queue, and once the page
// has handled all of them, neither has the size of the most that there were.
func TestScriptsShrink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{
			ControlBytes: 16 << 20, Window: 32 << 20, SessionBytes: 256 << 20,
		})
		u := openUpWith(t, e, transport.SessionConfig{NativeEval: func(uint32, string, bool) {}})
		total := uint64(0)
		eval := func(n int) (kept int64) {
			t.Helper()
			u.carrier.held.Store(true)
			for range n {
				if err := u.s.Eval("1"); err != nil {
					t.Fatal(err)
				}
				total += uint64(wire.Stride(8+len("1"), ring.Unit))
			}
			kept = u.s.Stats().Held.Scripts
			u.carrier.held.Store(false)
			u.carrier.port.Wake()
			for last := uint64(0); ; {
				synctest.Wait()
				if u.carrier.last.Load() == last {
					break
				}
				last = u.carrier.last.Load()
				u.receipt()
			}
			u.receive(wire.AppendHeader(nil, &wire.Header{
				Receipt: u.carrier.last.Load(), Credits: []wire.Credit{{Lane: 0, Total: total}},
			}))
			synctest.Wait()
			return kept
		}
		eval(10)
		before := heap()
		kept := eval(300_000)
		if left := u.s.Stats().Held.Scripts; left != 0 || kept < 20<<20 {
			t.Errorf("%d bytes of scripts were kept, %d still are", kept, left)
		}
		if grown := heap() - before; grown > 1<<20 {
			t.Errorf("the heap has %.1f MB more than before", mega(grown))
		} else {
			t.Logf("%.2f MB more", mega(grown))
		}
		runtime.KeepAlive(u)
	})
}
