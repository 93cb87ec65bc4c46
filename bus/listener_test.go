package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// TestListen: an event has the listener's id, the name and the payload.
func TestListen(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	got := make(chan bus.Event, 10)
	id, err := b.Listen(bus.App, "constructor", func(e bus.Event) { got <- e })
	noError(t, err)
	for _, c := range []struct {
		payload any
		json    string
		binary  []byte
	}{
		{nil, `null`, nil},
		{map[string]int{"a": 1}, `{"a":1}`, nil},
		{"<&>", `"<&>"`, nil},
		{json.RawMessage(` [1, 2] `), ` [1, 2] `, nil},
		{json.RawMessage(nil), `null`, nil},
		{[]byte{1, 2}, ``, []byte{1, 2}},
		{[]byte(nil), ``, []byte{}},
	} {
		noError(t, b.Emit("constructor", c.payload))
		e := receive(t, got)
		if e.ID != id || e.Name != "constructor" || string(e.Payload) != c.json ||
			!slices.Equal(e.Binary, c.binary) {
			t.Errorf("%v gave %+v", c.payload, e)
		}
		if (e.Payload == nil) == (e.Binary == nil) {
			t.Errorf("%v gave payload %v and binary %v", c.payload, e.Payload, e.Binary)
		}
	}
}

// TestCopies: what is emitted is the emitter's again when Emit returns.
func TestCopies(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	got := make(chan bus.Event, 10)
	hold := make(chan struct{})
	_, err := b.Listen(bus.Any, "e", func(e bus.Event) { <-hold; got <- e })
	noError(t, err)
	raw, bytes := json.RawMessage(`"one"`), []byte("two")
	noError(t, b.Emit("e", raw))
	noError(t, b.Emit("e", bytes))
	noError(t, b.Emit("e", "three"))
	noError(t, b.Emit("e", "xxxxx"))
	copy(raw, `"bad"`)
	copy(bytes, "bad")
	close(hold)
	for _, want := range []string{`"one"`, `two`, `"three"`, `"xxxxx"`} {
		if e := receive(t, got); string(e.Payload)+string(e.Binary) != want {
			t.Errorf("%s%s, want %s", e.Payload, e.Binary, want)
		}
	}
}

// TestUnlistenInside: a listener that ends itself hears nothing more, whatever is queued.
func TestUnlistenInside(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	hold, ended := make(chan struct{}), make(chan bool, 10)
	_, err := b.Listen(bus.Any, "e", func(e bus.Event) {
		<-hold
		ended <- b.Unlisten(e.ID)
	})
	noError(t, err)
	after := newRecord()
	_, err = b.Listen(bus.Any, "e", after.hear)
	noError(t, err)
	for i := range 5 {
		noError(t, b.Emit("e", i))
	}
	close(hold)
	if !receive(t, ended) {
		t.Fatal("Unlisten found no listener")
	}
	noError(t, b.Emit("e", "end"))
	after.want(t, "0", "1", "2", "3", "4")
	if st := b.Stats(); st.Listeners != 1 || len(ended) != 0 {
		t.Fatalf("%d listeners, %d calls after the end", st.Listeners, len(ended))
	}
	if b.Unlisten(12345) {
		t.Fatal("an unknown listener was ended")
	}
}

// TestUnlistenOutside ends listeners while events come: nothing that is queued is heard, but for
// the one call that may be under way.
func TestUnlistenOutside(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	for range 300 {
		var over atomic.Bool
		var late atomic.Int32
		heard := make(chan struct{}, 1)
		id, err := b.Listen(bus.Any, "e", func(bus.Event) {
			if over.Load() {
				late.Add(1)
			}
			select {
			case heard <- struct{}{}:
			default:
			}
		})
		noError(t, err)
		end := newRecord()
		other, err := b.Listen(bus.Any, "e", end.hear)
		noError(t, err)
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 100 {
				_ = b.Emit("e", i)
			}
		})
		<-heard
		b.Unlisten(id)
		over.Store(true)
		wg.Wait()
		noError(t, b.Emit("e", "end"))
		end.take(t)
		b.Unlisten(other)
		if n := late.Load(); n > 1 {
			t.Fatalf("%d calls after Unlisten", n)
		}
	}
}

