package budget

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestBudget: who waits gets room in the order of the calls; one of any size passes when no other
// of its kind is held; as much as the limit may wait, and what comes then is refused.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Budget{limit: 100}
		var mu sync.Mutex
		var got []int
		wait := func(ctx context.Context, n int) {
			go func() {
				if err := b.Wait(ctx, Results, int64(n)); err == nil {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, n)
				}
			}()
			synctest.Wait()
		}
		want := func(n ...int) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(got) != len(n) {
				t.Fatalf("%v got room, want %v", got, n)
			}
			for i := range n {
				if got[i] != n[i] {
					t.Fatalf("%v got room, want %v", got, n)
				}
			}
		}
		b.Add(Rings, 90)
		wait(t.Context(), 300) // larger than all there is
		want(300)
		ctx, cancel := context.WithCancel(t.Context())
		wait(ctx, 50)
		wait(t.Context(), 20)
		want(300)
		if err := b.Wait(t.Context(), Results, 31); !errors.Is(err, ErrMemory) {
			t.Errorf("101 bytes wait: %v", err)
		}
		cancel()
		synctest.Wait()
		wait(t.Context(), 80)
		want(300)
		b.Give(Results, 300)
		want(300, 20)
		b.Give(Rings, 90)
		want(300, 20, 80)
		b.Give(Results, 100)
		if held, backlog := b.Held(); held != [Kinds]int64{} || backlog != 0 ||
			b.waiting.Load() != 0 || b.blocked.Load() != 0 {
			t.Errorf("at the end %v are held, %d wait", held, b.waiting.Load())
		}
	})
}

// TestBudgetPass: many who only look whether others wait don't keep each other waiting.
func TestBudgetPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Budget{limit: 100}
		b.Add(Results, 100)
		var passed atomic.Int64
		for range 20 {
			go func() { _ = b.Wait(t.Context(), Results, 5) }()
		}
		synctest.Wait()
		for range 2000 {
			go func() {
				if b.Pass(t.Context()) == nil {
					passed.Add(1)
				}
			}()
		}
		synctest.Wait()
		if n := passed.Load(); n != 0 {
			t.Errorf("%d passed though others wait", n)
		}
		b.Give(Results, 100)
		synctest.Wait()
		if n := passed.Load(); n != 2000 {
			t.Errorf("%d of 2000 passed when nobody waits any more", n)
		}
	})
}

// TestBudgetOfThePage: a quarter is the page's, whatever the rest takes.
func TestBudgetOfThePage(t *testing.T) {
	b := &Budget{limit: 100}
	b.Add(Rings, 100)
	if b.Take(Latest, 1) {
		t.Error("there is no room")
	}
	if err := b.FromPage(Commands, 25); err != nil {
		t.Error(err)
	}
	if err := b.FromPage(Messages, 1); err == nil {
		t.Error("the page holds more than a quarter beyond the total")
	}
}
