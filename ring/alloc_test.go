//go:build !race

package ring

import "testing"

func TestSendDoesNotAllocate(t *testing.T) {
	door := newBell()
	r := mustNew(t, 4096, Options{Doorbell: door.ring, Headroom: 64})
	ctx := t.Context()
	msg := make([]byte, 72)
	if n := testing.AllocsPerRun(2000, func() {
		c, err := r.Claim(ctx, len(msg))
		if err != nil {
			t.Fatal(err)
		}
		copy(c.Bytes(), msg)
		r.Commit(c)
		if c, err = r.TryClaim(len(msg)); err == nil {
			r.Commit(c)
		}
		if c, err = r.ClaimHeadroom(8); err == nil {
			r.Commit(c)
		}
		for r.Len() > 0 {
			_, _, end := r.Drain(4096)
			r.Release(end)
		}
		r.Park()
	}); n != 0 {
		t.Errorf("%v allocations a send, want 0", n)
	}
}

// TestBlockingDoesNotAllocate has a producer wait for room all the time.
func TestBlockingDoesNotAllocate(t *testing.T) {
	door := newBell()
	r := mustNew(t, 64, Options{Doorbell: door.ring})
	ctx := t.Context()
	go func() {
		for {
			c, err := r.Claim(ctx, 32)
			if err != nil {
				return
			}
			r.Commit(c)
		}
	}()
	if n := testing.AllocsPerRun(2000, func() {
		for {
			_, frames, end := r.Drain(32)
			if frames > 0 {
				r.Release(end)
				return
			}
			if r.Park() {
				<-door
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations a send, want 0", n)
	}
	r.Close()
}
