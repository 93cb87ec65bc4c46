package transport_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// TestTryReceive: what may be more work than a short batch shows is left for another goroutine, and
// is whole there.
func TestTryReceive(t *testing.T) {
	begin := make([]byte, wire.BeginSize+8)
	wire.PutBegin(begin, 9, wire.Invoke)
	call := func(id uint32) wire.Frame { return invokeFrame(id, `{"cmd":"f","body":"json"}`, "{}") }
	type batch struct {
		b     []byte
		taken bool
	}
	broken := upBatch(wire.Header{Number: 1}, run(0, 0, call(1)))
	broken[0]++ // the magic
	for _, c := range []struct {
		name    string
		batches []batch
		ends    bool
	}{
		{"pull", []batch{{upBatch(wire.Header{}), true}}, false},
		{"calls and repeats", []batch{
			{upBatch(wire.Header{Number: 1}, run(0, 0, call(1))), true},
			{upBatch(wire.Header{Number: 2}, run(0, 1, call(2), call(3))), true},
			{upBatch(wire.Header{Number: 1}, run(0, 0, call(1))), true},
		}, false},
		{"fragments", []batch{
			{upBatch(wire.Header{
				Number: 1,
			}, run(0, 0, call(1), wire.Frame{Kind: wire.Begin, Payload: begin})), false},
			{upBatch(wire.Header{Number: 2}, run(0, 2, wire.Frame{Kind: wire.Abort})), false},
			{upBatch(wire.Header{Number: 3}, run(0, 3, call(2))), true},
		}, false},
		{"out of order", []batch{
			{upBatch(wire.Header{Number: 2}, run(0, 1, call(2))), false},
			{upBatch(wire.Header{Number: 1}, run(0, 0, call(1))), false},
			{upBatch(wire.Header{Number: 3}, run(0, 2, call(3))), true},
		}, false},
		{"script's error", []batch{
			{upBatch(wire.Header{
				Number: 1,
			}, run(0, 0, wire.Frame{
				Kind: wire.Error, Payload: words(1, 0, `{"code":"eval","message":"no"}`),
			})), false},
		}, false},
		{"broken batch", []batch{{broken, false}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			transport.Handle(e, "f", func(context.Context, struct{}) (int, error) { return 1, nil })
			u := openUp(t, e)
			if err := u.s.Eval("1"); err != nil {
				t.Fatal(err)
			}
			for i, b := range c.batches {
				before := u.s.Stats().Commands
				_, ok, err := u.carrier.port.TryReceive(b.b)
				if ok != b.taken || err != nil {
					t.Fatalf("batch %d: taken %v, %v", i, ok, err)
				}
				if ok {
					continue
				}
				if st := u.s.Stats(); st.Commands != before || u.s.Err() != nil {
					t.Fatalf("batch %d was left, but %d commands began, %v", i, st.Commands-before,
						u.s.Err())
				}
				if _, err := u.carrier.port.Receive(b.b); (err != nil) != c.ends {
					t.Fatalf("batch %d: %v", i, err)
				}
			}
		})
	}
}

// TestTryReceiveOfManyReceipts: receipts for many channels at once are left for another goroutine.
func TestTryReceiveOfManyReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const channels = 600
		e := newEngine(t, transport.Options{})
		sent := make(chan bool, 1)
		transport.Handle(e, "send", func(ctx context.Context,
			a struct{ C []*transport.Channel[int] }) (int, error) {
			for _, c := range a.C {
				if err := c.Send(ctx, 1); err != nil {
					return 0, err
				}
			}
			sent <- true
			return 1, nil
		})
		u := openUp(t, e)
		u.carrier.held.Store(true) // so that few batches bring all
		envelope, body := []byte(`{"cmd":"send","body":"json","channels":[`), []byte(`{"C":[`)
		for i := range channels {
			if i > 0 {
				envelope, body = append(envelope, ','), append(body, ',')
			}
			envelope = strconv.AppendInt(envelope, int64(2*i+1), 10)
			body = append(strconv.AppendInt(append(body, `"__CHANNEL__:`...), int64(2*i+1), 10),
				'"')
		}
		u.invoke(1, string(append(envelope, `]}`...)), string(append(body, `]}`...)))
		<-sent
		u.carrier.held.Store(false)
		u.carrier.port.Wake()
		synctest.Wait()
		up := func() []byte {
			return wire.Finish(wire.AppendHeader(nil, &wire.Header{Receipt: u.carrier.last.Load()}))
		}
		if _, ok, err := u.carrier.port.TryReceive(up()); ok || err != nil {
			t.Errorf("receipts for %d channels: taken %v, %v", channels, ok, err)
		}
		if _, err := u.carrier.port.Receive(up()); err != nil {
			t.Fatal(err)
		}
	})
}
