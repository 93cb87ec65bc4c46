package scripts

import (
	"testing"

	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// TestScriptsAreForgotten: a source is kept while the page may ask for it: while it is being sent,
// and until the page has credited it. Those that the page has asked for or answered go at once.
// What is kept is counted.
func TestScriptsAreForgotten(t *testing.T) {
	var b budget.Budget
	b.Start(1 << 20)
	k := Store{budget: &b}
	keep := func(id uint32, js string, result bool) {
		c := &Script{ID: id, JS: js, Result: result}
		if !b.TakeAny(budget.Scripts, c.Cost()) {
			t.Fatal("no room")
		}
		k.Keep(c)
	}
	kept := func(want ...uint32) {
		t.Helper()
		if len(k.kept) != len(want) {
			t.Errorf("%d scripts are kept, want %v", len(k.kept), want)
		}
		cost := int64(0)
		for _, id := range want {
			if k.kept[id] == nil {
				t.Errorf("script %d is forgotten", id)
			} else {
				cost += k.kept[id].Cost()
			}
		}
		if held, _ := b.Held(); held[budget.Scripts] != cost || b.Used() != cost {
			t.Errorf("%d bytes are counted, want %d", held[budget.Scripts], cost)
		}
	}
	for id := range uint32(4) {
		keep(id+1, "", false) // an empty script is one, too
	}
	kept(1, 2, 3, 4)
	k.Sent(2, 100)
	k.Sent(1, 50) // the others came to the end of their sending later: their tails are no order
	k.Batched(100, 5000)
	k.Credited(4999)
	kept(1, 2, 3, 4)
	if c, ok := k.Take(3); !ok || c.ID != 3 { // the page was quicker than the end of its sending
		t.Error("script 3 is not there")
	}
	if _, ok := k.Take(3); ok {
		t.Error("script 3 is there twice")
	}
	k.Sent(3, 150)
	kept(1, 2, 4)
	k.Credited(5000)
	kept(4) // it is still being sent
	k.Sent(4, 90)
	kept() // its credit had come
	keep(5, "some source", true)
	keep(6, "", true)
	k.Sent(5, 200)
	k.Sent(6, 300)
	k.Batched(250, 8000)
	k.Batched(300, 9000)
	k.Batched(350, 9100) // near the one before: but one mark
	k.Credited(8999)
	kept(6)
	if c, ok := k.Take(6); !ok || !c.Result {
		t.Error("script 6 is not there")
	}
	k.Credited(9100)
	if kept(); k.order.Len() != 0 || k.marks.Len() != 0 {
		t.Errorf("%d stand in order, %d marks", k.order.Len(), k.marks.Len())
	}
	keep(7, "x", false)
	k.Forget()
	kept()
}
