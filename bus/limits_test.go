package bus_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// The rows of docs/limits.md: each bound one below, at it, and one above.

// TestOptionRanges: the lowest and the highest value are taken, those beside them give an error
// that names the field.
func TestOptionRanges(t *testing.T) {
	for _, c := range []struct {
		name       string
		set        func(o *bus.Options, v int)
		below, low int
	}{
		{"QueueLen", func(o *bus.Options, v int) { o.QueueLen = v }, -1, 1},
		{"QueueBytes", func(o *bus.Options, v int) { o.QueueBytes = v }, 1<<10 - 1, 1 << 10},
		{"PendingBytes", func(o *bus.Options, v int) { o.PendingBytes = v }, 1<<10 - 1, 1 << 10},
		{"MaxListeners", func(o *bus.Options, v int) { o.MaxListeners = v }, -1, 1},
		{"Sticky", func(o *bus.Options, v int) { o.Sticky = v }, -1, 1},
		{"StickyBytes", func(o *bus.Options, v int) { o.StickyBytes = v }, 1<<10 - 1, 1 << 10},
	} {
		for _, v := range []int{c.low, 1 << 30, c.below, 1<<30 + 1} {
			var o bus.Options
			c.set(&o, v)
			e, err := transport.NewEngine(transport.Options{})
			noError(t, err)
			_, err = bus.New(e, o)
			if in := v >= c.low && v <= 1<<30; in != (err == nil) || !in &&
				!strings.Contains(err.Error(), c.name+" is ") {
				t.Errorf("%s %d: %v", c.name, v, err)
			}
		}
	}
}

// TestQueueLen: as many events wait for a listener, the next is refused, and all that was accepted
// is heard in order.
func TestQueueLen(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 2})
	begun, turn := make(chan string), make(chan struct{})
	_, err := b.Listen(bus.Any, "e", func(e bus.Event) { begun <- string(e.Binary); <-turn })
	noError(t, err)
	noError(t, b.Emit("e", []byte("a")))
	receive(t, begun) // the queue is empty
	noError(t, b.Emit("e", []byte("b")))
	noError(t, b.Emit("e", []byte("c")))
	wantIs(t, b.Emit("e", []byte("refused")), bus.ErrQueueFull)
	turn <- struct{}{}
	if got := receive(t, begun); got != "b" {
		t.Errorf("heard %s", got)
	}
	noError(t, b.Emit("e", []byte("d")))
	for _, want := range []string{"c", "d"} {
		turn <- struct{}{}
		if got := receive(t, begun); got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
	}
	turn <- struct{}{}
}

// TestPendingBytes: what is kept for a page that is not ready may be PendingBytes to the byte.
func TestPendingBytes(t *testing.T) {
	const limit = 1 << 10
	for _, beyond := range []int{-1, 0, 1} {
		e, b := newBus(t, transport.Options{}, bus.Options{PendingBytes: limit})
		w := openWindow(t, e, b, "main")
		err := b.Emit("e", make([]byte, limit-192-len("e")+beyond))
		kept := b.Stats().Windows[0].KeptBytes
		if beyond > 0 {
			wantIs(t, err, bus.ErrFull)
			if kept != 0 {
				t.Errorf("refused, and %d bytes are kept", kept)
			}
			continue
		}
		noError(t, err)
		if int(kept) != limit+beyond {
			t.Errorf("%d bytes are kept, want %d", kept, limit+beyond)
		}
		wantIs(t, b.Emit("e", nil), bus.ErrFull)
		w.load(transporttest.Config{})
		w.listen("e", nil, 1)
		w.ready()
		if got := w.events(); len(got) != 1 || len(got[0].Payload) != limit-192-len("e")+beyond {
			t.Errorf("%d events came", len(got))
		}
	}
}

// TestKeptCosts: what is kept for a page counts for about what it takes.
func TestKeptCosts(t *testing.T) {
	for name, emit := range map[string]func(b *bus.Bus) error{
		"small": func(b *bus.Bus) error { return b.Emit("e", 1) },
		"filtered": func(b *bus.Bus) error {
			return b.EmitFilter("e", 1, func(bus.Target) bool { return true })
		},
		"large": func(b *bus.Bus) error { return b.Emit("e", make([]byte, 5000)) },
	} {
		e, b := newBus(t, transport.Options{}, bus.Options{PendingBytes: 16 << 20})
		openWindow(t, e, b, "main")
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for emit(b) == nil {
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		kept, heap := b.Stats().Windows[0].KeptBytes, int(after.HeapAlloc)-int(before.HeapAlloc)
		if kept < 15<<20 || heap > kept*5/4 || heap < kept/2 {
			t.Errorf("%s: %d bytes are kept, the heap grew by %d", name, kept, heap)
		}
		runtime.KeepAlive(b)
	}
}

// TestMaxListeners: so many subscriptions, and one that ends makes room.
func TestMaxListeners(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{MaxListeners: 3})
	w := readyWindow(t, e, b, "main")
	for sub := range uint32(3) {
		w.listen("e", nil, sub+1)
	}
	wantCode(t, w.call(bus.CommandListen, map[string]any{"event": "e", "sub": 4}),
		bus.CodeListeners)
	noError(t, w.call(bus.CommandUnlisten, map[string]any{"event": "e", "sub": 2}))
	w.listen("e", nil, 4)
	noError(t, b.Emit("e", 1))
	if got := w.events(); len(got) != 1 || len(got[0].Subs) != 3 {
		t.Errorf("events %v", got)
	}
}

// TestStickyBytes: what sticky events keep may be StickyBytes to the byte.
func TestStickyBytes(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{StickyBytes: 1 << 10})
	noError(t, b.EmitSticky(bus.Any, "a", make([]byte, 1<<10-1)))
	noError(t, b.EmitSticky(bus.Any, "b", make([]byte, 1)))
	wantIs(t, b.EmitSticky(bus.Any, "c", make([]byte, 1)), bus.ErrSticky)
	if st := b.Stats(); st.Sticky != 2 {
		t.Errorf("stats %+v", st)
	}
}

// TestNameLength: names of events and windows have 1 to 1024 bytes.
func TestNameLength(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	for n, want := range map[int]error{1: nil, 1023: nil, 1024: nil, 1025: bus.ErrName,
		0: bus.ErrName} {
		name := strings.Repeat("x", n)
		if err := b.Emit(name, 1); want == nil {
			noError(t, err)
		} else {
			wantIs(t, err, want)
		}
	}
}