// TestHandlers: what one listener does harms no other.
func TestHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, logger := newLogs()
		_, b := newBus(t, transport.Options{}, bus.Options{Logger: logger})
		block := make(chan struct{})
		defer close(block)
		panics, exits, emitted := 0, 0, 0
		var listened atomic.Int32
		listen := func(name string, fn func(bus.Event)) {
			_, err := b.Listen(bus.Any, name, fn)
			noError(t, err)
		}
		listen("e", func(bus.Event) { <-block })
		listen("e", func(bus.Event) { panics++; panic("on purpose") })
		listen("e", func(bus.Event) { exits++; runtime.Goexit() })
		listen("e", func(e bus.Event) { _ = b.Emit("inner", e.Payload) })
		listen("e", func(e bus.Event) {
			if listened.CompareAndSwap(0, 1) {
				listen("e", func(bus.Event) { listened.Add(1) })
			}
		})
		listen("inner", func(e bus.Event) { emitted++ })
		quiet := newRecord()
		listen("e", quiet.hear)
		for i := range 3 {
			noError(t, b.Emit("e", i))
			synctest.Wait()
		}
		noError(t, b.Emit("e", "end"))
		synctest.Wait()
		quiet.want(t, "0", "1", "2")
		if panics != 4 || exits != 4 || emitted != 4 || listened.Load() != 4 {
			t.Errorf("%d panics, %d exits, %d emits, %d of the new listener; want 4 of each",
				panics, exits, emitted, listened.Load())
		}
		if n := log.count("listener panicked"); n != 8 {
			t.Errorf("%d lines in the log, want 8", n)
		}
		if log.count("on purpose") != 4 || log.count("listener_test.go") < 4 {
			t.Error("the log lacks the panics' values or stacks")
		}
	})
}

// TestOnce: of all that many goroutines emit at once, each once-listener hears exactly one.
func TestOnce(t *testing.T) {
	for range 100 {
		_, b := newBus(t, transport.Options{}, bus.Options{})
		const listeners, emitters = 20, 4
		var heard [listeners]atomic.Int32
		var all sync.WaitGroup
		all.Add(listeners)
		for i := range listeners {
			_, err := b.Once(bus.App, "e", func(bus.Event) { heard[i].Add(1); all.Done() })
			noError(t, err)
		}
		var wg sync.WaitGroup
		for range emitters {
			wg.Go(func() {
				for i := range 3 {
					_ = b.Emit("e", i)
				}
			})
		}
		wg.Wait()
		all.Wait() // more than one call of a listener panics here
		for i := range heard {
			if n := heard[i].Load(); n != 1 {
				t.Fatalf("listener %d heard %d events", i, n)
			}
		}
		if st := b.Stats(); st.Listeners != 0 || st.Delivered != listeners {
			t.Fatalf("stats %+v", st)
		}
	}
}

// TestUnlistenOnce: a once-listener that has its event, but was not called yet, can be ended.
func TestUnlistenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{})
		var called atomic.Bool
		id, err := b.Once(bus.App, "e", func(bus.Event) { called.Store(true) })
		noError(t, err)
		// so that the listener's goroutine hardly ever runs before Unlisten
		prev := runtime.GOMAXPROCS(1)
		defer runtime.GOMAXPROCS(prev)
		noError(t, b.Emit("e", 1))
		ended := b.Unlisten(id)
		synctest.Wait()
		if called.Load() == ended {
			t.Errorf("ended %v, called %v", ended, called.Load())
		}
	})
}

