package webview

import "testing"

// TestMaxHeldEvals: so many scripts wait for the end of a navigation, and run then.
func TestMaxHeldEvals(t *testing.T) {
	w := &Window{}
	w.evals.changing = true
	gone := &nativeScript{window: w, page: &page{}} // which is told nothing
	ran := 0
	for range maxHeldEvals + 1 {
		gone.whenSettled(func() { ran++ })
	}
	if ran != 0 || len(w.evals.held) != maxHeldEvals {
		t.Errorf("%d have run, %d wait", ran, len(w.evals.held))
	}
	w.settled()
	if gone.whenSettled(func() { ran++ }); ran != maxHeldEvals+1 || len(w.evals.held) != 0 {
		t.Errorf("after it %d have run, %d wait", ran, len(w.evals.held))
	}
}
