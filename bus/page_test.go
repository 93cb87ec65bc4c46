package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestPage: listen, emit, unlisten, binary payloads.
func TestPage(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	w.listen("größe", nil, 3)
	w.listen("größe", "main", 1) // in the order of registration
	w.listen("other", nil, 2)
	noError(t, b.Emit("größe", map[string]any{"__proto__": 1}))
	noError(t, b.Emit("größe", []byte("\x00raw")))
	noError(t, b.Emit("nobody", 1))
	noError(t, b.EmitTo(bus.App, "größe", nil))
	w.wantEvents(`[3,1] {"__proto__":1}`, "[3,1] bytes \x00raw", `[3] null`)
	w.must(w.call(bus.CommandUnlisten, object{"event": "größe", "sub": 3}))
	noError(t, b.Emit("größe", 2))
	w.wantEvents(`[1] 2`)
	st := b.Stats()
	if len(st.Windows) != 1 || st.Emits != 5 || st.Unheard != 1 {
		t.Fatalf("stats %+v", st)
	}
	if ws := st.Windows[0]; ws != (bus.WindowStats{Label: "main", Ready: true, Subscriptions: 2,
		Delivered: 4}) {
		t.Fatalf("window's stats %+v", ws)
	}
}

// TestPageEmits: what a page emits reaches Go, the other page and itself, before the result of the
// call.
func TestPageEmits(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	app, win, all := newRecord(), newRecord(), newRecord()
	for target, r := range map[bus.Target]*record{bus.App: app, bus.WebviewWindow("two"): win,
		bus.Any: all} {
		_, err := b.Listen(target, "e", r.hear)
		noError(t, err)
	}
	one, two := readyWindow(t, e, b, "one"), readyWindow(t, e, b, "two")
	one.listen("e", nil, 1)
	two.listen("e", bus.Window("two"), 1)
	one.must(one.call(bus.CommandEmit, object{"event": "e", "payload": object{"a": "\x01\u2028"}}))
	one.must(one.call(bus.CommandEmit, object{"event": "e"}))
	one.must(one.call(bus.CommandEmitTo, object{"event": "e", "target": bus.Window("two"),
		"payload": 1}))
	one.must(one.call(bus.CommandEmitTo, object{"event": "e", "target": "two", "payload": 2}))
	_, err := one.page.Invoke(transporttest.Request{Command: bus.CommandEmitBytes,
		Raw: []byte("raw"),
		Headers: map[string]string{
			bus.HeaderEvent: "%65", bus.HeaderTarget: `{"kind":"WebviewWindow","label":"two"}`,
		}})
	noError(t, err)
	_, err = one.page.Invoke(transporttest.Request{Command: bus.CommandEmitBytes, Raw: []byte{},
		Headers: map[string]string{bus.HeaderEvent: "e"}})
	noError(t, err)
	noError(t, b.Emit("e", "end"))
	obj := `{"a":"\u0001\u2028"}`
	app.want(t, obj, "null", "")
	win.want(t, obj, "null", "2", "", "")
	all.want(t, obj, "null", "1", "2", "", "")
	one.wantEvents("[1] "+obj, "[1] null", "[1] 1", "[1] 2", "[1] bytes raw", "[1] bytes ",
		`[1] "end"`)
	two.wantEvents("[1] "+obj, "[1] null", "[1] 1", "[1] 2", "[1] bytes ", `[1] "end"`)
}

// TestOrder: 8 goroutines emit to 2 pages and a listener in Go; each sees every emitter's events in
// their order, without a gap.
func TestOrder(t *testing.T) {
	const emitters, each, subs = 8, 1500, 2
	e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{QueueLen: 64})
	type tally struct {
		next [emitters]int
		n    int
	}
	see := func(who string, at *tally, payload []byte) {
		var v [2]int
		if err := json.Unmarshal(payload, &v); err != nil || at.next[v[0]] != v[1] {
			t.Errorf("%s: got %s, want event %d", who, payload, at.next[v[0]])
		}
		at.next[v[0]]++
		at.n++
	}
	var readers, wg sync.WaitGroup
	for _, label := range []string{"one", "two"} {
		w := readyWindow(t, e, b, label)
		for sub := range subs {
			w.listen("e", nil, uint32(sub+1))
		}
		readers.Go(func() {
			var got [subs]tally
			for got[0].n < emitters*each {
				ev, err := w.page.NextEvent()
				if err != nil {
					t.Error(err)
					return
				}
				for _, sub := range ev.Subs {
					see(fmt.Sprintf("%s, listener %d", label, sub), &got[sub-1], ev.Payload)
				}
			}
		})
	}
	var inGo tally
	done := make(chan struct{})
	_, err := b.Listen(bus.App, "e", func(ev bus.Event) {
		if see("listener in Go", &inGo, ev.Payload); inGo.n == emitters*each {
			close(done)
		}
	})
	noError(t, err)
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
	readers.Wait()
	receive(t, done)
}

