package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestWindowDown: a page that consumes nothing holds as many messages as the window takes, and gets
// the next for what it consumes. What the ring takes is kept, one more is ErrFull, and all that was
// accepted comes in order.
func TestWindowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// a message of stride with its header
		const window, ring, stride = 32 << 10, 16 << 10, 1 << 10
		e := newEngine(t, transport.Options{MaxBatch: 16 << 10, Window: window, RingBytes: ring,
			ControlBytes: 16 << 10})
		channels := make(chan *transport.Channel[[]byte], 1)
		transport.Handle(e, "keep", func(_ context.Context,
			a struct{ C *transport.Channel[[]byte] }) (any, error) {
			a.C.Keep()
			channels <- a.C
			return nil, nil
		})
		p, err := transporttest.Open(e, transporttest.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		page := p.NewChannel()
		if _, err := p.Invoke(transporttest.Request{
			Command: "keep", Args: map[string]any{"C": page},
			Channels: []*transporttest.Channel{
				page,
			},
		}); err != nil {
			t.Fatal(err)
		}
		ch := <-channels
		accepted := 0
		try := func() error {
			m := make([]byte, stride-8)
			m[0] = byte(accepted)
			err := ch.TrySend(m)
			if err == nil {
				accepted++
			}
			return err
		}
		fill := func() {
			t.Helper()
			for {
				err := try()
				time.Sleep(time.Second) // the page has what it may have, and the ring the space
				if err == nil {
					continue
				}
				if !errors.Is(err, transport.ErrFull) {
					t.Fatal(err)
				}
				return
			}
		}
		fill()
		if page.Queued() != window/stride {
			t.Errorf("the page holds %d messages, its window takes %d", page.Queued(),
				window/stride)
		}
		// 8 bytes are kept for an abort
		if held := accepted - page.Queued(); held != ring/stride-1 {
			t.Errorf("the ring holds %d messages of %d", held, ring/stride)
		}
		for n := range accepted {
			if m, err := page.Next(); err != nil || m.Data[0] != byte(n) {
				t.Fatalf("message %d: %v", n, err)
			}
		}
		time.Sleep(time.Second)
		if err := try(); err != nil {
			t.Errorf("all is consumed: %v", err)
		}
	})
}

// TestWindowUp: what the page sends without credit fits the window, or is a broken rule.
func TestWindowUp(t *testing.T) {
	const window = 32 << 10
	e := newEngine(t, transport.Options{MaxBatch: 16 << 10, Window: window})
	transport.Handle(e, "read", func(ctx context.Context, _ struct {
		S *transport.Stream[int, []byte]
	}) (any, error) {
		<-ctx.Done()
		return nil, nil
	})
	u := openStream(t, e)
	for range window/1024 - 1 {
		u.send(1, wire.Frame{Kind: wire.Bytes, Payload: make([]byte, 1016)})
	}
	u.send(1, wire.Frame{Kind: wire.Bytes, Payload: make([]byte, 1008)}) // 8 bytes below
	u.send(1, wire.Frame{Kind: wire.Bytes})                              // at it
	var rule *wire.RuleError
	err := u.try(1, wire.Frame{Kind: wire.Bytes})
	if !errors.As(err, &rule) || !strings.Contains(rule.Rule, "its window is 32768") ||
		u.s.Err() == nil {
		t.Errorf("a frame beyond the window: %v, session %v", err, u.s.Err())
	}
}

// TestSessionBytesUp: what a page makes Go hold may be SessionBytes to the byte.
func TestSessionBytesUp(t *testing.T) {
	const total = 2 << 20
	for _, beyond := range []int{-1, 0, 1} {
		e := newEngine(t, transport.Options{SessionBytes: total, ControlBytes: 64 << 10})
		transport.Handle(e, "wait", func(ctx context.Context, _ []byte) (any, error) {
			<-ctx.Done()
			return nil, nil
		})
		u := openUp(t, e)
		id, cost := uint32(0), int64(0)
		call := func(n int) error {
			id++
			before := u.s.Stats().Memory
			err := u.try(0, invokeFrame(id, `{"cmd":"wait","body":"bytes"}`,
				strings.Repeat("x", n)))
			cost = u.s.Stats().Memory - before - int64(n)
			return err
		}
		for total-u.s.Stats().Memory > 200_000 {
			if err := call(100_000); err != nil {
				t.Fatal(err)
			}
		}
		last := int(total-u.s.Stats().Memory-cost) + beyond
		err := call(last)
		if beyond <= 0 {
			if used := u.s.Stats().Memory; err != nil || used != total+int64(beyond) {
				t.Errorf("%d bytes are held: %v", used, err)
			}
			continue
		}
		var rule *wire.RuleError
		if !errors.As(err, &rule) || !strings.Contains(rule.Rule, "Options.SessionBytes") ||
			u.s.Err() == nil {
			t.Errorf("one byte beyond: %v, session %v", err, u.s.Err())
		}
	}
}

// TestControlBytes: evals that lane 0 takes run once and in order, whatever comes after; one that
// finds it full is ErrFull.
func TestControlBytes(t *testing.T) {
	var ran []string
	all := make(chan bool)
	p := openPage(t, newEngine(t, transport.Options{ControlBytes: 16 << 10}),
		transporttest.Config{Eval: func(js string) (any, error) {
			if js == "end" {
				close(all)
			} else {
				ran = append(ran, js)
			}
			return nil, nil
		}})
	p.Stall(true)
	var accepted []string
	var err error
	for err == nil {
		js := fmt.Sprint(strings.Repeat(" ", 1000), len(accepted))
		if err = p.Session.Eval(js); err == nil {
			accepted = append(accepted, js)
		}
	}
	if !errors.Is(err, transport.ErrFull) || p.Session.Err() != nil {
		t.Fatalf("after %d evals: %v, session %v", len(accepted), err, p.Session.Err())
	}
	p.Stall(false)
	if err := p.Session.EvalContext(within(t), "end"); err != nil {
		t.Fatal(err)
	}
	<-all
	if !slices.Equal(ran, accepted) {
		t.Errorf("%d evals ran, %d were accepted", len(ran), len(accepted))
	}
}

// TestSlots: the last slot is answered, the one behind it is a broken rule.
func TestSlots(t *testing.T) {
	const pulls, posts = 3, 8
	s, _ := rawSession(t, newEngine(t, transport.Options{Pulls: pulls}))
	for _, slot := range []uint32{pulls + posts - 2, pulls + posts - 1} {
		if a := s.exchange(upBatch(wire.Header{Slot: slot})); a.status != http.StatusOK &&
			a.status != http.StatusNoContent {
			t.Fatalf("slot %d: %d %s", slot, a.status, a.body)
		}
	}
	if a := s.exchange(upBatch(wire.Header{Slot: pulls + posts})); a.status != http.StatusGone ||
		s.Err() == nil {
		t.Errorf("slot %d: %d %s", pulls+posts, a.status, a.body)
	}
}
