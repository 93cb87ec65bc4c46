package fifo

import "testing"

// item has a size, so that each has an address of its own.
type item struct{ _ int }

// TestQueue compares it with a slice.
func TestQueue(t *testing.T) {
	var q Queue[*item]
	var want []*item
	for i := range uint64(100_000) {
		switch x := i * 0x9e3779b97f4a7c15 >> 60; {
		case x < 7 || len(want) == 0:
			l := new(item)
			q.Push(l)
			want = append(want, l)
		case x < 9:
			q.PushFront(q.Pop())
		default:
			if l := q.Pop(); l != want[0] {
				t.Fatalf("step %d: another one", i)
			}
			want = want[1:]
		}
		if q.Len() != len(want) {
			t.Fatalf("step %d: %d are there, want %d", i, q.Len(), len(want))
		}
	}
	if cap(q.all) > 64<<10 {
		t.Errorf("the queue has grown to %d", cap(q.all))
	}
}

// TestQueueShrinks: a queue that has had many has no room for them once it is empty.
func TestQueueShrinks(t *testing.T) {
	for name, empty := range map[string]func(q *Queue[int]){
		"Pop": func(q *Queue[int]) {
			for q.Len() > 0 {
				q.Pop()
			}
		},
		"DeleteFunc": func(q *Queue[int]) { q.DeleteFunc(func(int) bool { return true }) },
	} {
		var q Queue[int]
		for _, n := range []int{MaxSpare, 100_000} {
			for i := range n {
				q.Push(i)
			}
			empty(&q)
			if got := cap(q.all); q.Len() != 0 || got > 2*MaxSpare {
				t.Errorf("%s: %d of %d are left, in room for %d", name, q.Len(), n, got)
			}
		}
	}
}
