package transport_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestOrderedSettles: the result of an ordered command waits for what is kept for the page, and
// other commands don't wait for that.
func TestOrderedSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		var log journal
		var kept []int
		live := make(chan bool)
		transport.HandleOrdered(e, "emit", func(ctx context.Context, n int) (int, error) {
			log.add("emit %d", n)
			kept = append(kept, n)
			return n, ctx.Err()
		})
		p := openPage(t, e, transporttest.Config{
			Settle: func(string) func(context.Context) {
				return func(ctx context.Context) {
					select {
					case <-live:
					case <-ctx.Done():
						log.add("%v", context.Cause(ctx))
					}
				}
			},
			Control: func(kind wire.Kind, id uint32, payload []byte) {
				log.add("%v %d %s", kind, id, payload)
			},
		})
		var calls []*transporttest.Call
		for n := range 3 {
			calls = append(calls, p.Start(transporttest.Request{Command: "emit", Args: n}))
		}
		synctest.Wait()
		if got, want := log.take(), []string{"emit 0", "emit 1", "emit 2"}; !slices.Equal(got,
			want) {
			t.Fatalf("before the page is live: %q, want %q", got, want)
		}
		calls[1].Cancel()
		synctest.Wait()
		want := []string{transport.ErrCanceled.Error()}
		if got := log.take(); len(got) != 2 || got[0] != want[0] {
			t.Fatalf("after the second call was cancelled: %q, want %q and an answer", got, want)
		}
		want = nil
		for _, n := range kept {
			if err := p.Session.Event([]uint32{1}, false, fmt.Append(nil, n)); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf("event 0 %d", n))
		}
		synctest.Wait()
		if got := log.take(); !slices.Equal(got, want) {
			t.Errorf("what was kept: %q, want %q", got, want)
		}
		close(live)
		for _, n := range []int{0, 2} {
			r, err := calls[n].Wait()
			wantJSON(t, r, err, fmt.Sprint(n))
		}
		synctest.Wait()
		if st := p.Session.Stats(); st.Running != 0 {
			t.Errorf("%d calls are not answered", st.Running)
		}
	})
}

// TestTurnsEndWithSession: commands that wait for their turn when the session ends are not handled
// any more.
func TestTurnsEndWithSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		release := make(chan bool)
		var log journal
		transport.HandleOrdered(e, "first", func(context.Context, struct{}) (any, error) {
			log.add("first")
			<-release
			return nil, nil
		})
		late := func(context.Context, struct{}) (any, error) { log.add("late"); return nil, nil }
		transport.HandleOrdered(e, "ordered", late)
		transport.Handle(e, "ordinary", late)
		p := openPage(t, e, transporttest.Config{})
		before := p.Session.Stats().Memory
		p.Start(transporttest.Request{Command: "first"})
		for range 10 {
			p.Start(transporttest.Request{Command: "ordered"})
			p.Start(transporttest.Request{Command: "ordinary"})
		}
		synctest.Wait()
		if st := p.Session.Stats(); st.Running != 21 || st.Memory == before {
			t.Fatalf("%d calls run, %d bytes", st.Running, st.Memory-before)
		}
		p.Session.End("page was reloaded")
		close(release)
		synctest.Wait()
		if got := log.take(); !slices.Equal(got, []string{"first"}) {
			t.Errorf("handled %q", got)
		}
		if st := p.Session.Stats(); st.Running != 0 || st.Memory > 0 {
			t.Errorf("after the end %d calls run, %d bytes are counted", st.Running, st.Memory)
		}
	})
}

// TestBusyIsDecidedOnArrival: a call beyond Options.Pending is refused, though fewer run when its
// turn comes.
func TestBusyIsDecidedOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{Pending: 2})
		release := make(chan bool)
		transport.HandleOrdered(e, "wait", func(context.Context, struct{}) (int, error) {
			<-release
			return 1, nil
		})
		p := openPage(t, e, transporttest.Config{})
		var calls []*transporttest.Call
		for range 3 {
			calls = append(calls, p.Start(transporttest.Request{Command: "wait"}))
			synctest.Wait()
		}
		close(release)
		for _, c := range calls[:2] {
			r, err := c.Wait()
			wantJSON(t, r, err, "1")
		}
		_, err := calls[2].Wait()
		wantCode(t, err, transport.CodeBusy)
	})
}
