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

// TestManyCredits: a page that has read a message of each of many channels tells Go of some with
// each batch, as the client does: Go ends the session at one that is too large.
func TestManyCredits(t *testing.T) {
	const channels, maxBatch = 8000, 16 << 10
	e, err := transport.NewEngine(transport.Options{
		Logger: slog.New(slog.DiscardHandler), MaxBatch: maxBatch,
	})
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	transport.Handle(e, "many", func(ctx context.Context, all []*transport.Channel[int]) (any, error) {
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
	largest.Store(0)
	for range 200 {
		if _, err := p.Invoke(transporttest.Request{Command: "none", Args: struct{}{}}); err != nil {
			t.Fatal(err)
		}
	}
	close(read)
	if err := <-called; err != nil {
		t.Fatal(err)
	}
	if n := largest.Load(); n < maxBatch/8 {
		t.Errorf("the largest batch has %d bytes: the test shows nothing", n)
	}
}
