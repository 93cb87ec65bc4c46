//go:build linux && (amd64 || arm64)

package shm

import (
	"errors"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

func TestOptions(t *testing.T) {
	for _, o := range []Options{{Region: -1}, {Region: 65 << 30}, {InFlight: -1}} {
		if c, err := New(pulls.New("memory"), o); err == nil {
			c.Close(&transport.ClosedError{Reason: "test is over"})
			t.Errorf("%+v is taken", o)
		}
	}
	if o, err := (Options{Region: 1}).withDefaults(); err != nil || o.Region != slotBytes ||
		o.InFlight != defaultInFlight {
		t.Error(o, err)
	}
}

// TestRegionBound: a ring that fills the region to the byte fits, a byte more does not, and as many
// small ones fit as there are units.
func TestRegionBound(t *testing.T) {
	const slots = 3
	for n, fits := range map[int]bool{slots*slotBytes - 1: true, slots * slotBytes: true,
		slots*slotBytes + 1: false} {
		r, _, _, _ := testRegion(t, slots)
		b, err := r.alloc(n)
		if fits != (err == nil) || fits && len(b) != n || !fits && !errors.Is(err, ErrRegionFull) {
			t.Fatalf("a ring of %d bytes in a region of %d: %d, %v", n, slots*slotBytes, len(b),
				err)
		}
		if !fits {
			continue
		}
		if _, err := r.alloc(unit); !errors.Is(err, ErrRegionFull) {
			t.Errorf("another ring beside one of %d bytes: %v", n, err)
		}
		r.release(b)
		r.release(mustAlloc(t, r, n))
	}
	r, _, _, _ := testRegion(t, slots)
	var rings [][]byte
	for range slots * slotBytes / unit {
		rings = append(rings, mustAlloc(t, r, unit))
	}
	if _, err := r.alloc(unit); !errors.Is(err, ErrRegionFull) {
		t.Errorf("after %d rings of %d bytes: %v", len(rings), unit, err)
	}
	r.release(rings[7])
	if _, err := r.alloc(2 * unit); !errors.Is(err, ErrRegionFull) {
		t.Errorf("two units where one is free: %v", err)
	}
	mustAlloc(t, r, unit)
}

// TestRegionRange: Options.Region is rounded up to whole slots.
func TestRegionRange(t *testing.T) {
	for region, want := range map[int64]int64{
		-1: 0, 1: slotBytes, slotBytes - 1: slotBytes, slotBytes: slotBytes,
		slotBytes +
			1: 2 * slotBytes,
		largestRegion - 1: largestRegion, largestRegion: largestRegion, largestRegion + 1: 0,
	} {
		if o, err := (Options{Region: region}).withDefaults(); (err == nil) != (want != 0) ||
			err == nil && o.Region != want {
			t.Errorf("%d: %d, %v", region, o.Region, err)
		}
	}
}
