package transport_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestCloseDeliversEverything: Close right behind the last Send drops nothing, on many channels at
// once.
func TestCloseDeliversEverything(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "c", func(ctx context.Context, a struct{ C []*transport.Channel[int] }) (
		int, error) {
		for _, c := range a.C {
			for i := range 3 {
				if err := c.Send(ctx, i); err != nil {
					return 0, err
				}
			}
			c.Close()
		}
		return 1, nil
	})
	p := openPage(t, e, transporttest.Config{})
	n := 0
	for range 8 {
		var chs []*transporttest.Channel
		for range 500 {
			chs = append(chs, p.NewChannel())
		}
		if _, err := p.Invoke(transporttest.Request{Command: "c", Args: map[string]any{"C": chs},
			Channels: chs}); err != nil {
			t.Fatal(err)
		}
		for _, ch := range chs {
			got := 0
			for {
				if _, err := ch.Next(); err != nil {
					break
				}
				got++
			}
			n++
			if got != 3 {
				t.Fatalf("channel %d: three were accepted, then Close; %d came, %v", n, got,
					p.Err())
			}
		}
	}
}

// TestLatestBesideClose: a value that a channel with Latest accepted beside Close is delivered
// before the close.
func TestLatestBesideClose(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "latest", func(ctx context.Context, a struct{ C *transport.Channel[int] }) (
		int, error) {
		if err := a.C.Configure(transport.ChannelOptions{OnFull: transport.Latest}); err != nil {
			return 0, err
		}
		done := make(chan int)
		go func() {
			last := -1
			for i := 0; ; i++ {
				if err := a.C.Send(ctx, i); err != nil {
					break
				}
				last = i
				if i%16 == 15 {
					runtime.Gosched() // one processor alone would send for 10 ms
				}
			}
			done <- last
		}()
		for range 3 {
			runtime.Gosched()
		}
		a.C.Close()
		return <-done, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for n := range 1000 {
		ch := p.NewChannel()
		r, err := p.Invoke(transporttest.Request{
			Command: "latest", Args: map[string]any{"C": ch},
			Channels: []*transporttest.Channel{
				ch,
			},
		})
		if err != nil {
			t.Fatalf("round %d: %v", n, err)
		}
		got := -1
		for {
			m, err := ch.Next()
			if err != nil {
				break
			}
			got = decodeInt(t, m.Data)
		}
		if want := decodeInt(t, r.Data); got != want {
			t.Fatalf("round %d: last accepted %d, last received %d; page %v", n, want, got, p.Err())
		}
	}
}

// TestFlushOfDroppedMessages: Flush gives an error when the page closes the channel before all has
// arrived.
func TestFlushOfDroppedMessages(t *testing.T) {
	e := newEngine(t, transport.Options{Window: 64 << 10, MaxBatch: 16 << 10})
	got := make(chan *transport.Channel[[]byte], 1)
	transport.Handle(e, "c", func(ctx context.Context, a struct{ C *transport.Channel[[]byte] }) (
		int, error) {
		a.C.Keep()
		got <- a.C
		return 1, nil
	})
	p := openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	p.Start(transporttest.Request{
		Command: "c", Args: map[string]any{"C": ch}, Channels: []*transporttest.Channel{ch},
	})
	c := <-got
	for range 1000 {
		if err := c.Send(within(t), make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	flushed := make(chan error, 1)
	go func() { flushed <- c.Flush(within(t)) }()
	ch.Close()
	if err := <-flushed; !errors.Is(err, transport.ErrClosed) {
		t.Fatalf("Flush returned nil, though most messages were dropped (%v)", c.Err())
	}
}
