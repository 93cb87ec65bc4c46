package bus_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestSticky: who listens late gets the last value of each target that reaches it, in Go and in
// pages.
func TestSticky(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := readyWindow(t, e, b, "x")
	early := newRecord()
	_, err := b.Listen(bus.Any, "e", early.hear)
	noError(t, err)
	noError(t, b.EmitSticky(windowX, "e", "w1"))
	noError(t, b.EmitSticky(bus.Any, "e", "a1"))
	noError(t, b.EmitSticky(bus.App, "e", "app"))
	noError(t, b.EmitSticky(windowX, "e", "w2"))
	noError(t, b.EmitSticky(bus.Any, "raw", []byte("bytes")))
	noError(t, b.EmitTo(windowX, "e", "passing"))

	for target, want := range map[bus.Target]string{
		bus.Any: `"a1" "app" "w2"`, bus.App: `"a1" "app"`, windowX: `"a1" "w2"`, webviewX: `"a1"`,
		anyX: `"a1" "w2"`,
	} {
		late := newRecord()
		id, err := b.Listen(target, "e", late.hear)
		noError(t, err)
		noError(t, b.Emit("e", "end"))
		if got := strings.Join(late.take(t), " "); got != want {
			t.Errorf("a late listener for %v heard %s, want %s", target, got, want)
		}
		b.Unlisten(id)
	}
	once := make(chan string, 10)
	_, err = b.Once(bus.Any, "e", func(ev bus.Event) { once <- string(ev.Payload) })
	noError(t, err)
	if got := receive(t, once); got != `"a1"` || b.Stats().Listeners != 1 {
		t.Fatalf("once heard %s, and there are %d listeners", got, b.Stats().Listeners)
	}
	w.listen("e", bus.Window("x"), 1)
	w.listen("e", bus.App, 2)
	w.listen("raw", nil, 3)
	w.wantEvents(`[1] "a1"`, `[1] "w2"`, `[2] "a1"`, `[2] "app"`, `[3] bytes bytes`)

	if !b.ClearSticky(windowX, "e") || b.ClearSticky(windowX, "e") ||
		b.ClearSticky(bus.Any, "none") {
		t.Fatal("ClearSticky")
	}
	if st := b.Stats(); st.Sticky != 3 {
		t.Fatalf("stats %+v", st)
	}
	w.listen("e", bus.Window("x"), 4)
	w.wantEvents(`[4] "a1"`)
	if len(once) > 0 {
		t.Fatal("once heard more")
	}
}

// TestStickyBeforeReady: the page gets each value once: those that are only stored first, and those
// that are kept for it where they stand.
func TestStickyBeforeReady(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	noError(t, b.EmitSticky(bus.Any, "e", "stored"))
	noError(t, b.EmitSticky(bus.Any, "d", "stored too"))
	w := openWindow(t, e, b, "main")
	noError(t, b.Emit("e", 1))
	noError(t, b.EmitSticky(bus.App, "e", "for the app"))
	noError(t, b.EmitSticky(bus.Window("main"), "e", 2))
	w.load(transporttest.Config{})
	noError(t, b.Emit("e", 3))
	w.listen("e", nil, 1)
	noError(t, b.EmitSticky(bus.Window("main"), "e", 4))
	w.listen("e", bus.Window("main"), 2)
	w.listen("d", nil, 3)
	w.wantEvents()
	w.ready()
	w.wantEvents(`[1,2] "stored"`, `[3] "stored too"`, `[1] "for the app"`, `[1,2] 1`, `[1,2] 2`,
		`[1,2] 3`, `[1,2] 4`)
	w.listen("e", bus.Window("main"), 4)
	w.wantEvents(`[4] "stored"`, `[4] 4`)

	w.page.Session.End("reload")
	noError(t, b.EmitSticky(bus.Window("main"), "e", 5))
	w.load(transporttest.Config{})
	w.listen("e", bus.AnyLabel("main"), 1)
	w.ready()
	w.wantEvents(`[1] "stored"`, `[1] 5`)
}

// TestStickyWithoutRoom: a late listener of a page that does not read gets its value, in order,
// when the page reads again.
func TestStickyWithoutRoom(t *testing.T) {
	e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	w.listen("e", nil, 1)
	noError(t, b.EmitSticky(bus.Any, "s", "value"))
	w.page.Stall(true)
	listening := w.page.Start(transporttest.Request{
		Command: bus.CommandListen, Args: object{"event": "s", "sub": 2},
	})
	want := []string{}
	for err := error(nil); err == nil; { // to the brim
		text := strings.Repeat("x", 1000)
		if err = b.Emit("e", text); err == nil {
			want = append(want, `[1] "`+text+`"`)
		}
	}
	w.page.Stall(false)
	_, err := listening.Wait()
	noError(t, err)
	noError(t, b.EmitContext(within(t), "s", "later"))
	want = append(want, `[2] "value"`, `[2] "later"`)
	for i := range want {
		if ev, err := w.page.NextEvent(); err != nil || show(ev) != want[i] {
			t.Fatalf("event %d is %.30s, %v; want %.30s", i, show(ev), err, want[i])
		}
	}
}

