package transport

import "testing"

// TestScriptsAreForgotten: a source is kept while the page may ask for it: while it is being sent, and until the
// lane's tail is further away than what the page may not have handled. Those that the page has asked for or answered go at once.
func TestScriptsAreForgotten(t *testing.T) {
	const reach = 1000
	var k scripts
	kept := func(want ...uint32) {
		t.Helper()
		if len(k.kept) != len(want) {
			t.Errorf("%d scripts are kept, want %v", len(k.kept), want)
		}
		for _, id := range want {
			if k.kept[id] == nil {
				t.Errorf("script %d is forgotten", id)
			}
		}
	}
	for id := range uint32(4) {
		k.keep(id+1, "", false) // an empty script is one, too
	}
	kept(1, 2, 3, 4)
	k.sent(2, 100, reach)
	k.sent(1, 50, reach) // the others came to the end of their sending later: their tails are no order
	kept(1, 2, 3, 4)
	if c, ok := k.take(3); !ok || c.id != 3 { // the page was quicker than the end of its sending
		t.Error("script 3 is not there")
	}
	if _, ok := k.take(3); ok {
		t.Error("script 3 is there twice")
	}
	k.sent(3, 150, reach)
	kept(1, 2, 4)
	k.keep(5, "", true)
	k.sent(5, 1100, reach)
	kept(1, 2, 4, 5) // the oldest is exactly within reach
	k.keep(6, "", true)
	k.sent(6, 1101, reach)
	kept(4, 5, 6) // 4 is still being sent
	if c, ok := k.take(5); !ok || !c.result {
		t.Error("script 5 is not there")
	}
	k.sent(4, 5000, reach)
	kept(4)
	if len(k.order) != 1 {
		t.Errorf("%d stand in order", len(k.order))
	}
}
