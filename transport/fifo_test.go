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
