package journal

import (
	"fmt"
	"testing"
)

// TestMaxDenials: so many different denials are logged, each once.
func TestMaxDenials(t *testing.T) {
	var j Journal
	for n := range maxDenials + 2 {
		name := fmt.Sprint("name ", n)
		if got := j.first(name); got != (n < maxDenials) || j.first(name) {
			t.Errorf("denial %d of %d: %v", n+1, maxDenials, got)
		}
	}
}
