package webview

import "testing"

// TestKept: at the bound it is looked up what WebKit keeps, and only then the window with most of
// it is named, once, however much the others have begun.
func TestKept(t *testing.T) {
	var last uint32
	there := map[uint32]bool{}
	k := kept{
		of:    make(map[*Window]*keptLeads),
		there: func(timer uint32) bool { return there[timer] },
	}
	large, small := &Window{label: "large"}, &Window{label: "small"}
	begin := func(w *Window, url, times int, stays bool) {
		t.Helper()
		for range times {
			last++
			there[last] = stays
			if most, n := k.begun(w, keptLead{last, url}); most != nil {
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

	// None of these is kept.
	const most = maxKept / keptEach
	begin(small, 0, most, false)
	is(maxKept)
	begin(large, 0, 1, true)
	is(keptEach)

	// Who began more is not who keeps more.
	begin(large, 0, most/2, true)
	for range 10 {
		begin(small, 0, most/3, false)
	}
	begin(large, 0, most/4, true)
	begin(small, 0, int(maxKept-k.bytes())/keptEach-1, false)
	begin(small, 0, 1, true)
	last++
	there[last] = true
	w, n := k.begun(large, keptLead{timer: last})
	if w != large || n != keptEach*(most/2+most/4+2) {
		t.Fatalf("%v is to end, with %d bytes", w, n)
	}
	is(keptEach)
	k.forget(small)
	is(0)

	// Of windows that close it is looked up what is kept, not what they began; and all of them
	// together are bounded.
	const few = keptAfter / keptEach
	for range 3 {
		begin(small, 0, most/2, false)
		if k.closes(small) || k.left != 0 {
			t.Fatalf("%d bytes are left of a window of which nothing is kept", k.left)
		}
	}
	for range few {
		begin(small, 0, 1, true)
		if k.closes(small) {
			t.Fatalf("a window is to end, %d bytes are left of those before", k.left)
		}
	}
	for range 3 {
		begin(small, 0, 1, true)
		if !k.closes(small) || k.left != few*keptEach {
			t.Fatalf("%d bytes are left of closed windows", k.left)
		}
		begin(small, 0, 1, false)
		if k.closes(small) {
			t.Fatal("a window is to end of which nothing is kept")
		}
	}
	is(0)

	// Long URLs are not overlooked, whatever else begins.
	const longest = 25 << 20 // of which there are two
	begin(large, 0, most/4, true)
	begin(small, longest, 1, true)
	last++
	there[last] = true
	if w, n := k.begun(small, keptLead{last, longest}); w != small || n < maxKept {
		t.Errorf("%v is to end, with %d bytes", w, n)
	}
	if len(k.of) != 1 {
		t.Errorf("%d windows are left", len(k.of))
	}
}
