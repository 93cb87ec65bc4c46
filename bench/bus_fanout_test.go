package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

func newBus(b *testing.B) *bus.Bus {
	e, err := transport.NewEngine(transport.Options{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	events, err := bus.New(e, bus.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return events
}

// event is a payload whose encoding can be counted.
type event struct {
	Name    string `json:"name"`
	encoded *atomic.Int64
}

func (e *event) MarshalJSON() ([]byte, error) {
	e.encoded.Add(1)
	return json.Marshal(e.Name)
}

// BenchmarkFanOut emits 100 bytes to listeners in Go, until each has handled all. The payload is
// encoded once for all of them, and for nobody not at all.
func BenchmarkFanOut(b *testing.B) {
	for _, listeners := range []int{0, 1, 10, 1000} {
		b.Run(fmt.Sprintf("listeners=%d", listeners), func(b *testing.B) {
			events := newBus(b)
			var done sync.WaitGroup
			done.Add(listeners)
			for range listeners {
				n := 0
				if _, err := events.Listen(bus.App, "e", func(bus.Event) {
					if n++; n == b.N {
						done.Done()
					}
				}); err != nil {
					b.Fatal(err)
				}
			}
			payload := &event{strings.Repeat("x", 98), new(atomic.Int64)}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if err := events.EmitContext(context.Background(), "e", payload); err != nil {
					b.Fatal(err)
				}
			}
			done.Wait()
			b.StopTimer()
			b.ReportMetric(float64(payload.encoded.Load())/float64(b.N), "encodings/op")
			if listeners > 0 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*listeners),
					"ns/listener")
			}
		})
	}
}

// BenchmarkEmitters emits from many goroutines to ten listeners.
func BenchmarkEmitters(b *testing.B) {
	events := newBus(b)
	var done sync.WaitGroup
	done.Add(10)
	for range 10 {
		n := 0
		if _, err := events.Listen(bus.App, "e", func(bus.Event) {
			if n++; n == b.N {
				done.Done()
			}
		}); err != nil {
			b.Fatal(err)
		}
	}
	payload := []byte(strings.Repeat("x", 100))
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := events.EmitContext(context.Background(), "e", payload); err != nil {
				b.Error(err)
			}
		}
	})
	done.Wait()
}
