package ring

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// counter is a doorbell that counts.
type counter struct{ rings int }

func (c *counter) ring() { c.rings++ }

func TestDoorbellRingsOnlyForTheParked(t *testing.T) {
	var door counter
	r := mustNew(t, 64, Options{Doorbell: door.ring})
	rings := func(want int, when string) {
		t.Helper()
		if door.rings != want {
			t.Fatalf("%s: rung %d times, want %d", when, door.rings, want)
		}
	}
	put(t, r, 8)
	rings(0, "not parked")
	if r.Park() {
		t.Fatal("parked over a committed claim")
	}
	free(t, r, 8)
	if !r.Park() {
		t.Fatal("not parked on an empty ring")
	}
	first, _ := r.TryClaim(8)
	second, _ := r.TryClaim(8)
	r.Commit(second)
	rings(0, "commit behind an open claim")
	r.Commit(first)
	rings(1, "commit at the drained position")
	put(t, r, 8)
	rings(1, "already rung")
	if r.Park() {
		t.Fatal("parked over committed claims")
	}
	_, _, end := r.Drain(64)
	r.Release(end)

	// The next claim begins behind wrap padding.
	if at := r.Tail() % 64; at != 32 {
		t.Fatalf("tail at %d", at)
	}
	put(t, r, 16)
	free(t, r, 16)
	if !r.Park() {
		t.Fatal("not parked on an empty ring")
	}
	c, err := r.TryClaim(32)
	if err != nil {
		t.Fatal(err)
	}
	rings(1, "padding")
	r.Commit(c)
	rings(2, "commit behind padding")
	free(t, r, 32)

	// Parking over padding whose claim is open.
	put(t, r, 16)
	free(t, r, 16)
	if c, err = r.TryClaim(32); err != nil {
		t.Fatal(err)
	}
	if !r.Park() {
		t.Fatal("not parked over an open claim behind padding")
	}
	r.Commit(c)
	rings(3, "commit behind passed padding")
}

func TestCloseRingsTheParked(t *testing.T) {
	var door counter
	r := mustNew(t, 64, Options{Doorbell: door.ring})
	c, _ := r.TryClaim(8)
	if !r.Park() {
		t.Fatal("not parked over an open claim")
	}
	r.Close()
	r.Close()
	if door.rings != 1 {
		t.Fatalf("rung %d times by Close, want 1", door.rings)
	}
	if r.Drained() {
		t.Fatal("drained before the open claim was committed")
	}
	if !r.Park() {
		t.Fatal("a closed ring with an open claim must park")
	}
	r.Commit(c)
	if door.rings != 2 {
		t.Fatalf("rung %d times by the last commit, want 2", door.rings)
	}
	free(t, r, 8)
	if !r.Drained() || r.Park() {
		t.Fatal("a closed and drained ring must not park")
	}
}

func TestNobodyIsRungWithoutDoorbell(t *testing.T) {
	r := mustNew(t, 64, Options{})
	if !r.Park() {
		t.Fatal("not parked on an empty ring")
	}
	put(t, r, 8)
	r.Close()
}

// TestNoWakeUpIsLost passes single messages back and forth: each end sleeps before
// each of them, so that one lost ring stops the test.
func TestNoWakeUpIsLost(t *testing.T) {
	const rounds = 4000
	type end struct {
		ring *Ring
		door bell
	}
	newEnd := func() end {
		door := newBell()
		return end{mustNew(t, 64, Options{Doorbell: door.ring}), door}
	}
	recv := func(e end) {
		for {
			if _, frames, end := e.ring.Drain(64); frames > 0 {
				e.ring.Release(end)
				return
			}
			if e.ring.Park() {
				<-e.door
			}
		}
	}
	send := func(e end) {
		c, err := e.ring.TryClaim(9)
		if err != nil {
			t.Errorf("claim: %v", err)
		}
		e.ring.Commit(c)
	}
	there, back := newEnd(), newEnd()
	var wg sync.WaitGroup
	wg.Go(func() {
		for range rounds {
			recv(there)
			send(back)
		}
	})
	for range rounds {
		send(there)
		recv(back)
	}
	wg.Wait()
}

// TestParkMeetsCommit lets one Park and one Commit go off together, again and
// again, with a small random lead for either. Whatever the order, a drainer that
// parked must have been rung when both are done.
func TestParkMeetsCommit(t *testing.T) {
	const rounds = 30000
	var door atomic.Int32
	r := mustNew(t, 64, Options{Doorbell: func() { door.Add(1) }})
	var turn atomic.Int32 // the round that may begin
	var done atomic.Int32 // the last round whose commit returned
	var sink atomic.Int32
	lead := func(rnd *rand.Rand) {
		for range rnd.IntN(40) {
			sink.Load()
		}
	}
	await := func(v *atomic.Int32, want int32) {
		for tries := 0; v.Load() < want; tries++ {
			if tries > 100 {
				runtime.Gosched()
			}
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		rnd := rand.New(rand.NewPCG(1, 1))
		for round := range int32(rounds) {
			c, err := r.TryClaim(8)
			if err != nil {
				t.Errorf("claim: %v", err)
			}
			await(&turn, round+1)
			lead(rnd)
			r.Commit(c)
			done.Store(round + 1)
		}
	})
	rnd := rand.New(rand.NewPCG(2, 2))
	for round := range int32(rounds) {
		turn.Store(round + 1)
		lead(rnd)
		parked := r.Park()
		await(&done, round+1)
		if parked && door.Load() != 1 {
			t.Fatalf("round %d: parked, but rung %d times", round, door.Load())
		}
		door.Store(0)
		free(t, r, 8)
	}
	wg.Wait()
}
