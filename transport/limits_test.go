package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// The rows of docs/limits.md that have no test elsewhere: each bound one below, at it, and one
// above.

// TestOptionRanges: the lowest and the highest value are taken, those beside them give an error
// that names the field.
func TestOptionRanges(t *testing.T) {
	small := transport.Options{MaxBatch: 16 << 10, ControlBytes: 16 << 10}
	for _, c := range []struct {
		name                   string
		set                    func(o *transport.Options, v int64)
		below, low, high, over int64
	}{
		{"RingBytes", func(o *transport.Options, v int64) { o.RingBytes = int(v) }, 8 << 10,
			16 << 10, 512 << 20, 1 << 30},
		{"ControlBytes", func(o *transport.Options, v int64) { o.ControlBytes = int(v) }, 8 << 10,
			16 << 10, 64 << 20, 128 << 20},
		{"SessionBytes", func(o *transport.Options, v int64) { o.SessionBytes = int(v) }, 1<<20 - 1,
			1 << 20, 1 << 30, 1<<30 + 1},
		{"Window", func(o *transport.Options, v int64) { o.Window = int(v) }, 32<<10 - 1, 32 << 10,
			1 << 30, 1<<30 + 1},
		{"MaxBatch", func(o *transport.Options, v int64) { o.MaxBatch = int(v) }, 16<<10 - 8,
			16 << 10, 1<<20 + 16<<10, 1<<20 + 16<<10 + 8},
		{"MaxMessage", func(o *transport.Options, v int64) { o.MaxMessage = int(v) }, 1<<10 - 1,
			1 << 10, 1 << 30, 1<<30 + 1},
		{"Lanes", func(o *transport.Options, v int64) { o.Lanes = int(v) }, -1, 1, 1 << 20,
			1<<20 + 1},
		{"Pending", func(o *transport.Options, v int64) { o.Pending = int(v) }, -1, 1, 1 << 20,
			1<<20 + 1},
		{"Pulls", func(o *transport.Options, v int64) { o.Pulls = int(v) }, -1, 1, 8, 9},
		{"Hold", func(o *transport.Options, v int64) { o.Hold = time.Duration(v) }, -1, 1,
			int64(time.Hour), int64(time.Hour) + 1},
		{"PostHold", func(o *transport.Options, v int64) { o.PostHold = time.Duration(v) }, -1, 1,
			int64(time.Hour), int64(time.Hour) + 1},
		{"ResendAfter", func(o *transport.Options, v int64) { o.ResendAfter = time.Duration(v) },
			-1, 1, int64(time.Hour), int64(time.Hour) + 1},
	} {
		for _, v := range []int64{c.low, c.high} {
			o := small
			if c.set(&o, v); o.Pulls == 0 {
				o.Pulls = 1
			}
			if _, err := transport.NewEngine(o); err != nil {
				t.Errorf("%s %d: %v", c.name, v, err)
			}
		}
		for _, v := range []int64{c.below, c.over} {
			o := small
			c.set(&o, v)
			if _, err := transport.NewEngine(o); err == nil ||
				!strings.Contains(err.Error(), c.name+" is ") {
				t.Errorf("%s %d: %v", c.name, v, err)
			}
		}
	}
}

