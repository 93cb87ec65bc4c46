package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// panics has a MarshalJSON that panics.
type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

// nilError needs more than a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// typedNil can't be marshalled, with an error that can't be read.
type typedNil struct{}

func (typedNil) MarshalJSON() ([]byte, error) { return nil, (*nilError)(nil) }

// wrongCodec writes no JSON, and panics when it reads.
type wrongCodec struct{ transport.JSONCodec }

func (wrongCodec) Append(dst []byte, v any) ([]byte, error) {
	if v == "right" {
		return append(dst, `"right"`...), nil
	}
	return append(dst, `1,2`...), nil
}
func (wrongCodec) Decode([]byte, any) error { panic("in Decode") }

// TestPayloadsThatPanic: a payload that can't be encoded, whatever its methods do, is an error of
// the emit, and nobody gets the event.
func TestPayloadsThatPanic(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	_, other := newBus(t, transport.Options{}, bus.Options{Codec: wrongCodec{}})
	for _, b := range []*bus.Bus{b, other} {
		heard := make(chan bus.Event, 10)
		_, err := b.Listen(bus.Any, "e", func(e bus.Event) { heard <- e })
		noError(t, err)
		for _, payload := range []any{
			panics{}, typedNil{}, map[string]any{"deep": json.RawMessage("\"\xff\"")},
		} {
			wantIs(t, b.Emit("e", payload), bus.ErrPayload)
			wantIs(t, b.EmitContext(t.Context(), "e", payload), bus.ErrPayload)
			wantIs(t, b.EmitSticky(bus.Any, "e", payload), bus.ErrPayload)
		}
		noError(t, b.Emit("e", "right"))
		if e := receive(t, heard); string(e.Payload) != `"right"` {
			t.Errorf("heard %s", e.Payload)
		}
		if b == other {
			var v string
			noError(t, b.Emit("e", json.RawMessage(`"right"`)))
			if err := receive(t, heard).Decode(&v); err == nil ||
				!strings.Contains(err.Error(), "in Decode") {
				t.Errorf("decoded: %v", err)
			}
		}
	}
}

// TestFiltersThatPanic: a filter that panics accepts nothing and fails the emit; listeners for Any,
// whom it is not asked about, get the event.
func TestFiltersThatPanic(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	heard := make(chan string, 10)
	for _, target := range []bus.Target{bus.Any, bus.App, bus.Window("w")} {
		_, err := b.Listen(target, "e", func(bus.Event) { heard <- target.String() })
		noError(t, err)
	}
	page := b.Open("w") // whose page is not ready: it is asked about, too
	defer page.Close()
	bad := func(t bus.Target) bool {
		if t == bus.App {
			return true
		}
		panic((*nilError)(nil))
	}
	wantIs(t, b.EmitFilter("e", 1, bad), bus.ErrTarget)
	wantIs(t, b.EmitFilterContext(context.Background(), "e", 1, bad), bus.ErrTarget)
	got := map[string]int{}
	for range 4 {
		got[receive(t, heard)]++
	}
	if got["Any"] != 2 || got["App"] != 2 {
		t.Errorf("heard by %v", got)
	}
	noError(t, b.EmitFilter("e", 1, func(bus.Target) bool { return true }))
}

// TestListenersThatPanic: with a value that can't be shown, or by an end of the goroutine, in a
// decoder too.
func TestListenersThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, logger := newLogs()
		_, b := newBus(t, transport.Options{}, bus.Options{Logger: logger})
		heard := make(chan int, 10)
		for _, bad := range []func(){func() { panic((*nilError)(nil)) }, runtime.Goexit, func() {
			panic(panics{})
		}} {
			_, err := bus.On(b.At(bus.App), "e", func(_ bus.Event, n int) {
				heard <- n
				bad()
			})
			noError(t, err)
		}
		for n := range 2 {
			noError(t, b.Emit("e", n))
			for range 3 {
				if got := <-heard; got != n {
					t.Errorf("heard %d, want %d", got, n)
				}
			}
		}
		synctest.Wait()
		if n := log.count("listener panicked"); n != 6 {
			t.Errorf("%d panics are in the log", n)
		}
	})
}

// TestLogOfFullQueuesStandsStill: a handler of the app's logger that stands still over a full
// queue, or emits itself, holds up no emit.
func TestLogOfFullQueuesStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var b *bus.Bus
		reached := false
		logger := slog.New(handlerFunc(func(slog.Record) {
			_ = b.EmitContext(context.Background(), "other", nil)
			reached = true
			<-release
		}))
		_, b = newBus(t, transport.Options{}, bus.Options{QueueLen: 1, Logger: logger})
		_, err := b.Listen(bus.App, "tick", func(bus.Event) { <-release })
		noError(t, err)
		began := time.Now()
		for range 100 {
			_ = b.Emit("tick", nil)
		}
		if err := b.Emit("tick", nil); !errors.Is(err, bus.ErrQueueFull) {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		if time.Since(began) != 0 || !reached {
			t.Errorf("emits took %v, the handler was called: %v", time.Since(began), reached)
		}
		close(release)
	})
}

type handlerFunc func(slog.Record)

func (f handlerFunc) Enabled(context.Context, slog.Level) bool      { return true }
func (f handlerFunc) WithAttrs([]slog.Attr) slog.Handler            { return f }
func (f handlerFunc) WithGroup(string) slog.Handler                 { return f }
func (f handlerFunc) Handle(_ context.Context, r slog.Record) error { f(r); return nil }
