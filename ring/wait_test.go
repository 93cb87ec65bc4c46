package ring

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// mustNew makes a ring of the given capacity on the heap.
func mustNew(t *testing.T, capacity int, o Options) *Ring {
	t.Helper()
	r, err := New(make([]byte, capacity), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// put claims and commits n bytes, which must fit.
func put(t *testing.T, r *Ring, n int) {
	t.Helper()
	c, err := r.TryClaim(n)
	if err != nil {
		t.Fatalf("claim of %d bytes: %v", n, err)
	}
	r.Commit(c)
}

// free drains and releases one claim of n bytes.
func free(t *testing.T, r *Ring, n int) {
	t.Helper()
	_, frames, end := r.Drain(n)
	if frames != 1 {
		t.Fatalf("%d frames drained, want 1", frames)
	}
	r.Release(end)
}

// waiting is a Claim on a goroutine of its own, inside a synctest bubble.
type waiting struct {
	claim Claim
	err   error
	done  bool
}

// startClaim starts a Claim and returns when it waits or is done.
func startClaim(ctx context.Context, r *Ring, n int) *waiting {
	w := &waiting{}
	go func() {
		w.claim, w.err = r.Claim(ctx, n)
		w.done = true
	}()
	synctest.Wait()
	return w
}

func TestWaitersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mustNew(t, 64, Options{})
		for range 4 {
			put(t, r, 16)
		}
		ctx := t.Context()
		queue := []*waiting{startClaim(ctx, r, 32), startClaim(ctx, r, 8), startClaim(ctx, r, 8),
			startClaim(ctx, r, 16)}
		served := func(want ...bool) {
			t.Helper()
			synctest.Wait()
			for i, w := range queue {
				if w.done != want[i] || w.err != nil {
					t.Fatalf("waiter %d: served %v (%v), want %v", i, w.done, w.err, want[i])
				}
			}
		}
		served(false, false, false, false)
		// 16 bytes fit the later ones, but the first needs 32.
		free(t, r, 16)
		served(false, false, false, false)
		if _, err := r.TryClaim(8); err != ErrFull {
			t.Fatalf("a newcomer overtook: %v", err)
		}
		free(t, r, 16)
		served(true, false, false, false)
		// One release serves as many as fit.
		free(t, r, 16)
		served(true, true, true, false)
		free(t, r, 16)
		served(true, true, true, true)
		for i := 1; i < len(queue); i++ {
			if queue[i].claim.Pos() <= queue[i-1].claim.Pos() {
				t.Errorf("waiter %d at %d, the one before at %d", i, queue[i].claim.Pos(),
					queue[i-1].claim.Pos())
			}
		}
		// Nobody waits any more: newcomers are refused for lack of room only.
		for _, w := range queue {
			r.Commit(w.claim)
		}
		for range 2 {
			_, _, end := r.Drain(64)
			r.Release(end)
		}
		put(t, r, 8)
	})
}

var errGaveUp = errors.New("gave up")

func TestLeavingPassesTheTurnOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mustNew(t, 64, Options{})
		for range 4 {
			put(t, r, 16)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		first := startClaim(ctx, r, 32)
		second := startClaim(t.Context(), r, 16)
		free(t, r, 16)
		synctest.Wait()
		if first.done || second.done {
			t.Fatalf("served before there was room for the first: %v, %v", first.done, second.done)
		}
		cancel(errGaveUp)
		synctest.Wait()
		if !errors.Is(first.err, errGaveUp) {
			t.Errorf("the first left with %v, want the context's cause", first.err)
		}
		if !second.done || second.err != nil {
			t.Errorf("the second was not served when the first left: %v, %v", second.done,
				second.err)
		}
		r.Commit(second.claim)
		if _, err := r.Claim(ctx, 16); !errors.Is(err, errGaveUp) {
			t.Errorf("waiting with a context that is done: %v", err)
		}
		if _, err := r.TryClaim(8); err != ErrFull {
			t.Errorf("claim on a full ring: %v", err)
		}
		// The last one to leave ends the queue: newcomers may claim again.
		ctx, cancel = context.WithCancelCause(t.Context())
		last := startClaim(ctx, r, 32)
		free(t, r, 16)
		cancel(errGaveUp)
		synctest.Wait()
		if !last.done {
			t.Fatal("the last one still waits")
		}
		put(t, r, 16)
	})
}

func TestLeavingFromTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mustNew(t, 64, Options{})
		for range 4 {
			put(t, r, 16)
		}
		ctx, cancel := context.WithCancel(t.Context())
		a := startClaim(t.Context(), r, 16)
		b := startClaim(ctx, r, 16)
		c := startClaim(t.Context(), r, 16)
		cancel()
		synctest.Wait()
		if a.done || !errors.Is(b.err, context.Canceled) || c.done {
			t.Fatalf("done: %v, %v (%v), %v", a.done, b.done, b.err, c.done)
		}
		free(t, r, 16)
		free(t, r, 16)
		synctest.Wait()
		if !a.done || !c.done || a.claim.Pos() >= c.claim.Pos() {
			t.Errorf("served %v at %d, %v at %d", a.done, a.claim.Pos(), c.done, c.claim.Pos())
		}
	})
}

func TestCloseWakesWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mustNew(t, 64, Options{})
		for range 4 {
			put(t, r, 16)
		}
		queue := []*waiting{startClaim(t.Context(), r, 8), startClaim(context.Background(), r, 32),
			startClaim(t.Context(), r, 8)}
		r.Close()
		synctest.Wait()
		for i, w := range queue {
			if !w.done || w.err != ErrClosed {
				t.Errorf("waiter %d: done %v, %v", i, w.done, w.err)
			}
		}
		if _, err := r.Claim(t.Context(), 8); err != ErrClosed {
			t.Errorf("claim after close: %v", err)
		}
		if _, frames, _ := r.Drain(64); frames != 4 || !r.Drained() {
			t.Errorf("%d frames drained after close, want 4; Drained %v", frames, r.Drained())
		}
	})
}

// handDone is a context whose end is received exactly when the test sends it.
type handDone struct {
	context.Context
	done chan struct{}
}

func (c handDone) Done() <-chan struct{} { return c.done }

// TestServedWhileLeaving serves a waiter that has seen its context end, but has
// not yet left the queue. It must return the claim, which nobody else could commit.
func TestServedWhileLeaving(t *testing.T) {
	r := mustNew(t, 64, Options{})
	put(t, r, 32)
	put(t, r, 32)
	ctx := handDone{t.Context(), make(chan struct{})}
	type result struct {
		c   Claim
		err error
	}
	got := make(chan result)
	go func() {
		c, err := r.Claim(ctx, 32)
		got <- result{c, err}
	}()
	// With the lock held, the send ends when the waiter has received it, and is then
	// on its way to the lock.
	for served := false; !served; {
		r.blocked.mu.Lock()
		waits := r.blocked.ordinary.head != nil
		if waits {
			ctx.done <- struct{}{}
			_, _, end := r.Drain(32)
			r.limit.Add(end - (r.limit.Load()&^waitingBits - 64))
			r.grant()
			served = true
		}
		r.blocked.mu.Unlock()
		if !waits {
			runtime.Gosched()
		}
	}
	g := <-got
	if g.err != nil || len(g.c.Bytes()) != 32 {
		t.Fatalf("claim of %d bytes, %v", len(g.c.Bytes()), g.err)
	}
	r.Commit(g.c)
}

// TestWaitersComeAndGo has producers leave at random moments, so that leaving
// meets serving. Whoever got a claim commits it, and all of them must be drained;
// a lost wake-up or lost space ends in a deadlock.
func TestWaitersComeAndGo(t *testing.T) {
	door := newBell()
	r := mustNew(t, 256, Options{Doorbell: door.ring})
	const producers, each = 8, 800
	committed := make([]int, producers)
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(p), 3))
			for range each {
				ctx, cancel := context.WithCancel(context.Background())
				if rnd.IntN(2) == 0 {
					go cancel()
				}
				c, err := r.Claim(ctx, 8+rnd.IntN(r.MaxClaim()-7))
				cancel()
				if err == nil {
					c.Bytes()[0] = byte(p)
					r.Commit(c)
					committed[p]++
				} else if !errors.Is(err, context.Canceled) {
					t.Errorf("claim: %v", err)
				}
			}
		})
	}
	go func() { wg.Wait(); r.Close() }()
	drained := make([]int, producers)
	for !r.Drained() {
		b, frames, end := r.Drain(r.Next())
		if frames == 0 {
			if r.Park() {
				<-door
			}
			continue
		}
		drained[b[0]]++
		r.Release(end)
	}
	for p := range producers {
		if drained[p] != committed[p] {
			t.Errorf("producer %d: %d drained, %d committed", p, drained[p], committed[p])
		}
	}
}
