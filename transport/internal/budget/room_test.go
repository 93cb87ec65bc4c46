package budget

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
		held Kind
		back func(b *Budget)
	}{
		{"a reader's block", Readers, func(b *Budget) { b.Add(Readers, -900) }},
		{"an aborted message", Fragments, func(b *Budget) { _ = b.FromPage(Fragments, -900) }},
		{"a ring", Rings, func(b *Budget) { b.Give(Rings, 900) }},
		{"results", Results, func(b *Budget) { b.Give(Results, 950) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &Budget{limit: 1000}
				b.Add(Results, 50)
				b.Add(c.held, 900)
				got := make(chan error, 1)
				go func() { got <- b.Wait(t.Context(), Results, 500) }()
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
	for _, kinds := range [][2]Kind{{Scripts, Results}, {Results, Scripts}} {
		synctest.Test(t, func(t *testing.T) {
			b := &Budget{limit: 1000}
			b.Add(kinds[0], 1000)
			ctx, cancel := context.WithCancelCause(t.Context())
			over := errors.New("over")
			first := make(chan error, 1)
			go func() { first <- b.Wait(ctx, kinds[0], 500) }()
			synctest.Wait()
			got := make(chan error, 2)
			go func() { got <- b.Wait(ctx, kinds[1], 500) }()
			if kinds[0] == Scripts {
				go func() { got <- b.Pass(ctx) }()
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
