package webview

import "testing"

// TestKept: what WebKit may keep of navigations is counted. At the bound it is looked at what it
// keeps, and only then the window with most of it is named, once.
func TestKept(t *testing.T) {
	timers, from := 0, uint(0)
	k := kept{
		of: make(map[*Window]*navigations),
		timers: func(n uint) (int, uint) {
			if n != from {
				t.Errorf("timers are counted from %d on, want %d", n, from)
			}
			from++
			return timers, from
		},
	}
	large, small := &Window{label: "large"}, &Window{label: "small"}
	const longest = 50 << 20 // a URL of 50 MiB, of which there are two
	begin := func(w *Window, url, times int) {
		t.Helper()
		for range times {
			if most, n := k.begun(w, url); most != nil {
				t.Fatalf("%s is to end, with %d bytes", most.label, n)
			}
		}
	}
	is := func(want int64) {
		t.Helper()
		if n := k.bytes(); n != want {
			t.Fatalf("%d bytes are counted, want %d", n, want)
		}
	}

	begin(small, longest, 1)
	begin(small, 0, 2)
	k.answered(large, 0)
	for range 2 {
		k.answered(small, 0)
	}
	k.answered(small, 2*longest) // more than it has of it
	k.answered(small, longest)
	is(0)

	// None of these is kept.
	const most = maxKept / keptEach
	begin(small, 0, most)
	is(maxKept)
	begin(large, 0, 1)
	is(0)

	// Half of these are.
	timers = (most + 1) / 2
	begin(small, 0, most/4)
	begin(large, 0, most-most/4)
	is(maxKept)
	begin(large, 0, 1)
	is(int64(timers+1) * keptEach) // rounded up
	timers = -1
	begin(large, 0, int(maxKept/keptEach-k.bytes()/keptEach))
	w, n := k.begun(small, 0)
	if w != large || n < maxKept*3/4 {
		t.Fatalf("%v is to end, with %d bytes", w, n)
	}
	if left := k.bytes(); left > maxKept/4 || left != k.forget(small) || k.forget(small) != 0 {
		t.Errorf("%d bytes are left of the other window", left)
	}

	// Long URLs are not overlooked, whatever else begins.
	timers = 1
	begin(large, 0, most/2)
	begin(small, longest, 1)
	if w, n := k.begun(small, longest); w != small || n < maxKept {
		t.Errorf("%v is to end, with %d bytes", w, n)
	}
}
