package bus_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// TestEncodings: a payload is encoded once, and only when somebody hears it.
func TestEncodings(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	var n atomic.Int32
	want := func(want int32) {
		t.Helper()
		if got := n.Swap(0); got != want {
			t.Fatalf("encoded %d times, want %d", got, want)
		}
	}
	r := newRecord()
	_, err := b.Listen(bus.App, "other", r.hear)
	noError(t, err)
	_, err = b.Listen(bus.App, "e", r.hear)
	noError(t, err)
	for _, label := range []string{"x", "y"} {
		readyWindow(t, e, b, label).listen("e", windowX, 1)
	}
	noError(t, b.Emit("nobody", counted{&n}))
	noError(t, b.EmitTo(webviewX, "e", counted{&n}))
	noError(t, b.EmitFilter("e", counted{&n}, func(bus.Target) bool { return false }))
	want(0)
	for range 5 {
		_, err := b.Listen(bus.App, "e", r.hear)
		noError(t, err)
	}
	noError(t, b.Emit("e", counted{&n}))
	want(1)
	b.Open("z") // keeps what comes
	noError(t, b.Emit("nobody", counted{&n}))
	want(1)
}

// TestBadEmits: what is wrong with an emit's arguments reaches nobody.
func TestBadEmits(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	r := newRecord()
	_, err := b.Listen(bus.Any, "e", r.hear)
	noError(t, err)
	for _, name := range badNames {
		wantIs(t, b.Emit(name, nil), bus.ErrName)
		wantIs(t, b.EmitSticky(bus.Any, name, nil), bus.ErrName)
		_, err := b.Listen(bus.Any, name, r.hear)
		wantIs(t, err, bus.ErrName)
	}
	for _, name := range goodNames {
		noError(t, b.Emit(name, nil))
	}
	for _, payload := range []any{
		make(chan int), json.RawMessage(`{`), json.RawMessage(`"` + "\x01" + `"`),
		json.RawMessage(`01`), json.RawMessage("\"\xff\""),
		json.RawMessage(strings.Repeat("[", 20000) + strings.Repeat("]", 20000)),
		json.RawMessage(` `),
	} {
		wantIs(t, b.Emit("e", payload), bus.ErrPayload)
		wantIs(t, b.EmitSticky(bus.Any, "e", payload), bus.ErrPayload)
	}
	wantIs(t, b.EmitFilter("e", nil, nil), bus.ErrTarget)
	_, err = b.Listen(bus.Any, "e", nil)
	wantIs(t, err, bus.ErrHandler)
	_, err = b.Listen(bus.Window(""), "e", r.hear)
	wantIs(t, err, bus.ErrLabel)
	noError(t, b.Emit("e", "end"))
	r.want(t)
}

// TestUIThread: what could wait refuses there.
func TestUIThread(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{OnUI: func() bool { return true }})
	wantIs(t, b.EmitContext(t.Context(), "e", 1), bus.ErrUIThread)
	wantIs(t, b.EmitToContext(t.Context(), bus.App, "e", 1), bus.ErrUIThread)
	wantIs(t, b.EmitFilterContext(t.Context(), "e", 1, func(bus.Target) bool { return true }),
		bus.ErrUIThread)
	noError(t, b.Emit("e", 1))
	p := b.Open("main")
	wantIs(t, p.EvalContext(t.Context(), "1"), bus.ErrUIThread)
	_, err := p.EvalResult(t.Context(), "1")
	wantIs(t, err, bus.ErrUIThread)
}

func TestOptions(t *testing.T) {
	e, err := transport.NewEngine(transport.Options{})
	noError(t, err)
	_, err = bus.New(e, bus.Options{QueueLen: -1, PendingBytes: 1})
	if err == nil || !strings.Contains(err.Error(), "QueueLen") ||
		!strings.Contains(err.Error(), "PendingBytes") {
		t.Fatalf("error %v", err)
	}
}
