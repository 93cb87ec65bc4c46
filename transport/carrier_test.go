package transport_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestBorrowInEnvelope: channels are opened as the envelope says, and what does not fit is a broken
// rule.
func TestBorrowInEnvelope(t *testing.T) {
	for _, c := range []struct{ name, envelopes, says string }{
		{"good", `{"cmd":"keep","channels":[1,3],"borrow":[3],"body":"json"}`, ""},
		{
			"again",
			`{"cmd":"keep","channels":[1,3],"borrow":[3,3],"body":"json"}|{"cmd":"keep",
				"channels":[3,1,3],"borrow":[3],"body":"json"}`, "",
		},
		{"none", `{"cmd":"keep","channels":[1,3],"borrow":[],"body":"json"}`, ""},
		{"no channel of it", `{"cmd":"keep","channels":[1],"borrow":[3],"body":"json"}`,
			"lane 3 is to be borrowed and is none of its channels"},
		{"no channels", `{"cmd":"keep","borrow":[1],"body":"json"}`, "lane 1 is to be borrowed " +
			"and is none of its channels"},
		{"even", `{"cmd":"keep","channels":[1],"borrow":[2],"body":"json"}`, "is no channel"},
		{"no number", `{"cmd":"keep","channels":[1],"borrow":["1"],"body":"json"}`,
			"is no channel"},
		{"over 32 bits", `{"cmd":"keep","channels":[1],"borrow":[4294967297],"body":"json"}`,
			"is no channel"},
		{
			"later",
			`{"cmd":"keep","channels":[1],"body":"json"}|{"cmd":"keep","channels":[1],"borrow":[1],
				"body":"json"}`, "lane 1 was opened with borrow false",
		},
		{
			"no longer",
			`{"cmd":"keep","channels":[1],"borrow":[1],"body":"json"}|{"cmd":"keep","channels":[1],
				"body":"json"}`, "lane 1 was opened with borrow true",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			transport.Handle(e, "keep", func(ctx context.Context, _ struct{}) (int, error) {
				<-ctx.Done()
				return 1, nil
			})
			u := openUp(t, e)
			var err error
			for i, envelope := range strings.Split(c.envelopes, "|") {
				if err != nil {
					t.Fatalf("refused too early: %v", err)
				}
				err = u.try(0, invokeFrame(uint32(i+1), envelope, "{}"))
			}
			var rule *wire.RuleError
			if c.says == "" && err != nil || c.says != "" &&
				(!errors.As(err, &rule) || !strings.Contains(rule.Rule, c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// TestLostAll: a carrier that goes over to another way loses nothing, and no batch is worn by that.
func TestLostAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		u := openUp(t, e)
		for range 3 {
			if err := u.s.Eval("1"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		sent := u.s.Stats().Batches
		if sent != 3 {
			t.Fatalf("%d batches", sent)
		}
		u.receive(wire.AppendHeader(nil, &wire.Header{Receipt: 1}))
		for i := range uint64(50) {
			u.carrier.port.LostAll()
			synctest.Wait()
			if got := u.s.Stats(); got.Batches != sent+2*(i+1) || got.Resent != 2*(i+1) ||
				u.s.Err() != nil {
				t.Fatalf("after %d times: %d batches, %d of them again, %v", i+1, got.Batches,
					got.Resent, u.s.Err())
			}
		}
		u.receive(wire.AppendHeader(nil, &wire.Header{Receipt: 3}))
		u.carrier.port.LostAll()
		synctest.Wait()
		if got := u.s.Stats(); got.Unreceipted != 0 || got.Batches != sent+100 {
			t.Errorf("%d without receipt, %d batches", got.Unreceipted, got.Batches)
		}
	})
}

// TestBorrowedOrder: borrowed and other channels in one session, over a carrier with faults.
func TestBorrowedOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{RingBytes: 256 << 10})
		type args struct{ A, B *transport.Channel[[]byte] }
		const n = 300
		transport.Handle(e, "run", func(ctx context.Context, a args) (int, error) {
			for i := range n {
				for _, c := range []*transport.Channel[[]byte]{a.A, a.B} {
					if err := c.Send(ctx, make([]byte, i*i)); err != nil {
						return 0, err
					}
				}
			}
			return n, nil
		})
		p, err := transporttest.Open(e, transporttest.Config{
			Faults: transporttest.Faults{
				LoseAnswer: 0.05, Repeat: 0.1, Delay: 20 * time.Millisecond,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		a, b := p.NewChannel(), p.NewChannel()
		b.Borrow()
		call := p.Start(transporttest.Request{Command: "run", Args: map[string]any{"A": a, "B": b},
			Channels: []*transporttest.Channel{a, b}})
		for i := range n {
			for _, c := range []*transporttest.Channel{a, b} {
				if m, err := c.Next(); err != nil || len(m.Data) != i*i {
					t.Fatalf("message %d: %d bytes, %v", i, len(m.Data), err)
				}
			}
		}
		r, err := call.Wait()
		wantJSON(t, r, err, "300")
	})
}