// TestMaxMessage: down, the sender gets ErrTooLarge and the channel goes on; up, the session ends.
func TestMaxMessage(t *testing.T) {
	const limit = 1 << 10
	_, page, ch := grab[[]byte](t, transport.Options{MaxMessage: limit}, transporttest.Config{})
	for _, n := range []int{limit - 1, limit, limit + 1, limit} {
		err := ch.Send(within(t), make([]byte, n))
		if n > limit {
			if !errors.Is(err, transport.ErrTooLarge) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if m, err := page.Next(); err != nil || len(m.Data) != n {
			t.Fatalf("%d bytes: %d came, %v", n, len(m.Data), err)
		}
	}
	for _, fragments := range []bool{false, true} {
		t.Run(fmt.Sprintf("up, fragments %v", fragments), func(t *testing.T) {
			e := newEngine(t, transport.Options{MaxMessage: limit})
			got := make(chan int, 8)
			handleLengths(e, got)
			u := openStream(t, e)
			send := func(n int) error {
				if !fragments {
					return u.try(1, wire.Frame{Kind: wire.Bytes, Payload: make([]byte, n)})
				}
				begin := make([]byte, wire.BeginSize+n-1)
				wire.PutBegin(begin, n, wire.Bytes)
				return u.try(1, wire.Frame{Kind: wire.Begin, Payload: begin},
					wire.Frame{Kind: wire.End, Payload: make([]byte, 1)})
			}
			for _, n := range []int{limit - 1, limit} {
				if err := send(n); err != nil {
					t.Fatalf("%d bytes: %v", n, err)
				}
				if m := <-got; m != n {
					t.Fatalf("%d bytes came as %d", n, m)
				}
			}
			var rule *wire.RuleError
			if err := send(limit + 1); !errors.As(err, &rule) ||
				!strings.Contains(rule.Rule, "1024") || u.s.Err() == nil {
				t.Errorf("one byte more: %v, session %v", err, u.s.Err())
			}
		})
	}
}

// handleLengths makes a command that tells the lengths of the messages on its channel.
func handleLengths(e *transport.Engine, got chan int) {
	transport.Handle(e, "read", func(ctx context.Context, a struct {
		S *transport.Stream[int, []byte]
	}) (any, error) {
		for {
			m, err := a.S.Receive(ctx)
			if err != nil {
				return nil, err
			}
			got <- len(m)
		}
	})
}

// openStream opens a page that has called read with its channel 1, on which it may send.
func openStream(t *testing.T, e *transport.Engine) *upPage {
	t.Helper()
	u := openUp(t, e)
	u.invoke(1, `{"cmd":"read","channels":[1],"body":"json"}`, `{"S":"__CHANNEL__:1"}`)
	for u.s.Stats().Batches == 0 { // it has announced the channel
		runtime.Gosched()
	}
	return u
}

// TestMaxBatchUp: a batch may have 64 KiB beyond MaxBatch; 8 bytes more are a broken rule.
func TestMaxBatchUp(t *testing.T) {
	const limit = 16<<10 + 64<<10
	e := newEngine(t, transport.Options{MaxBatch: 16 << 10})
	got := make(chan int, 8)
	handleLengths(e, got)
	u := openStream(t, e)
	rest := len(upBatch(wire.Header{Number: 2}, run(1, 0, wire.Frame{Kind: wire.Bytes})))
	for _, n := range []int{limit - 8, limit} {
		if err := u.try(1, wire.Frame{
			Kind: wire.Bytes, Payload: make([]byte, n-rest),
		}); err != nil {
			t.Fatalf("batch of %d bytes: %v", n, err)
		}
		if m := <-got; m != n-rest {
			t.Fatalf("%d bytes came as %d", n-rest, m)
		}
	}
	var rule *wire.RuleError
	err := u.try(1, wire.Frame{Kind: wire.Bytes, Payload: make([]byte, limit+8-rest)})
	if !errors.As(err, &rule) || !strings.Contains(rule.Rule, fmt.Sprint("the limit is ", limit)) ||
		u.s.Err() == nil {
		t.Errorf("batch of %d bytes: %v, session %v", limit+8, err, u.s.Err())
	}
}

// TestMaxFrame: a message of half of MaxBatch less 64 bytes goes as one frame, one byte more as
// fragments; no batch is over MaxBatch.
func TestMaxFrame(t *testing.T) {
	const maxBatch, frame = 16 << 10, 8<<10 - 64
	sizes := []int{frame - 1, frame, frame + 1}
	e := newEngine(t, transport.Options{MaxBatch: maxBatch})
	transport.Handle(e, "send", func(ctx context.Context,
		a struct{ C *transport.Channel[[]byte] }) (any, error) {
		for _, n := range sizes {
			if err := a.C.Send(ctx, make([]byte, n)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	raw, _ := rawSession(t, e)
	s := &receipting{raw: raw}
	request := upBatch(wire.Header{
		Number: 1,
	}, run(0, 0, invokeFrame(1, `{"cmd":"send","channels":[1],"body":"json"}`,
		`{"C":"__CHANNEL__:1"}`)))
	var whole []int
	for n, parts := uint32(2), 0; len(whole) < 2 || parts < 2; n++ {
		a := s.exchange(request)
		// a pull
		request = wire.Finish(wire.AppendHeader(nil, &wire.Header{Request: n, Hold: 20_000}))
		if a.status == http.StatusNoContent {
			continue
		}
		if len(a.body) > maxBatch {
			t.Errorf("a batch of %d bytes", len(a.body))
		}
		b, err := wire.Decode(a.body, wire.Down)
		if err != nil || a.status != http.StatusOK {
			t.Fatal(a.status, err)
		}
		for _, r := range b.Runs {
			err := r.Each(func(f wire.Frame, _ int) error {
				switch {
				case r.Lane != 1:
				case f.Kind == wire.Bytes:
					whole = append(whole, len(f.Payload))
				case f.Kind >= wire.Begin:
					parts++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if !slices.Equal(whole, sizes[:2]) {
		t.Errorf("whole messages of %d bytes, want %d", whole, sizes[:2])
	}
}
