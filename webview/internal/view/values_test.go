package view

import "testing"

// TestDrawable: a window's surface is bounded in physical pixels.
func TestDrawable(t *testing.T) {
	for _, c := range []struct {
		side  int
		scale float64
		want  int
	}{{8192, 1, 8192}, {8192, 2, 4096}, {4096, 2, 4096}, {100, 2, 100}, {8192, 1.5, 5461},
		{0, 2, 0}} {
		if got := Drawable(c.side, c.scale); got != c.want {
			t.Errorf("%d at the scale %v: %d", c.side, c.scale, got)
		}
	}
}
