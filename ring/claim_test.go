package ring

import (
	"math"
	"sync"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		n int
		o Options
	}{
		"no memory":            {0, Options{}},
		"too small":            {MinCapacity / 2, Options{}},
		"no power of two":      {96, Options{}},
		"crooked start":        {64, Options{Start: 4}},
		"negative headroom":    {64, Options{Headroom: -1}},
		"headroom too large":   {64, Options{Headroom: 9}},
		"nothing but headroom": {64, Options{Headroom: 64}},
	} {
		if _, err := New(make([]byte, c.n), c.o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestClaimSizes(t *testing.T) {
	r := mustNew(t, 256, Options{Headroom: 16})
	for _, n := range []int{-1, r.MaxClaim() + 1, math.MaxInt} {
		if _, err := r.TryClaim(n); err != ErrTooLarge {
			t.Errorf("TryClaim(%d): %v", n, err)
		}
		if _, err := r.Claim(t.Context(), n); err != ErrTooLarge {
			t.Errorf("Claim(%d): %v", n, err)
		}
	}
	for _, n := range []int{-1, 17} {
		if _, err := r.ClaimHeadroom(n); err != ErrTooLarge {
			t.Errorf("ClaimHeadroom(%d): %v", n, err)
		}
	}
}

// TestLargestClaimFitsAnEmptyRing tries it from every offset, with and without headroom.
func TestLargestClaimFitsAnEmptyRing(t *testing.T) {
	for _, headroom := range []int{0, 8, 32} {
		for at := uint64(0); at < 256; at += Unit {
			r := mustNew(t, 256, Options{Start: at, Headroom: headroom})
			c, err := r.TryClaim(r.MaxClaim())
			if err != nil {
				t.Fatalf("headroom %d, offset %d, %d bytes: %v", headroom, at, r.MaxClaim(), err)
			}
			r.Commit(c)
		}
	}
}

// TestHeadroomIsKept fills the ring in every way with claims of two sizes, and
// then claims the headroom.
func TestHeadroomIsKept(t *testing.T) {
	for _, headroom := range []int{1, 8, 24, 32} {
		for at := uint64(0); at < 256; at += Unit {
			for _, first := range []int{8, 40, 88} {
				r := mustNew(t, 256, Options{Start: at, Headroom: headroom})
				for _, n := range []int{first, 16, 8} {
					for {
						c, err := r.TryClaim(n)
						if err == ErrFull {
							break
						}
						if err != nil {
							t.Fatal(err)
						}
						r.Commit(c)
					}
				}
				c, err := r.ClaimHeadroom(headroom)
				if err != nil {
					t.Fatalf("headroom %d, offset %d, Len %d: %v", headroom, at, r.Len(), err)
				}
				if len(c.Bytes()) != headroom {
					t.Fatalf("%d bytes of headroom, want %d", len(c.Bytes()), headroom)
				}
				r.Commit(c)
				for !r.closeWhenEmpty() {
					_, _, end := r.Drain(256)
					r.Release(end)
				}
				if _, err := r.ClaimHeadroom(headroom); err != ErrClosed {
					t.Fatalf("headroom after close: %v", err)
				}
			}
		}
	}
}

func (r *Ring) closeWhenEmpty() bool {
	if r.Len() == 0 {
		r.Close()
	}
	return r.Drained()
}

func TestRelease(t *testing.T) {
	r := mustNew(t, 64, Options{})
	put(t, r, 8)
	put(t, r, 8)
	_, _, first := r.Drain(8)
	_, _, second := r.Drain(8)
	r.Release(second)
	r.Release(first)
	r.Release(second)
	if r.Len() != 0 {
		t.Errorf("Len %d after release of everything", r.Len())
	}
	put(t, r, 8)
	defer func() {
		if recover() == nil {
			t.Error("no panic at a release of what was not drained")
		}
	}()
	r.Release(r.Tail())
}

// TestCloseIsFinal closes while producers claim: what they got is drained, nothing
// else is, and nobody gets a claim after Close has returned.
func TestCloseIsFinal(t *testing.T) {
	for range 300 {
		door := newBell()
		r := mustNew(t, 1024, Options{Doorbell: door.ring})
		const producers = 3
		var accepted [producers]int
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for {
					c, err := r.Claim(t.Context(), 24)
					if err != nil {
						if err != ErrClosed {
							t.Errorf("claim: %v", err)
						}
						return
					}
					c.Bytes()[0] = byte(p)
					r.Commit(c)
					accepted[p]++
				}
			})
		}
		var drained [producers]int
		total := 0
		for !r.Drained() {
			b, frames, end := r.Drain(1024)
			if frames == 0 {
				if r.Park() {
					<-door
				}
				continue
			}
			for range frames {
				drained[b[0]]++
				b = b[24:]
			}
			r.Release(end)
			if total += frames; total > 100 {
				r.Close()
				if _, err := r.TryClaim(8); err != ErrClosed {
					t.Fatalf("claim after close: %v", err)
				}
			}
		}
		wg.Wait()
		if drained != accepted {
			t.Fatalf("drained %v, accepted %v", drained, accepted)
		}
	}
}
