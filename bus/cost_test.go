package bus_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

type progressEvent struct {
	Name string `json:"name"`
	Done int    `json:"done"`
}

var payload100 = json.RawMessage(`{"name":"` + strings.Repeat("x", 80) + `","n":10}`)

// TestEmitAllocates little: nothing when nobody listens, and nothing for JSON as it is to pages.
func TestEmitAllocates(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	p := openPlain(t, e, b, "main", nil)
	noError(t, p.call(bus.CommandListen, `{"event":"e","sub":1}`))
	noError(t, p.call(bus.CommandReady, `{}`))
	_, err := b.Listen(bus.App, "other", func(bus.Event) {})
	noError(t, err)
	var value any = &progressEvent{"file", 10}
	var raw any = payload100
	for _, c := range []struct {
		name, event string
		payload     any
		limit       float64
	}{
		{"nobody listens", "nobody", value, 0},
		{"JSON to a page", "e", raw, 1}, // the drainer's are counted, too
		{"a struct to a page", "e", value, 5},
	} {
		got := testing.AllocsPerRun(2000, func() {
			if err := b.EmitContext(context.Background(), c.event, c.payload); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.limit {
			t.Errorf("%s: %v allocations an emit, want at most %v", c.name, got, c.limit)
		}
	}
}

// BenchmarkEmitToPage emits 100 bytes of JSON to one listener of a page that takes it at once.
func BenchmarkEmitToPage(b *testing.B) {
	for _, c := range []struct {
		name    string
		payload any
	}{{"raw", payload100}, {"struct", &progressEvent{strings.Repeat("x", 75), 10}},
		{"bytes", []byte(payload100)}} {
		b.Run(c.name, func(b *testing.B) {
			e, events := newBus(b, transport.Options{}, bus.Options{})
			n := 0
			done := make(chan struct{})
			p := openPlain(b, e, events, "main", func(wire.EventPayload) {
				if n++; n == b.N {
					close(done)
				}
			})
			noError(b, p.call(bus.CommandListen, `{"event":"e","sub":1}`))
			noError(b, p.call(bus.CommandReady, `{}`))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if err := events.EmitContext(context.Background(), "e", c.payload); err != nil {
					b.Fatal(err)
				}
			}
			<-done
		})
	}
}
