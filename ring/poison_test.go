//go:build ringdebug

package ring

import (
	"bytes"
	"testing"
)

func TestReleasedMemoryIsPoisoned(t *testing.T) {
	r := mustNew(t, 64, Options{Start: 48})
	for _, n := range []int{9, 20} {
		c, err := r.TryClaim(n)
		if err != nil {
			t.Fatal(err)
		}
		clear(c.Bytes())
		r.Commit(c)
	}
	kept, _, _ := r.Drain(64)
	later, _, end := r.Drain(64)
	if kept[0] != 0 || later[0] != 0 {
		t.Fatal("poisoned before release")
	}
	r.Release(end)
	for _, b := range [][]byte{kept, later} {
		if !bytes.Equal(b, bytes.Repeat([]byte{poisonByte}, len(b))) {
			t.Errorf("released memory is % x", b)
		}
	}
}
