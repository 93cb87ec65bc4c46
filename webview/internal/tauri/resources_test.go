package tauri

import (
	"io"
	"testing"
)

type nothing struct{ io.Closer }

// TestResourceNumbersWrap: the numbers of resources begin anew, without 0 and those that are held.
func TestResourceNumbersWrap(t *testing.T) {
	r := Resources{}
	var got []uint32
	add := func() {
		rid, err := r.Add(nothing{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rid)
	}
	add()
	r.last = 1<<32 - 2
	add()
	add()
	if want := [3]uint32{1, 1<<32 - 1, 2}; [3]uint32(got) != want || len(r.held) != 3 {
		t.Errorf("the numbers are %d, want %d; %d are held", got, want, len(r.held))
	}
}
