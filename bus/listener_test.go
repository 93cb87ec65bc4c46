package bus_test

import (
	"context"
	"encoding/json"
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

// counted counts its encodings.
type counted struct{ n *atomic.Int32 }

func (c counted) MarshalJSON() ([]byte, error) { c.n.Add(1); return []byte("1"), nil }

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
