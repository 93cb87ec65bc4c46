package loglimit

import (
	"fmt"
	"strings"
	"testing"
)

// TestLoggedOnce: so many different keys are logged, each once and cut.
func TestLoggedOnce(t *testing.T) {
	var o Once
	for n := range maxOnce + 2 {
		key := fmt.Sprint("key ", n)
		if _, first := o.First(key); first != (n < maxOnce) {
			t.Errorf("key %d of %d: %v", n+1, maxOnce, first)
		}
		if _, again := o.First(key); again {
			t.Errorf("key %d is new twice", n+1)
		}
	}
	for n, cut := range map[int]bool{maxKey - 1: false, maxKey: false, maxKey + 1: true} {
		key := strings.Repeat("k", n)
		shown, _ := o.First(key)
		if (shown != key) != cut || len(strings.TrimSuffix(shown, "…")) > maxKey {
			t.Errorf("%d bytes: %q", n, shown)
		}
	}
}
