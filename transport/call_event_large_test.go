package transport_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestLargeEventWaits: an event in fragments that waits for room stops no eval, though that goes in
// fragments, too; events that come later wait behind it.
func TestLargeEventWaits(t *testing.T) {
	// the ring has 64 KiB: to half of it, over half, over all
	for _, size := range []int{20_000, 32_000, 40_000, 200_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{ControlBytes: 64 << 10})
				var log []string
				p := openPage(t, e, transporttest.Config{
					Eval: func(string) (any, error) { return nil, nil },
					Control: func(kind wire.Kind, _ uint32, payload []byte) {
						log = append(log, fmt.Sprintf("%v of %d bytes", kind, len(payload)))
					},
				})
				synctest.Wait()
				p.Stall(true)
				first := 0
				for p.Session.Event([]uint32{1}, true, make([]byte, 5_000)) == nil {
					first++
				}
				sent := make(chan error)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				start := func(ctx context.Context, n int) {
					go func() {
						sent <- p.Session.EventContext(ctx, []uint32{1}, true, make([]byte, n))
					}()
					synctest.Wait()
				}
				start(t.Context(), size)
				start(t.Context(), 100)
				start(ctx, size+1)
				start(t.Context(), 101)
				// it would fit
				if err := p.Session.Event([]uint32{1}, true, make([]byte, 102)); !errors.Is(err,
					transport.ErrFull) {
					t.Fatalf("an event overtook those that wait: %v", err)
				}
				if err := p.Session.Eval(strings.Repeat(" ", 10_000)); err != nil {
					t.Fatalf("an eval in fragments while events wait: %v", err)
				}
				if err := p.Session.Eval(strings.Repeat(" ", 1_000)); err != nil {
					t.Fatalf("an eval of one frame while events wait: %v", err)
				}
				cancel()
				if err := <-sent; !errors.Is(err, context.Canceled) {
					t.Fatalf("the event whose context has ended: %v", err)
				}
				p.Stall(false)
				for range 3 {
					if err := <-sent; err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				var want []string
				for range first {
					want = append(want, "event of 5000 bytes")
				}
				want = append(want, "eval of 10000 bytes", "eval of 1000 bytes")
				large := fmt.Sprintf("event of %d bytes", size)
				if size > 32<<10 { // small ones pass between its fragments
					at := slices.Index(log, large)
					if at < len(want) {
						t.Fatalf("the large event came as number %d of %q", at, log)
					}
					log = slices.Delete(log, at, at+1)
				} else {
					want = append(want, large)
				}
				want = append(want, "event of 100 bytes", "event of 101 bytes")
				if !slices.Equal(log, want) {
					t.Errorf("lane 0 was\n%q, want\n%q", log, want)
				}
				// Nobody waits any more.
				if err := p.Session.Event([]uint32{1}, true, make([]byte, 20_000)); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestLargeEventsAndEvals: events and evals in fragments from several goroutines, through a small
// lane 0 and with faults, arrive whole and in each one's order.
func TestLargeEventsAndEvals(t *testing.T) {
	const each = 100
	e := newEngine(t, transport.Options{ControlBytes: 64 << 10})
	next := map[int]int{}
	var wrong []string
	p := openPage(t, e, transporttest.Config{
		Faults: transporttest.Faults{Seed: 5, LoseRequest: 0.05, LoseAnswer: 0.05, CutAnswer: 0.05},
		Eval:   func(string) (any, error) { return nil, nil },
		Control: func(kind wire.Kind, _ uint32, payload []byte) {
			var from, n, size int
			if _, err := fmt.Sscan(string(payload), &from, &n, &size); err != nil ||
				size != len(payload) || next[from] != n {
				wrong = append(wrong, fmt.Sprintf("%v %d of %d with %d of %d bytes, want %d", kind,
					n, from, len(payload), size, next[from]))
			}
			next[from]++
		},
	})
	sizes := []int{100, 30_000, 9_000, 50_000, 5_000, 20_000}
	sent := make(chan error)
	for from := range 6 {
		go func() {
			var err error
			for n := 0; n < each && err == nil; n++ {
				size := sizes[(from+n)%len(sizes)]
				text := fmt.Sprintf("%-*s", size, fmt.Sprintf("%d %d %d ", from, n, size))
				if from%3 == 2 {
					err = p.Session.EvalContext(within(t), text)
				} else {
					err = p.Session.EventContext(within(t), []uint32{1}, true, []byte(text))
				}
			}
			sent <- err
		}()
	}
	for range 6 {
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Session.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	for from := range 6 {
		if next[from] != each {
			t.Errorf("%d messages of %d came, want %d", next[from], from, each)
		}
	}
	for _, w := range wrong[:min(len(wrong), 10)] {
		t.Error(w)
	}
}
