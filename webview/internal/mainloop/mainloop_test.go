package mainloop

import (
	"slices"
	"testing"
)

// TestCompact: of tasks with one key the last one stays, but nothing is left out across a barrier.
func TestCompact(t *testing.T) {
	var ran []int
	list := []Task{}
	for n, key := range []any{"a", "b", nil, "a", true, "a", "b", "c", "b", nil} {
		if key == true {
			list = append(list, Task{Barrier: true, F: func() { ran = append(ran, n) }})
			continue
		}
		list = append(list, Task{Key: key, F: func() { ran = append(ran, n) }})
	}
	for _, t := range compact(list) {
		t.F()
	}
	if want := []int{1, 2, 3, 4, 5, 7, 8, 9}; !slices.Equal(ran, want) {
		t.Errorf("%v ran, want %v", ran, want)
	}
}
