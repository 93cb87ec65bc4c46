package bench

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// BenchmarkIdleChannels opens 10,000 channels that send nothing, and reports what they take in
// memory, both ends in this process: rings are made on first use.
func BenchmarkIdleChannels(b *testing.B) {
	const channels = 10_000
	type args struct{ C []*transport.Channel[int] }
	for range b.N {
		e, err := transport.NewEngine(transport.Options{
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			b.Fatal(err)
		}
		transport.Handle(e, "keep", func(_ context.Context, a args) (int, error) {
			for _, c := range a.C {
				c.Keep()
			}
			return len(a.C), nil
		})
		before := memory()
		p, err := transporttest.Open(e, transporttest.Config{})
		if err != nil {
			b.Fatal(err)
		}
		for range channels / 100 {
			list := make([]*transporttest.Channel, 100)
			for i := range list {
				list[i] = p.NewChannel()
			}
			if _, err := p.Invoke(transporttest.Request{
				Command: "keep", Args: map[string]any{"C": list}, Channels: list,
			}); err != nil {
				b.Fatal(err)
			}
		}
		if n := p.Session.Stats().Lanes; n != channels {
			b.Fatalf("%d channels are open", n)
		}
		b.ReportMetric(float64(memory()-before)/1e6, "MB/10000-channels")
		p.Close()
	}
}

// memory is the heap and the stacks in use.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