// TestStalledPage: a page that does not read is an error of the emits that it has no room for; the
// other one gets all. When it reads again, it has what was accepted, in order.
func TestStalledPage(t *testing.T) {
	e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{})
	stalled, quick := readyWindow(t, e, b, "stalled"), readyWindow(t, e, b, "quick")
	stalled.listen("e", nil, 1)
	quick.listen("e", nil, 1)
	stalled.page.Stall(true)
	var accepted, refused, all []string
	pad := strings.Repeat("x", 100)
	for i := 0; len(refused) < 5; i++ {
		text := fmt.Sprintf("[1] \"%d%s\"", i, pad)
		all = append(all, text)
		err := b.Emit("e", fmt.Sprint(i, pad))
		if err == nil {
			accepted = append(accepted, text)
		} else {
			wantIs(t, err, bus.ErrFull)
			wantIs(t, err, transport.ErrFull)
			var where *bus.WindowError
			if !errors.As(err, &where) || where.Label != "stalled" ||
				!strings.Contains(err.Error(), `window "stalled"`) {
				t.Fatalf("error %v", err)
			}
			refused = append(refused, text)
		}
		if i%16 == 0 { // so that only the one that is stalled has no room
			if err := quick.page.Session.Flush(within(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	quick.wantEvents(all...)
	if st := b.Stats().Windows[0]; st.Refused != 5 {
		t.Fatalf("stats %+v", st)
	}

	// What waits comes when there is room, and the others have it before.
	result := make(chan error)
	go func() { result <- b.EmitContext(within(t), "e", "late"+pad) }()
	if ev, err := quick.page.NextEvent(); err != nil || string(ev.Payload) != `"late`+pad+`"` {
		t.Fatalf("the quick page got %s, %v", ev.Payload, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantIs(t, b.EmitContext(ctx, "e", pad+pad), context.Canceled)
	stalled.page.Stall(false)
	noError(t, <-result)
	stalled.wantEvents(append(accepted, `[1] "late`+pad+`"`)...)
}

// TestEventsBeforeResult: what a command emitted to its page comes before its result.
func TestEventsBeforeResult(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	transport.Handle(e, "emits", func(_ context.Context, n int) (int, error) {
		for i := range n {
			if err := b.Emit("e", i); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	w := readyWindow(t, e, b, "main")
	w.listen("e", nil, 1)
	for range 20 {
		w.must(w.call("emits", 50))
		if n := len(w.page.Events()); n != 50 {
			t.Fatalf("%d events before the result", n)
		}
	}
}

// TestReload: a new page starts with nothing of the one before.
func TestReload(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	w.listen("e", nil, 1)
	old := w.page
	w.load(transporttest.Config{})
	w.ready()
	noError(t, b.Emit("e", 1))
	w.wantEvents()
	w.listen("e", nil, 1)
	noError(t, b.Emit("e", 2))
	w.wantEvents("[1] 2")
	if n := len(old.Events()); n != 0 {
		t.Fatalf("the old page got %d events", n)
	}
	if st := b.Stats().Windows[0]; st.Subscriptions != 1 {
		t.Fatalf("stats %+v", st)
	}
}

// TestListening: who is asked before a window closes.
func TestListening(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	const name = "tauri://close-requested"
	w, other := readyWindow(t, e, b, "main"), readyWindow(t, e, b, "other")
	want := func(want bool) {
		t.Helper()
		if got := b.Listening("main", name); got != want {
			t.Fatalf("listening: %v", got)
		}
	}
	want(false)
	other.listen(name, nil, 1)
	w.listen("else", nil, 1)
	w.listen(name, bus.Window("other"), 2)
	want(false)
	w.listen(name, bus.WebviewWindow("main"), 3)
	want(true)
	w.must(w.call(bus.CommandUnlisten, object{"event": name, "sub": 3}))
	want(false)
	w.listen(name, nil, 3)
	want(true)
	w.page.Session.End("gone")
	want(false)
	if b.Listening("nobody", name) {
		t.Fatal("a window that is not there listens")
	}
}

// TestClose: a window's listeners in Go hear what came before its end, and nothing of the next
// window with that label.
func TestClose(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	hold := make(chan struct{})
	heard := make(chan string, 10)
	for _, target := range []bus.Target{windowX, webviewX, bothX} {
		_, err := b.Listen(target, "e", func(ev bus.Event) { <-hold; heard <- string(ev.Payload) })
		noError(t, err)
	}
	idle, err := b.Listen(windowX, "else", func(bus.Event) {})
	noError(t, err)
	app := newRecord()
	_, err = b.Listen(bus.App, "e", app.hear)
	noError(t, err)
	w := readyWindow(t, e, b, "x")
	w.listen("e", nil, 1)
	noError(t, b.EmitTo(anyX, "e", 1))
	noError(t, b.EmitTo(anyX, "e", 2))
	w.Close()
	w.Close()
	wantIs(t, b.EmitTo(anyX, "e", 3), bus.ErrNoWindow)
	noError(t, b.Emit("e", "end"))
	close(hold)
	got := map[string]int{}
	for range 6 {
		got[receive(t, heard)]++
	}
	if got["1"] != 3 || got["2"] != 3 {
		t.Fatalf("heard %v", got)
	}
	app.want(t)
	readyWindow(t, e, b, "x")
	noError(t, b.EmitTo(anyX, "e", 4))
	if b.Unlisten(idle) || len(heard) > 0 {
		t.Fatal("a listener of the closed window lives")
	}
	wantCode(t, w.call(bus.CommandReady, object{}), transport.CodeClosed)
}

// TestEval: evals and events keep their order, before the page is ready, too.
func TestEval(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := openWindow(t, e, b, "main")
	var mu sync.Mutex
	var log []string
	see := func(text string) { mu.Lock(); log = append(log, text); mu.Unlock() }
	emit := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			noError(t, b.Emit("e", i))
			noError(t, w.Eval(fmt.Sprint("eval ", i)))
		}
	}
	value := make(chan string)
	go func() {
		v, err := w.EvalResult(within(t), "value")
		value <- fmt.Sprint(string(v), err)
	}()
	emit(0, 2)
	w.load(transporttest.Config{
		Eval: func(js string) (any, error) { see(js); return js, nil },
		Control: func(kind wire.Kind, _ uint32, _ []byte) {
			if kind == wire.Event {
				see("event")
			}
		},
	})
	w.listen("e", nil, 1)
	emit(2, 4)
	w.ready()
	emit(4, 6)
	if got := receive(t, value); got != `"value"<nil>` {
		t.Fatalf("value %s", got)
	}
	w.must(w.call("nothing", object{}))
	mu.Lock()
	defer mu.Unlock()
	want := 0
	for i, text := range log {
		if text == "value" {
			continue
		}
		if expect := []string{"event", fmt.Sprint("eval ", want/2)}[want%2]; text != expect {
			t.Fatalf("%q at %d, want %q: %q", text, i, expect, log)
		}
		want++
	}
	if want != 12 {
		t.Fatalf("%q", log)
	}
}

// TestEvalWithoutRoom: a live page that does not read gives the error of one that is not ready.
func TestEvalWithoutRoom(t *testing.T) {
	e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	w.page.Stall(true)
	defer w.page.Stall(false)
	var err error
	for n := 0; err == nil; n++ {
		if err = w.Eval(strings.Repeat("x", 1000)); n > 1000 {
			t.Fatal("lane 0 is never full")
		}
	}
	var at *bus.WindowError
	if !errors.Is(err, bus.ErrFull) || !errors.As(err, &at) || at.Label != "main" {
		t.Fatalf("a full window gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = w.EvalContext(ctx, strings.Repeat("x", 1000))
	if !errors.Is(err, context.Canceled) || !errors.As(err, &at) {
		t.Fatalf("EvalContext gives %v", err)
	}
}

// TestForeign: nothing is kept for a page that will not connect.
func TestForeign(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{PendingBytes: 1 << 10})
	w := openWindow(t, e, b, "main")
	noError(t, b.Emit("e", 0))
	w.SetForeign(true)
	for range 100 {
		noError(t, b.Emit("e", strings.Repeat("x", 100)))
		noError(t, b.EmitTo(bus.Window("main"), "e", strings.Repeat("x", 100)))
	}
	wantIs(t, w.Eval("1"), bus.ErrForeign)
	_, err := w.EvalResult(t.Context(), "1")
	wantIs(t, err, bus.ErrForeign)
	if st := b.Stats(); st.Windows[0].Kept != 0 || st.Unheard != 200 {
		t.Fatalf("stats %+v", st)
	}
	w.SetForeign(false)
	noError(t, b.Emit("e", 1))
	w.load(transporttest.Config{})
	w.listen("e", nil, 1)
	w.ready()
	w.wantEvents("[1] 1")
}
