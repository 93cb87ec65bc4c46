package transport

import "testing"

// TestScriptsAreForgotten: a source is kept while the page may ask for it: while it is being sent,
// and until the page has credited it. Those that the page has asked for or answered go at once.
// What is kept is counted.
func TestScriptsAreForgotten(t *testing.T) {
	b := budget{limit: 1 << 20}
	k := scripts{budget: &b}
	keep := func(id uint32, js string, result bool) {
		c := &script{id: id, js: js, result: result}
		if !b.takeAny(heldScripts, c.cost()) {
			t.Fatal("no room")
		}
		k.keep(c)
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
				cost += k.kept[id].cost()
			}
		}
		if used := b.kinds[heldScripts].Load(); used != cost || b.used.Load() != cost {
			t.Errorf("%d bytes are counted, want %d", used, cost)
		}
	}
	for id := range uint32(4) {
		keep(id+1, "", false) // an empty script is one, too
	}
	kept(1, 2, 3, 4)
	k.sent(2, 100)
	k.sent(1, 50) // the others came to the end of their sending later: their tails are no order
	k.batched(100, 5000)
	k.credited(4999)
	kept(1, 2, 3, 4)
	if c, ok := k.take(3); !ok || c.id != 3 { // the page was quicker than the end of its sending
		t.Error("script 3 is not there")
	}
	if _, ok := k.take(3); ok {
		t.Error("script 3 is there twice")
	}
	k.sent(3, 150)
	kept(1, 2, 4)
	k.credited(5000)
	kept(4) // it is still being sent
	k.sent(4, 90)
	kept() // its credit had come
	keep(5, "some source", true)
	keep(6, "", true)
	k.sent(5, 200)
	k.sent(6, 300)
	k.batched(250, 8000)
	k.batched(300, 9000)
	k.batched(350, 9100) // near the one before: but one mark
	k.credited(8999)
	kept(6)
	if c, ok := k.take(6); !ok || !c.result {
		t.Error("script 6 is not there")
	}
	k.credited(9100)
	if kept(); k.order.len() != 0 || k.marks.len() != 0 {
		t.Errorf("%d stand in order, %d marks", k.order.len(), k.marks.len())
	}
	keep(7, "x", false)
	k.forget()
	kept()
}
