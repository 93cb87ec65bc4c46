package fuzz

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// FuzzSession: whatever one request of a page holds, it is answered, and the session either lives
// or has ended with the rule that was broken.
func FuzzSession(f *testing.F) {
	seed(f)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	e, err := transport.NewEngine(transport.Options{Logger: quiet, SessionBytes: 8 << 20})
	if err != nil {
		f.Fatal(err)
	}
	transport.Handle(e, "f", func(_ context.Context, a struct {
		S *transport.Stream[[]byte, []byte]
	}) (int, error) {
		return 1, nil
	})
	transport.Handle(e, "raw", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
	f.Fuzz(func(t *testing.T, raw []byte, _ bool) {
		c := pulls.New("fuzz")
		s, err := e.Open(transport.SessionConfig{Carrier: c})
		if err != nil {
			t.Fatal(err)
		}
		answered := make(chan int, 1)
		c.Request(raw, func(a pulls.Answer) { answered <- a.Status })
		if len(raw) >= wire.HeaderSize && raw[40]|raw[41]|raw[42]|raw[43] != 0 {
			s.End("a pull is held until there is something to say")
		}
		<-answered
		var rule *wire.RuleError
		if err := s.Err(); err != nil && !errors.As(err, &rule) &&
			!errors.Is(err, transport.ErrClosed) {
			t.Fatalf("the session ended with %v", err)
		}
		if err := transporttest.Leftovers(s); err != nil {
			t.Fatal(err)
		}
	})
}
