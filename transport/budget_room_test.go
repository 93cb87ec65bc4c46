package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// TestRoomComesBack: who waits for room gets it by whatever gives bytes back, and waits for nothing
// that is not of its kind.
func TestRoomComesBack(t *testing.T) {
	for _, c := range []struct {
		name string
		held holder
		back func(b *budget)
	}{
		{"a reader's block", heldReaders, func(b *budget) { b.add(heldReaders, -900) }},
		{"an aborted message", heldFragments, func(b *budget) {
			_ = b.fromPage(heldFragments, -900)
		}},
		{"a ring", heldRings, func(b *budget) { b.give(heldRings, 900) }},
		{"results", heldResults, func(b *budget) { b.give(heldResults, 950) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &budget{limit: 1000}
				b.add(heldResults, 50)
				b.add(c.held, 900)
				got := make(chan error, 1)
				go func() { got <- b.wait(t.Context(), heldResults, 500) }()
				synctest.Wait()
				if len(got) > 0 {
					t.Fatal("it did not wait")
				}
				c.back(b)
				synctest.Wait()
				if len(got) == 0 {
					t.Error("it waits for ever")
					b.wake()
				}
				<-got
			})
		})
	}
}

// TestKindsWaitApart: a result does not stand behind a script that waits for other scripts, nor a
// script behind a result, nor the start of a command.
func TestKindsWaitApart(t *testing.T) {
	for _, kinds := range [][2]holder{{heldScripts, heldResults}, {heldResults, heldScripts}} {
		synctest.Test(t, func(t *testing.T) {
			b := &budget{limit: 1000}
			b.add(kinds[0], 1000)
			ctx, cancel := context.WithCancelCause(t.Context())
			over := errors.New("over")
			first := make(chan error, 1)
			go func() { first <- b.wait(ctx, kinds[0], 500) }()
			synctest.Wait()
			got := make(chan error, 2)
			go func() { got <- b.wait(ctx, kinds[1], 500) }()
			if kinds[0] == heldScripts {
				go func() { got <- b.pass(ctx) }()
			} else {
				got <- nil
			}
			synctest.Wait()
			if len(got) < 2 {
				t.Error("one kind waits for the other")
			}
			cancel(over)
			if err := <-first; err != over {
				t.Errorf("the first one waited until its context ended: %v", err)
			}
			<-got
			<-got
			if b.waiting.Load() != 0 || b.blocked.Load() != 0 || b.backlog() != 0 {
				t.Errorf("%d wait with %d bytes", b.waiting.Load(), b.backlog())
			}
		})
	}
}