// TestOrderInGo: many emitters, many listeners; each hears each emitter's events in their order,
// without a gap.
func TestOrderInGo(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 16})
	const emitters, each, listeners = 8, 2000, 5
	var done sync.WaitGroup
	done.Add(listeners)
	for range listeners {
		next, n := [emitters]int{}, 0
		_, err := bus.On(b.At(bus.Any), "e", func(_ bus.Event, v [2]int) {
			if v[1] != next[v[0]] {
				t.Errorf("emitter %d: heard %d, want %d", v[0], v[1], next[v[0]])
			}
			next[v[0]] = v[1] + 1
			if n++; n == emitters*each {
				done.Done()
			}
		})
		noError(t, err)
	}
	var wg sync.WaitGroup
	for g := range emitters {
		wg.Go(func() {
			for i := range each {
				if err := b.EmitContext(context.Background(), "e", [2]int{g, i}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	done.Wait()
}

// TestQueueOverflow: a slow listener's overflow is an error of that emit, is counted, and harms
// nobody else; then it hears what its queue had.
func TestQueueOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 4})
		hold := make(chan struct{})
		slow, quick := newRecord(), newRecord()
		id, err := b.Listen(bus.Any, "e", func(e bus.Event) { <-hold; slow.hear(e) })
		noError(t, err)
		_, err = b.Listen(bus.Any, "e", quick.hear)
		noError(t, err)
		for i := range 5 { // one is in the listener, four in its queue
			noError(t, b.Emit("e", i))
			synctest.Wait()
		}
		err = b.Emit("e", 5)
		wantIs(t, err, bus.ErrQueueFull)
		var full *bus.ListenerError
		if !errors.As(err, &full) || !slices.Equal(full.IDs, []bus.ID{id}) || full.Name != "e" {
			t.Fatalf("error %v", err)
		}
		if st := b.Stats(); st.Overflows != 1 {
			t.Fatalf("stats %+v", st)
		}

		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		result := make(chan error)
		go func() { result <- b.EmitContext(ctx, "e", 6) }()
		synctest.Wait() // it waits, and the others have it
		cancel(why)
		wantIs(t, <-result, why)
		go func() { result <- b.EmitContext(t.Context(), "e", 7) }()
		synctest.Wait()
		close(hold)
		noError(t, <-result)
		noError(t, b.EmitContext(t.Context(), "e", "end"))
		synctest.Wait()
		slow.want(t, "0", "1", "2", "3", "4", "7")
		quick.want(t, "0", "1", "2", "3", "4", "5", "6", "7")
	})
}

// TestUnlistenWakesWaiters: who waits for a listener that ends goes on.
func TestUnlistenWakesWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 1})
		hold := make(chan struct{})
		id, err := b.Listen(bus.Any, "e", func(bus.Event) { <-hold })
		noError(t, err)
		noError(t, b.Emit("e", 0))
		synctest.Wait()
		noError(t, b.Emit("e", 1))
		result := make(chan error)
		go func() { result <- b.EmitContext(t.Context(), "e", 2) }()
		synctest.Wait()
		b.Unlisten(id)
		noError(t, <-result)
		close(hold)
	})
}

// TestGoroutines: an idle listener has no goroutine. (The bubble of synctest ends only when all
// have ended.)
func TestGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{})
		before := runtime.NumGoroutine()
		for range 1000 {
			_, err := b.Listen(bus.Any, "e", func(bus.Event) {})
			noError(t, err)
		}
		for i := range 3 {
			noError(t, b.Emit("e", i))
		}
		synctest.Wait()
		// Of 1,000 listeners none may hold one. The margin is the runtime's: it counts ended
		// goroutines as running while it moves them, 32 at a time on each processor, between its
		// free lists.
		if n := runtime.NumGoroutine(); n > before+200 {
			t.Fatalf("%d goroutines before, %d after", before, n)
		}
	})
}

// counted counts its encodings.
type counted struct{ n *atomic.Int32 }

func (c counted) MarshalJSON() ([]byte, error) { c.n.Add(1); return []byte("1"), nil }

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