// TestStickyInterleavings: a listener that is registered while values are emitted hears them
// without a gap, from whichever it begins with, and the last.
func TestStickyInterleavings(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	const values = 300
	for round := range 20 {
		w := readyWindow(t, e, b, fmt.Sprint("w", round))
		inGo := make(chan int, 2*values)
		var wg sync.WaitGroup
		begin := make(chan struct{})
		wg.Go(func() {
			for i := range values {
				if err := b.EmitSticky(bus.Any, "e", i); err != nil {
					t.Error(err)
				}
				if i == round {
					close(begin)
				}
			}
		})
		<-begin
		id, err := bus.On(b.At(bus.App), "e", func(_ bus.Event, v int) { inGo <- v })
		noError(t, err)
		w.listen("e", nil, 1)
		wg.Wait()
		next := receive(t, inGo) + 1
		for next < values {
			if v := receive(t, inGo); v != next {
				t.Fatalf("in Go: %d, want %d", v, next)
			}
			next++
		}
		next = -1
		noError(t, w.Flush(within(t))) // a goroutine may still give what came beside listen
		for _, ev := range w.events() {
			var v int
			noError(t, json.Unmarshal(ev.Payload, &v))
			if next >= 0 && v != next {
				t.Fatalf("in the page: %d, want %d", v, next)
			}
			next = v + 1
		}
		if next != values {
			t.Fatalf("the page's last value is %d", next-1)
		}
		b.Unlisten(id)
		b.ClearSticky(bus.Any, "e")
		w.Close()
	}
}

// TestStickyIsBounded in number and bytes.
func TestStickyIsBounded(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{Sticky: 3, StickyBytes: 1 << 10})
	r := newRecord()
	_, err := b.Listen(bus.Any, "e3", r.hear)
	noError(t, err)
	for i := range 3 {
		noError(t, b.EmitSticky(bus.Any, fmt.Sprint("e", i), 1))
	}
	wantIs(t, b.EmitSticky(bus.Any, "e3", "not heard"), bus.ErrSticky)
	wantIs(t, b.EmitSticky(bus.Any, "e2", strings.Repeat("x", 1<<10)), bus.ErrSticky)
	noError(t, b.EmitSticky(bus.Any, "e2", 2))
	b.ClearSticky(bus.Any, "e0")
	noError(t, b.EmitSticky(bus.Any, "e3", "heard"))
	noError(t, b.Emit("e3", "end"))
	r.want(t, `"heard"`)
}

// TestStickyForNoWindow: the window may come later, so that is no error.
func TestStickyForNoWindow(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	noError(t, b.EmitSticky(bus.AnyLabel("later"), "e", 1))
	wantIs(t, b.EmitTo(bus.AnyLabel("later"), "e", 2), bus.ErrNoWindow)
	if st := b.Stats(); st.Sticky != 1 {
		t.Fatalf("stats %+v", st)
	}
	w := readyWindow(t, e, b, "later")
	w.listen("e", bus.Window("later"), 1)
	w.listen("e", bus.Window("other"), 2)
	w.wantEvents("[1] 1")
	if !b.ClearSticky(bus.AnyLabel("later"), "e") {
		t.Fatal("nothing was kept")
	}
}

// TestStickyFirst: whatever is emitted while a listener is registered, in Go or by a page, the
// stored values come first.
func TestStickyFirst(t *testing.T) {
	const rounds, values = 200, 50
	e, b := newBus(t, transport.Options{}, bus.Options{})
	// How many values a subscription of the page got before the first plain event, negative from
	// then on.
	before := make([]int, rounds+1)
	p := openPlain(t, e, b, "main", func(ev wire.EventPayload) {
		for _, sub := range ev.Subs {
			switch n := before[sub]; {
			case n < 0:
			case string(ev.Payload) != `"plain"`:
				before[sub]++
			case n == values:
				before[sub] = -1
			default:
				t.Errorf("subscription %d heard a plain event after %d of %d values", sub, n,
					values)
				before[sub] = -1
			}
		}
	})
	noError(t, p.call(bus.CommandReady, `{}`))
	for i := range values {
		noError(t, b.EmitSticky(bus.AnyLabel(fmt.Sprint("l", i)), "e", i))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = b.Emit("e", "plain") // what has no room is not heard
				runtime.Gosched()
			}
		}
	})
	for i := range rounds {
		n := 0
		inGo := make(chan int, 1)
		id, err := b.Listen(bus.Any, "e", func(ev bus.Event) {
			if string(ev.Payload) != `"plain"` {
				n++
				return
			}
			select {
			case inGo <- n:
			default:
			}
		})
		noError(t, err)
		noError(t, p.call(bus.CommandListen, fmt.Sprintf(`{"event":"e","sub":%d}`, i+1)))
		if n := receive(t, inGo); n != values {
			t.Errorf("round %d: a listener in Go heard a plain event after %d of %d values", i, n,
				values)
		}
		b.Unlisten(id)
		noError(t, p.call(bus.CommandUnlisten, fmt.Sprintf(`{"event":"e","sub":%d}`, i+1)))
	}
	close(stop)
	wg.Wait()
	noError(t, p.call("nothing", `{}`))
	heard := 0
	for _, n := range before[1:] {
		if n != 0 {
			heard++
		}
	}
	if heard != rounds {
		t.Errorf("%d of %d subscriptions of the page heard something", heard, rounds)
	}
}
