package transport

import "testing"

// TestFifo compares it with a slice.
func TestFifo(t *testing.T) {
	var q fifo[*lane]
	var want []*lane
	for i := range uint64(100_000) {
		switch x := i * 0x9e3779b97f4a7c15 >> 60; {
		case x < 7 || len(want) == 0:
			l := new(lane)
			q.push(l)
			want = append(want, l)
		case x < 9:
			q.pushFront(q.pop())
		default:
			if l := q.pop(); l != want[0] {
				t.Fatalf("step %d: another lane", i)
			}
			want = want[1:]
		}
		if q.len() != len(want) {
			t.Fatalf("step %d: %d lanes, want %d", i, q.len(), len(want))
		}
	}
	if cap(q.all) > 64<<10 {
		t.Errorf("the queue has grown to %d", cap(q.all))
	}
}

// TestFifoShrinks: a queue that has had many has no room for them once it is empty.
func TestFifoShrinks(t *testing.T) {
	for name, empty := range map[string]func(q *fifo[int]){
		"pop": func(q *fifo[int]) {
			for q.len() > 0 {
				q.pop()
			}
		},
		"deleteFunc": func(q *fifo[int]) { q.deleteFunc(func(int) bool { return true }) },
	} {
		var q fifo[int]
		for _, n := range []int{maxSpare, 100_000} {
			for i := range n {
				q.push(i)
			}
			empty(&q)
			if got := cap(q.all); q.len() != 0 || got > 2*maxSpare {
				t.Errorf("%s: %d of %d are left, in room for %d", name, q.len(), n, got)
			}
		}
	}
}
