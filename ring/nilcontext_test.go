package ring

import (
	"context"
	"testing"
	"testing/synctest"
)

// none is the context that an app forgot: a nil one.
var none context.Context

// TestNilContext: a claim with a nil context that finds no room waits until there is some.
func TestNilContext(t *testing.T) {
	for _, low := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := mustNew(t, 64, Options{})
			for range 4 {
				put(t, r, 16)
			}
			claim := r.Claim
			if low {
				claim = r.ClaimLow
			}
			done := make(chan error, 1)
			go func() {
				_, err := claim(none, 8)
				done <- err
			}()
			synctest.Wait()
			if len(done) > 0 {
				t.Fatalf("low %v: it did not wait: %v", low, <-done)
			}
			free(t, r, 16)
			if err := <-done; err != nil {
				t.Errorf("low %v: %v", low, err)
			}
		})
	}
}
