package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// The fixed bounds of docs/limits.md: each one below, at it, and one above.

// TestMaxSends: a batch that is lost is sent again, until it was sent so often; its next loss ends
// the session.
func TestMaxSends(t *testing.T) {
	s := built(t, Options{})
	if err := s.addLane(1, &s.lanes.channels).send(noWait, wire.JSON, []byte("1")); err != nil {
		t.Fatal(err)
	}
	b := s.build()
	for n := 1; n <= maxSends; n++ {
		if b == nil || s.Err() != nil {
			t.Fatalf("after %d sendings of %d: %v", n-1, maxSends, s.Err())
		}
		s.down.receipts.settle(b, true)
		s.Lost(b.Number)
		b = s.down.receipts.nextLost()
	}
	if err := s.Err(); err == nil ||
		!strings.Contains(err.Error(), fmt.Sprint(maxSends, " attempts")) {
		t.Errorf("after %d lost sendings: %v", maxSends, err)
	}
}

// TestMaxAhead: so many batches may be without receipt downward; upward, what is further ahead than
// that is a broken rule.
func TestMaxAhead(t *testing.T) {
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	for n := 1; s.down.receipts.mayBuild(); n++ {
		if n > wire.Ahead {
			t.Fatalf("batch %d may be built, none has its receipt", n)
		}
		if err := l.send(noWait, wire.JSON, []byte("1")); err != nil {
			t.Fatal(err)
		}
		s.down.receipts.settle(s.build(), true)
	}
	if len(s.down.receipts.outstanding) != wire.Ahead {
		t.Errorf("%d batches are without receipt", len(s.down.receipts.outstanding))
	}
	for _, number := range []uint64{wire.Ahead - 1, wire.Ahead, wire.Ahead + 1} {
		s := built(t, Options{})
		_, err := s.Receive(wire.Finish(wire.AppendHeader(nil, &wire.Header{Number: number})))
		var rule *wire.RuleError
		if ok := number <= wire.Ahead; ok != (err == nil) || !ok && !errors.As(err, &rule) {
			t.Errorf("batch %d where 1 is due: %v", number, err)
		}
	}
}

// TestMaxFarewell: an error of so many bytes goes to the page whole; of a longer one its code and
// the beginning of its text.
func TestMaxFarewell(t *testing.T) {
	whole := func(n int) error {
		e := &Error{Code: "own", Message: ""}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		e.Message = strings.Repeat("m", n-len(data))
		return e
	}
	for n, kept := range map[int]bool{maxFarewell - 1: true, maxFarewell: true, maxFarewell +
		1: false} {
		data := closing(slog.New(slog.DiscardHandler), whole(n)).farewell
		var got Error
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Code != "own" || kept != (len(data) == n) || len(data) > maxFarewell ||
			len(got.Message) < 500 {
			t.Errorf("an error of %d bytes: %d bytes with the code %q", n, len(data), got.Code)
		}
	}
}
