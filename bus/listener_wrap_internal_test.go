package bus

import (
	"io"
	"log/slog"
	"math"
	"slices"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// TestListenerNumbersWrap: behind the last number, listeners have those that are not in use, and
// never 0; each is ended by its own.
func TestListenerNumbersWrap(t *testing.T) {
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	e, err := transport.NewEngine(transport.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(e, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []ID
	listen := func(n int) {
		t.Helper()
		for range n {
			id, err := b.Listen(Any, "e", func(Event) {})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
	}
	listen(3)
	if !b.Unlisten(2) {
		t.Fatal("listener 2 is not there")
	}
	b.lastID = math.MaxUint32 - 2
	listen(4)
	if want := []ID{1, 2, 3, math.MaxUint32 - 1, math.MaxUint32, 2, 4}; !slices.Equal(ids, want) {
		t.Fatalf("listeners have the numbers %d, want %d", ids, want)
	}
	for _, id := range []ID{1, 2, 3, 4, math.MaxUint32 - 1, math.MaxUint32} {
		if !b.Unlisten(id) || b.Unlisten(id) {
			t.Errorf("listener %d is not ended once", id)
		}
	}
}