var (
	goodNames = []string{"a", "__proto__", "constructor", "tauri://close-requested", "größe", "大きさ",
		"٣", "A-b/c:d_9", strings.Repeat("x", 1024)}
	badNames = []string{"", " ", "a b", "a.b", "a\n", "a\x00", "\xff", "a\xed\xa0\x80", "😀", "a,b",
		"%41", strings.Repeat("x", 1025), strings.Repeat("x", 10<<20)}
)

// TestOn: what does not decode is skipped and logged; the listener lives on.
func TestOn(t *testing.T) {
	log, logger := newLogs()
	_, b := newBus(t, transport.Options{}, bus.Options{Logger: logger})
	got := make(chan string, 100)
	hear := func(kind string) func(bus.Event, any) {
		return func(_ bus.Event, v any) { got <- fmt.Sprint(kind, v) }
	}
	_, err := bus.On(b.At(bus.App), "e", func(e bus.Event, v struct{ A int }) {
		hear("struct")(e, v)
	})
	noError(t, err)
	for i := range 4 {
		noError(t, b.Emit("e", "no struct"))
		noError(t, b.Emit("e", []byte("no JSON")))
		noError(t, b.Emit("e", map[string]int{"A": i}))
		if text := receive(t, got); text != fmt.Sprintf("struct{%d}", i) {
			t.Fatalf("got %s", text)
		}
	}
	if n := log.count("an event was skipped"); n != 4 { // the 1st, 2nd, 4th and 8th
		t.Errorf("%d lines in the log", n)
	}
	_, err = bus.On(b.At(bus.App), "b", func(e bus.Event, v []byte) { hear("bytes")(e, v) })
	noError(t, err)
	_, err = bus.On(b.At(bus.App), "b", func(e bus.Event, v json.RawMessage) {
		hear("raw")(e, string(v))
	})
	noError(t, err)
	noError(t, b.Emit("b", []byte{7}))
	if text := receive(t, got); text != "bytes[7]" {
		t.Fatalf("got %s", text)
	}
	noError(t, b.Emit("b", "x"))
	if text := receive(t, got); text != `raw"x"` {
		t.Fatalf("got %s", text)
	}
	_, err = bus.On[int](b.At(bus.App), "b", nil)
	wantIs(t, err, bus.ErrHandler)
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

// TestQueueBytes: a queue is bounded in bytes; one event has room in an empty queue, whatever its
// size.
func TestQueueBytes(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{QueueBytes: 10 << 10})
	begun, turn := make(chan int), make(chan struct{})
	id, err := b.Listen(bus.Any, "e", func(ev bus.Event) { begun <- len(ev.Binary); <-turn })
	noError(t, err)
	noError(t, b.Emit("e", make([]byte, 1)))
	receive(t, begun) // the queue is empty
	noError(t, b.Emit("e", make([]byte, 100<<10)))
	err = b.Emit("e", []byte{})
	var at *bus.ListenerError
	if !errors.Is(err, bus.ErrQueueFull) || !errors.As(err, &at) ||
		!slices.Equal(at.IDs, []bus.ID{id}) {
		t.Fatalf("behind a large event: %v", err)
	}
	turn <- struct{}{}
	if n := receive(t, begun); n != 100<<10 {
		t.Fatalf("heard %d bytes", n)
	}
	size := 1<<10 - 64 - len("e")
	for range 10 {
		noError(t, b.Emit("e", make([]byte, size)))
	}
	wantIs(t, b.Emit("e", []byte{}), bus.ErrQueueFull)
	result := make(chan error)
	// room for that comes with the second
	go func() { result <- b.EmitContext(within(t), "e", make([]byte, size+1)) }()
	for range 10 {
		turn <- struct{}{}
		if n := receive(t, begun); n != size {
			t.Fatalf("heard %d bytes", n)
		}
	}
	noError(t, receive(t, result))
	turn <- struct{}{}
	if n := receive(t, begun); n != size+1 {
		t.Fatalf("heard %d bytes", n)
	}
	turn <- struct{}{}
	if st := b.Stats(); st.Overflows != 2 || st.Delivered != 13 {
		t.Fatalf("stats %+v", st)
	}
}
