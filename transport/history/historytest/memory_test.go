package historytest_test

import (
	"testing"

	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/history/historytest"
)

// TestMemory: the store that channels have by default does what stores promise.
func TestMemory(t *testing.T) {
	historytest.Run(t, historytest.Config{
		New: func(t testing.TB) history.Store {
			m, err := history.NewMemory(history.MinMemory)
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
		Again:    func(_ testing.TB, s history.Store) history.Store { return s },
		Overflow: 2 * history.MinMemory,
	})
}
