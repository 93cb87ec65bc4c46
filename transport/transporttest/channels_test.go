package transporttest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestManyChannels: a page that has read a message of each of many channels, and closes all of
// them, tells Go of some with each batch, as the client does: Go ends the session at one that is
// too large.
func TestManyChannels(t *testing.T) {
	const channels, maxBatch = 15_000, 128 << 10
	e, err := transport.NewEngine(transport.Options{
		Logger: slog.New(slog.DiscardHandler), MaxBatch: maxBatch, RingBytes: 16 << 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	transport.Handle(e, "many", func(ctx context.Context, all []*transport.Channel[int]) (any,
		error) {
		for i, c := range all {
			if err := c.Send(ctx, i); err != nil {
				return nil, err
			}
		}
		<-read
		return nil, nil
	})
	transport.Handle(e, "none", func(context.Context, struct{}) (any, error) { return nil, nil })
	var largest atomic.Int64
	p, err := transporttest.Open(e, transporttest.Config{Send: func(batch []byte) bool {
		for n := int64(len(batch)); ; {
			if most := largest.Load(); n <= most || largest.CompareAndSwap(most, n) {
				return false
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()

	request := transporttest.Request{Command: "many"}
	for range channels {
		request.Channels = append(request.Channels, p.NewChannel())
	}
	args, err := json.Marshal(request.Channels)
	if err != nil {
		t.Fatal(err)
	}
	request.Args = json.RawMessage(args)
	called := make(chan error, 1)
	go func() {
		_, err := p.Invoke(request)
		called <- err
	}()
	for i := range channels { // the last one first: then all have come
		if _, err := request.Channels[channels-1-i].Next(); err != nil {
			t.Fatal(err)
		}
	}
	goesOn := func() {
		t.Helper()
		for range 200 {
			_, err := p.Invoke(transporttest.Request{Command: "none", Args: struct{}{}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	largest.Store(0)
	goesOn()
	p.Stall(true)
	for _, c := range request.Channels { // each close is a run of its own
		c.Close()
	}
	p.Stall(false)
	goesOn()
	close(read)
	if err := <-called; err != nil {
		t.Fatal(err)
	}
	if n := largest.Load(); n < maxBatch/8 {
		t.Errorf("the largest batch has %d bytes: the test shows nothing", n)
	}
}
