package serving

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// roomOf is a room whose page gives a sign for each element of the channel.
func roomOf() (*room, chan func()) {
	pings := make(chan func(), 100)
	return &room{ping: func(pong func()) { pings <- pong }}, pings
}

// TestRoom: so much passes, the rest waits in its order for the page's sign.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pings := roomOf()
		ctx := t.Context()
		take := func(n int64) {
			t.Helper()
			if err := r.take(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		take(roomBytes - 1)
		take(1)
		passed := make(chan int64, 8)
		for _, n := range []int64{roomBytes + 1, 1, roomBytes} {
			go func() {
				if r.take(ctx, n) == nil {
					passed <- n
				}
			}()
			synctest.Wait()
		}
		if len(passed) != 0 || len(pings) != 0 {
			t.Fatalf("%d passed, and %d signs were asked for before anything was sent",
				len(passed), len(pings))
		}
		r.send(roomBytes - 1)
		r.send(1) // behind the sign that was asked for
		(<-pings)()
		if synctest.Wait(); len(passed) != 0 {
			t.Fatalf("%d passed beside a byte that the page may not have", <-passed)
		}
		(<-pings)()
		for _, n := range []int64{roomBytes + 1, 1, roomBytes} {
			if synctest.Wait(); len(passed) != 1 || <-passed != n {
				t.Fatalf("%d bytes did not pass alone", n)
			}
			r.send(n)
			(<-pings)()
		}
		if r.used != 0 || r.sent != 0 || r.late != nil || len(pings) != 0 {
			t.Errorf("in the end %+v", r)
		}
	})
}

// TestRoomOfSilentPage: more passes when the page has given no sign for a while, up to another
// bound.
func TestRoomOfSilentPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pings := roomOf()
		var passed atomic.Int32
		take := func(n int64) {
			go func() {
				if r.take(t.Context(), n) == nil {
					passed.Add(1)
				}
			}()
			synctest.Wait()
		}
		take(roomBytes)
		r.send(roomBytes)
		take(roomMost - roomBytes)
		take(1)
		time.Sleep(roomPatience - 1)
		if synctest.Wait(); passed.Load() != 1 {
			t.Fatalf("%d passed at once", passed.Load())
		}
		time.Sleep(time.Nanosecond)
		if synctest.Wait(); passed.Load() != 2 {
			t.Fatalf("%d passed without a sign", passed.Load())
		}
		r.send(roomMost - roomBytes)
		(<-pings)()
		time.Sleep(roomPatience - 1)
		if synctest.Wait(); passed.Load() != 2 {
			t.Fatalf("%d passed after a sign, beside %d bytes", passed.Load(), r.used)
		}
		(<-pings)()
		if synctest.Wait(); passed.Load() != 3 {
			t.Fatalf("%d passed in the end", passed.Load())
		}
		time.Sleep(2 * roomPatience)
		if synctest.Wait(); r.silent || r.used != 1 {
			t.Errorf("in the end %+v", r)
		}
	})
}

// TestRoomOfGonePage: who waits for a page that is gone gets that, and holds up nobody.
func TestRoomOfGonePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := roomOf()
		if err := r.take(t.Context(), roomBytes-1); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancelCause(t.Context())
		errs := make(chan error, 2)
		go func() { errs <- r.take(gone, 2) }()
		synctest.Wait()
		go func() { errs <- r.take(t.Context(), 1) }() // there is room, but not its turn
		synctest.Wait()
		cancel(ErrGone)
		synctest.Wait()
		var failed int
		for range 2 {
			if err := <-errs; errors.Is(err, ErrGone) {
				failed++
			}
		}
		if failed != 1 || r.used != roomBytes || len(r.waiting) != 0 {
			t.Errorf("%d failed: %+v", failed, r)
		}
	})
}
