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

// startLow is startClaim for a low claim.
func startLow(ctx context.Context, r *Ring, n int) *waiting {
	w := &waiting{}
	go func() {
		w.claim, w.err = r.ClaimLow(ctx, n)
		w.done = true
	}()
	synctest.Wait()
	return w
}

func TestLowReserveSizes(t *testing.T) {
	for _, reserve := range []int{-1, 33, 64} {
		if _, err := New(make([]byte, 64), Options{LowReserve: reserve}); err == nil {
			t.Errorf("a low reserve of %d of 64 bytes was accepted", reserve)
		}
	}
	r := mustNew(t, 64, Options{LowReserve: 16})
	if _, err := r.TryClaimLow(25); err != ErrTooLarge { // 2*32-8 > 64-16
		t.Errorf("a claim that may never fit: %v", err)
	}
	if _, err := r.ClaimLow(t.Context(), 25); err != ErrTooLarge {
		t.Errorf("waiting for a claim that may never fit: %v", err)
	}
	if _, err := r.TryClaimLow(-1); err != ErrTooLarge {
		t.Errorf("a negative claim: %v", err)
	}
}

// TestLowLeavesItsReserve: wherever the tail stands, low claims stop where the reserve begins, and
// ordinary claims use it.
func TestLowLeavesItsReserve(t *testing.T) {
	for _, start := range starts() {
		for _, reserve := range []int{0, 8, 12, 16, 32} {
			r := mustNew(t, 64, Options{LowReserve: reserve, Start: start})
			n := 0
			for ; ; n++ {
				c, err := r.TryClaimLow(8)
				if err == ErrFull {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				r.Commit(c)
			}
			if want := (64 - (reserve+7)&^7) / 8; n != want {
				t.Fatalf("start %d, reserve %d: %d low claims of 8 bytes, want %d", start, reserve,
					n, want)
			}
			for ; n < 8; n++ {
				put(t, r, 8)
			}
			if _, err := r.TryClaim(8); err != ErrFull {
				t.Fatalf("claim on a full ring: %v", err)
			}
		}
	}
}

// TestLowWaitersComeLast: low claims are served in their order, once nobody waits for an ordinary
// one; ordinary ones neither wait for them nor queue behind them.
func TestLowWaitersComeLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mustNew(t, 64, Options{LowReserve: 16})
		for range 6 {
			put(t, r, 8)
		}
		ctx := t.Context()
		low := []*waiting{startLow(ctx, r, 16), startLow(ctx, r, 8), startLow(ctx, r, 8)}
		served := func(queue []*waiting, want ...bool) {
			t.Helper()
			synctest.Wait()
			for i, w := range queue {
				if w.done != want[i] || w.err != nil {
					t.Fatalf("waiter %d: served %v (%v), want %v", i, w.done, w.err, want[i])
				}
			}
		}
		served(low, false, false, false)
		put(t, r, 8) // an ordinary claim passes them
		put(t, r, 8)
		ordinary := []*waiting{startClaim(ctx, r, 32)}
		for range 3 {
			free(t, r, 8)
			served(ordinary, false)
			served(low, false, false, false)
		}
		if _, err := r.TryClaimLow(8); err != ErrFull {
			t.Fatalf("a low newcomer overtook: %v", err)
		}
		free(t, r, 8) // 32 are free: all for the ordinary one
		served(ordinary, true)
		served(low, false, false, false)
		for range 3 { // 24 are free, 16 of them kept back
			free(t, r, 8)
			served(low, false, false, false)
		}
		put(t, r, 8) // and used meanwhile
		free(t, r, 8)
		served(low, false, false, false)
		r.Commit(ordinary[0].claim)
		free(t, r, 32) // 56 are free
		served(low, true, true, true)
		for i := 1; i < len(low); i++ {
			if low[i].claim.Pos() <= low[i-1].claim.Pos() {
				t.Errorf("low waiter %d at %d, the one before at %d", i, low[i].claim.Pos(),
					low[i-1].claim.Pos())
			}
		}
	})
}

// TestLowIsServedWhenOrdinaryLeaves: a low waiter for which there is room, but who stands behind an
// ordinary one, gets its turn when that one leaves; and when a low one leaves, the next.
func TestLowIsServedWhenOrdinaryLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mustNew(t, 64, Options{LowReserve: 8})
		for range 4 {
			put(t, r, 8)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		put(t, r, 8)
		ordinary := startClaim(ctx, r, 32)
		behind, next := startLow(ctx, r, 24), startLow(t.Context(), r, 8)
		if ordinary.done || behind.done || next.done {
			t.Fatal("served without room")
		}
		cancel(errGaveUp)
		synctest.Wait()
		if !errors.Is(ordinary.err, errGaveUp) || !errors.Is(behind.err, errGaveUp) {
			t.Errorf("left with %v and %v", ordinary.err, behind.err)
		}
		if !next.done || next.err != nil {
			t.Errorf("the low waiter behind them: %v, %v", next.done, next.err)
		}
		r.Commit(next.claim)
		ordinary, behind = startClaim(t.Context(), r, 32), startLow(t.Context(), r, 24)
		r.Close()
		synctest.Wait()
		if ordinary.err != ErrClosed || behind.err != ErrClosed {
			t.Errorf("closed: %v and %v", ordinary.err, behind.err)
		}
		if _, err := r.TryClaimLow(8); err != ErrClosed {
			t.Errorf("a low claim after Close: %v", err)
		}
	})
}

// TestLowUnderLoad: with many producers of both sorts, some of which give up, nothing is lost or
// overtaken, and nobody is forgotten; Next and Drain agree wherever a claim wraps.
func TestLowUnderLoad(t *testing.T) {
	const producers, each = 8, 3000
	r := mustNew(t, 1024, Options{LowReserve: 256})
	var wg sync.WaitGroup
	var mu sync.Mutex
	accepted := make([]int, producers)
	for p := range producers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(p), 5))
			for n := range each {
				ctx, cancel := context.WithCancel(t.Context())
				give := rnd.IntN(8) == 0
				if give {
					go cancel()
				}
				claim := r.Claim
				if p%2 == 1 {
					claim = r.ClaimLow
				}
				c, err := claim(ctx, 3+rnd.IntN(100))
				cancel()
				if errors.Is(err, context.Canceled) && give {
					continue
				}
				if err != nil {
					t.Errorf("producer %d: %v", p, err)
					return
				}
				b := c.Bytes()
				b[0], b[1], b[2] = byte(p), byte(n), byte(n>>8)
				r.Commit(c)
				mu.Lock()
				accepted[p]++
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); r.Close(); close(done) }()
	defer func() { r.Close(); <-done }() // a failure below leaves producers waiting
	last := make([]int, producers)
	seen := make([]int, producers)
	for i := range last {
		last[i] = -1
	}
	for !r.Drained() {
		size := r.Next()
		if size == 0 {
			runtime.Gosched()
			continue
		}
		b, frames, end := r.Drain(size)
		if frames != 1 {
			t.Fatalf("Next says %d bytes, and Drain of as many gives %d frames", size, frames)
		}
		p, n := int(b[0]), int(b[1])|int(b[2])<<8
		if p >= producers || n <= last[p] {
			t.Fatalf("producer %d: %d behind %d", p, n, last[p])
		}
		last[p] = n
		seen[p]++
		r.Release(end)
	}
	<-done
	for p := range producers {
		if seen[p] != accepted[p] {
			t.Errorf("producer %d: %d accepted, %d came", p, accepted[p], seen[p])
		}
	}
}
