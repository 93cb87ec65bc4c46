package transporttest_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestPatience: whatever the page waits for in vain ends after its patience, in the time of the
// bubble, and says what that was.
func TestPatience(t *testing.T) {
	type streams struct {
		C *transport.Stream[int, []byte]
	}
	for name, c := range map[string]struct {
		wait func(p *transporttest.Page, ch *transporttest.Channel) error
		says string
	}{
		"a message": {func(_ *transporttest.Page, ch *transporttest.Channel) error {
			_, err := ch.Next()
			return err
		}, "a message on channel 1"},
		"an event": {func(p *transporttest.Page, _ *transporttest.Channel) error {
			_, err := p.NextEvent()
			return err
		}, "an event"},
		"a result": {func(p *transporttest.Page, _ *transporttest.Channel) error {
			_, err := p.Invoke(transporttest.Request{Command: "never"})
			return err
		}, `the result of command "never"`},
		"a stalled page": {func(p *transporttest.Page, _ *transporttest.Channel) error {
			p.Stall(true)
			_, err := p.NextEvent()
			return err
		}, "stands still"},
		"a channel that Go does not take": {func(p *transporttest.Page,
			_ *transporttest.Channel) error {
			return p.NewChannel().Send(wire.JSON, []byte("1"))
		}, "Go to take channel 3"},
		"room in the window": {func(_ *transporttest.Page, ch *transporttest.Channel) error {
			for {
				if err := ch.Send(wire.Bytes, make([]byte, 30_000)); err != nil {
					return err
				}
			}
		}, "Go to receive on lane 1"},
		"another large message's end": {func(_ *transporttest.Page,
			ch *transporttest.Channel) error {
			go func() { _ = ch.Send(wire.Bytes, make([]byte, 1<<20)) }()
			time.Sleep(time.Minute)
			// it waits for that one, and then for Go
			return ch.Send(wire.Bytes, make([]byte, 100_000))
		}, "on lane 1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, err := transport.NewEngine(transport.Options{
					Logger: slog.New(slog.DiscardHandler), MaxBatch: 16 << 10, Window: 64 << 10,
					Hold: time.Second,
				})
				if err != nil {
					t.Fatal(err)
				}
				over := make(chan struct{})
				defer close(over)
				never := func(context.Context) (any, error) { <-over; return nil, nil }
				transport.Handle(e, "never", func(ctx context.Context, _ struct{}) (any, error) {
					return never(ctx)
				})
				transport.Handle(e, "take", func(_ context.Context, a streams) (any, error) {
					a.C.Keep()
					return nil, nil
				})
				p, err := transporttest.Open(e, transporttest.Config{Patience: 90 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				ch := p.NewChannel()
				if _, err := p.Invoke(transporttest.Request{
					Command: "take",
					Args: map[string]any{
						"C": ch,
					}, Channels: []*transporttest.Channel{ch},
				}); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				err = c.wait(p, ch)
				if !errors.Is(err, transporttest.ErrPatience) ||
					!strings.Contains(err.Error(), c.says) {
					t.Errorf("it gave %v, want %q in it", err, c.says)
				}
				if took := time.Since(start); took < 90*time.Second || took > 4*time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
