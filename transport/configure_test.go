package transport_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// wordCodec encodes everything as one word.
type wordCodec struct{ transport.JSONCodec }

func (wordCodec) Append(dst []byte, _ any) ([]byte, error) { return append(dst, `"word"`...), nil }

func (wordCodec) Decode(_ []byte, v any) error { *v.(*int) = -1; return nil }

// TestConfigureBesideUse: Configure beside the first Send, or beside the first Receive, either
// counts for that message or gives ErrInUse.
func TestConfigureBesideUse(t *testing.T) {
	const rounds = 200
	e := newEngine(t, transport.Options{})
	outcomes := map[bool]int{}
	check := func(t *testing.T, name string, configured error, changed bool) {
		t.Helper()
		if configured != nil && !errors.Is(configured, transport.ErrInUse) ||
			(configured == nil) != changed {
			t.Errorf("%s: Configure gave %v, its codec was used: %v", name, configured, changed)
		}
		outcomes[changed]++
	}
	transport.Handle(e, "c", func(ctx context.Context, a struct {
		S, R *transport.Stream[int, int]
	}) (any, error) {
		var wg sync.WaitGroup
		var sent, received error
		var got int
		wg.Go(func() { sent = a.S.Configure(transport.ChannelOptions{Codec: wordCodec{}}) })
		wg.Go(func() { _ = a.S.Send(ctx, 7) })
		wg.Go(func() { received = a.R.Configure(transport.ChannelOptions{Codec: wordCodec{}}) })
		wg.Go(func() { got, _ = a.R.Receive(ctx) })
		wg.Wait()
		check(t, "receive", received, got == -1)
		return sent == nil, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for range rounds {
		s, r := p.NewChannel(), p.NewChannel()
		call := p.Start(transporttest.Request{
			Command: "c", Args: map[string]any{"S": s, "R": r},
			Channels: []*transporttest.Channel{
				s, r,
			},
		})
		if err := r.Send(wire.JSON, []byte("7")); err != nil {
			t.Fatal(err)
		}
		m, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		result, err := call.Wait()
		if err != nil {
			t.Fatal(err)
		}
		var configured error
		if string(result.Data) == "false" {
			configured = transport.ErrInUse
		}
		check(t, "send", configured, string(m.Data) == `"word"`)
	}
	t.Logf("its codec was used %d times, and %d times not", outcomes[true], outcomes[false])
}

// TestAllEndsWithItsContext: the context ends while the loop has a message. What has come is given,
// and then the context's cause; also behind a message that does not decode.
func TestAllEndsWithItsContext(t *testing.T) {
	for _, second := range []string{"", "2", `"no number"`} {
		page, s := converse(t)
		for _, m := range []string{"1", second} {
			if m == "" {
				continue
			}
			if err := page.Send(wire.JSON, []byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(within(t))
		defer cancel(nil)
		n, last := 0, error(nil)
		for _, err := range s.All(ctx) {
			for n == 0 && second != "" && s.Stats().Received < 2 {
				if err := within(t).Err(); err != nil {
					t.Fatal(err)
				}
			}
			cancel(why)
			n, last = n+1, err
		}
		want := 2
		if second != "" {
			want = 3
		}
		if n != want || !errors.Is(last, why) {
			t.Errorf("behind %q: %d pairs, the last with %v, want %d and the context's cause",
				second,
				n, last, want)
		}
	}
}

// TestAllEndedByGo: the stream's end by Go is the last pair's error, also when the page has closed
// it, too, by then.
func TestAllEndedByGo(t *testing.T) {
	page, s := converse(t)
	s.Close()
	page.Close()
	if _, err := page.Next(); err == nil {
		t.Error("a message came")
	}
	n := 0
	for _, err := range s.All(within(t)) {
		if n++; !errors.Is(err, transport.ErrClosed) {
			t.Errorf("the error is %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d pairs", n)
	}
}
