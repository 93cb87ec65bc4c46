package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestBeforeReady: 1,000 events before the page has even connected come to its listeners, all and
// in order; the listeners are those that are there when it is ready.
func TestBeforeReady(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := openWindow(t, e, b, "main")
	want := []string{}
	emit := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			noError(t, b.Emit("e", i))
			want = append(want, fmt.Sprintf("[1] %d", i))
		}
	}
	emit(0, 500)
	w.load(transporttest.Config{})
	emit(500, 700)
	w.listen("e", nil, 5)
	w.must(w.call(bus.CommandUnlisten, object{"event": "e", "sub": 5}))
	w.listen("e", nil, 1)
	emit(700, 1000)
	w.wantEvents()
	if st := b.Stats().Windows[0]; st.Ready || st.Kept != 1000 || st.KeptBytes < 64000 {
		t.Fatalf("stats %+v", st)
	}
	w.ready()
	w.ready() // a second time says nothing new
	emit(1000, 1010)
	w.wantEvents(want...)
	if st := b.Stats().Windows[0]; !st.Ready || st.Kept != 0 || st.KeptBytes != 0 ||
		st.Delivered != 1010 {
		t.Fatalf("stats %+v", st)
	}
}

// TestBetweenPages: what is emitted between one page and the next, or while a page that never
// becomes ready is shown, goes to the next that does.
func TestBetweenPages(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	w.listen("e", nil, 1)
	noError(t, b.Emit("e", 1))
	w.wantEvents("[1] 1")
	w.page.Session.End("reload")
	noError(t, b.Emit("e", 2))
	noError(t, b.EmitTo(bus.Window("main"), "e", 3))
	w.load(transporttest.Config{})
	w.listen("e", nil, 9)
	noError(t, b.Emit("e", 4))
	w.load(transporttest.Config{})
	w.listen("e", bus.Window("main"), 2)
	noError(t, b.Emit("e", 5))
	w.ready()
	noError(t, b.Emit("e", 6))
	w.wantEvents("[2] 2", "[2] 3", "[2] 4", "[2] 5", "[2] 6")
}

// TestKeptIsBounded: what is beyond PendingBytes is refused, and EmitContext waits until the page
// is ready.
func TestKeptIsBounded(t *testing.T) {
	const limit = 10 << 10
	e, b := newBus(t, transport.Options{}, bus.Options{PendingBytes: limit})
	w := openWindow(t, e, b, "main")
	pad := strings.Repeat("x", 1000)
	kept := []string{}
	for err := error(nil); err == nil; {
		if err = b.Emit("e", pad); err == nil {
			kept = append(kept, `[1] "`+pad+`"`)
		} else {
			wantIs(t, err, bus.ErrFull)
		}
	}
	st := b.Stats().Windows[0]
	if len(kept) != 8 || st.KeptBytes > limit || st.Refused != 1 {
		t.Fatalf("%d kept, stats %+v", len(kept), st)
	}
	wantIs(t, w.Eval(pad), bus.ErrFull)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantIs(t, b.EmitContext(ctx, "e", pad), context.Canceled)
	wantIs(t, w.EvalContext(ctx, pad), context.Canceled)

	result := make(chan error)
	large := strings.Repeat("y", 2*limit) // more than is ever kept
	go func() { result <- b.EmitContext(within(t), "e", large) }()
	w.load(transporttest.Config{})
	w.listen("e", nil, 1)
	w.ready()
	noError(t, receive(t, result))
	w.wantEvents(append(kept, `[1] "`+large+`"`)...)

	w.page.Session.End("gone")
	go func() { result <- b.EmitContext(within(t), "e", large) }()
	go func() { result <- b.EmitToContext(within(t), bus.Window("main"), "e", large) }()
	w.Page.Close()
	one, two := receive(t, result), receive(t, result)
	if one == nil {
		one, two = two, one
	}
	noError(t, two) // it was for all windows, and none is left
	if one != nil { // it waited for that window
		if !errors.Is(one, bus.ErrClosed) && !errors.Is(one, bus.ErrNoWindow) {
			t.Fatal(one)
		}
	}
}

// TestKeptTooLarge: what no session could take is refused at once, not when the page is ready.
func TestKeptTooLarge(t *testing.T) {
	_, b := newBus(t, transport.Options{MaxMessage: 64 << 10}, bus.Options{})
	w := b.Open("main")
	wantIs(t, b.Emit("e", strings.Repeat("x", 64<<10)), transport.ErrTooLarge)
	wantIs(t, b.EmitContext(t.Context(), "e", strings.Repeat("x", 64<<10)), transport.ErrTooLarge)
	wantIs(t, w.Eval(strings.Repeat("x", 64<<10)), transport.ErrTooLarge)
	noError(t, b.Emit("e", strings.Repeat("x", 63<<10)))
}

// TestKeptScriptIsDenied: a script that is kept, and that the policy of the page that comes denies,
// is logged; the events behind it come.
func TestKeptScriptIsDenied(t *testing.T) {
	rules, err := policy.Parse(
		[]byte(`{"rules":[{"windows":["*"],"origins":["*"],"allow":["listen:*","command:*"]}]}`))
	noError(t, err)
	log, logger := newLogs()
	e, b := newBus(t, transport.Options{Policy: rules}, bus.Options{Logger: logger})
	w := openWindow(t, e, b, "main")
	noError(t, b.Emit("e", 1))
	noError(t, w.Eval("denied"))
	noError(t, b.Emit("e", 2))
	w.load(transporttest.Config{})
	w.listen("e", nil, 1)
	w.ready()
	w.wantEvents("[1] 1", "[1] 2")
	if log.count("a script that was kept for a page could not be sent") != 1 {
		t.Error("the log does not say it")
	}
	wantCode(t, w.Eval("denied"), transport.CodeDenied)
}

// behind opens a window for which n events are kept, more than lane 0 holds, and a page that is
// ready, and does not read.
func behind(t *testing.T, n int) (b *bus.Bus, w *bus.Page, p *plainPage, got chan string,
	event func(i int) string) {
	e, b := newBus(t, transport.Options{ControlBytes: 16 << 10}, bus.Options{PendingBytes: 4 << 20})
	w = b.Open("main")
	event = func(i int) string { return fmt.Sprint(i, strings.Repeat("x", 100)) }
	for i := range n {
		noError(t, b.Emit("e", event(i)))
	}
	got = make(chan string, 2*n)
	p = loadPlain(t, e, w, "main", func(ev wire.EventPayload) {
		got <- fmt.Sprint(ev.Subs, string(ev.Payload))
	})
	p.eval = func(_ uint32, js string) { got <- "eval " + js }
	noError(t, p.call(bus.CommandListen, `{"event":"e","sub":1}`))
	p.hold(true)
	noError(t, p.call(bus.CommandReady, `{}`))
	// lane 0 is full, and the rest waits
	if st := b.Stats().Windows[0]; st.Ready || st.Kept == 0 || st.Kept == n {
		t.Fatalf("stats %+v", st)
	}
	return b, w, p, got, event
}

func wantNext(t *testing.T, got <-chan string, want string) {
	t.Helper()
	if text := receive(t, got); text != want {
		t.Fatalf("got %.30s, want %.30s", text, want)
	}
}

// TestMoreKeptThanLane0Holds: the page gets all of it, in order, as it reads; what comes meanwhile
// waits, or is refused as by a live page whose lane 0 is full, but for scripts.
func TestMoreKeptThanLane0Holds(t *testing.T) {
	const n = 1000
	b, w, p, got, event := behind(t, n)
	wantIs(t, b.Emit("e", "refused"), bus.ErrFull)
	noError(t, b.Emit("nobody", "dropped"))
	noError(t, w.Eval("in its place"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantIs(t, b.EmitContext(ctx, "e", "refused"), context.Canceled)
	// A new listener hears what is not on its way yet.
	noError(t, p.call(bus.CommandListen, `{"event":"e","sub":2}`))
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := n; i < n+100; i++ {
			if err := b.EmitContext(within(t), "e", event(i)); err != nil {
				t.Error(err)
			}
		}
	})
	p.hold(false)
	subs := "[1]"
	for i := range n + 100 {
		if i == n {
			wantNext(t, got, "eval in its place")
		}
		text := receive(t, got)
		if strings.HasPrefix(text, "[1 2]") {
			subs = "[1 2]"
		}
		if text != fmt.Sprintf("%s%q", subs, event(i)) {
			t.Fatalf("event %d is %.30s", i, text)
		}
	}
	if subs == "[1]" {
		t.Error("the new listener heard nothing")
	}
	wg.Wait()
	if st := b.Stats().Windows[0]; !st.Ready || st.Kept != 0 {
		t.Fatalf("stats %+v", st)
	}
}

// TestEndsWhileBehind: the page goes while it is given what was kept; the next one gets what it did
// not take, in order.
func TestEndsWhileBehind(t *testing.T) {
	const n = 1000
	b, w, p, _, event := behind(t, n)
	noError(t, b.EmitSticky(bus.Any, "s", "sticky"))
	// it is to get that next, but is gone before
	noError(t, p.call(bus.CommandListen, `{"event":"s","sub":3}`))
	noError(t, w.Eval("for the next page"))
	result := make(chan error)
	go func() { result <- b.EmitContext(within(t), "e", event(n)) }()
	value := make(chan error)
	go func() {
		_, err := w.EvalResult(within(t), "value")
		value <- err
	}()
	p.session.End("reload")
	noError(t, receive(t, result))

	got := make(chan string, 2*n)
	next := loadPlain(t, p.engine, w, "main", func(ev wire.EventPayload) {
		got <- fmt.Sprint(ev.Subs, string(ev.Payload))
	})
	next.eval = func(id uint32, js string) { got <- "eval " + js }
	noError(t, next.call(bus.CommandListen, `{"event":"e","sub":9}`))
	noError(t, next.call(bus.CommandListen, `{"event":"s","sub":8}`))
	noError(t, next.call(bus.CommandReady, `{}`))
	wantNext(t, got, `[8]"sticky"`)
	var first int
	if text := receive(t, got); true {
		if _, err := fmt.Sscanf(text, `[9]"%d`, &first); err != nil || first == 0 {
			t.Fatalf("the first event is %.30s", text)
		}
	}
	for i := first + 1; i <= n; i++ {
		if i == n {
			wantNext(t, got, "eval for the next page")
		}
		wantNext(t, got, fmt.Sprintf("[9]%q", event(i)))
	}
	wantNext(t, got, "eval value")
	next.session.End("the test is over")
	wantIs(t, receive(t, value), transport.ErrClosed)
}

// TestReadyInterleavings lets emitters run while a page becomes ready, again and again: each
// emitter's events come in order, none is lost, none doubled, wherever ready falls.
func TestReadyInterleavings(t *testing.T) {
	const rounds, emitters, each = 60, 3, 200
	for round := range rounds {
		e, b := newBus(t, transport.Options{}, bus.Options{})
		w := openWindow(t, e, b, "main")
		w.load(transporttest.Config{})
		w.listen("e", nil, 1)
		var wg sync.WaitGroup
		var emitted atomic.Int32
		begin := make(chan struct{})
		for g := range emitters {
			wg.Go(func() {
				for i := range each {
					if err := b.Emit("e", [2]int{g, i}); err != nil {
						t.Error(err)
					}
					if emitted.Add(1) == int32(round*emitters*each/rounds)+1 {
						close(begin)
					}
				}
			})
		}
		<-begin
		w.ready()
		wg.Wait()
		noError(t, w.Flush(within(t))) // a goroutine may still give what came beside ready
		next := [emitters]int{}
		for _, ev := range w.events() {
			var v [2]int
			noError(t, json.Unmarshal(ev.Payload, &v))
			if v[1] != next[v[0]] {
				t.Fatalf("round %d, emitter %d: got %d, want %d", round, v[0], v[1], next[v[0]])
			}
			next[v[0]]++
		}
		if next != [emitters]int{each, each, each} {
			t.Fatalf("round %d: the page got %v", round, next)
		}
	}
}

// TestReloadInterleavings reloads while emitters run: each page gets each emitter's events without
// a gap, none twice, and what one page did not take comes to the next one, or was in its lane 0
// when it ended.
func TestReloadInterleavings(t *testing.T) {
	const pages, emitters = 40, 3
	e, b := newBus(t, transport.Options{}, bus.Options{PendingBytes: 32 << 10})
	w := openWindow(t, e, b, "main")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for g := range emitters {
		wg.Go(func() {
			for i, last := 0, false; !last; i++ {
				select {
				case <-stop:
					last = true
				default:
				}
				if err := b.EmitContext(context.Background(), "e", [3]any{g, i, last}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	next := [emitters]int{} // the highest that a page got, and one
	for i := range pages {
		w.load(transporttest.Config{})
		w.listen("e", nil, 1)
		w.ready()
		if i == pages-1 {
			close(stop)
		}
		first, lasts := [emitters]bool{true, true, true}, 0
		for n := 0; i < pages-1 && n < 500 || i == pages-1 && lasts < emitters; n++ {
			ev, err := w.page.NextEvent()
			noError(t, err)
			var g, n int
			var last bool
			noError(t, json.Unmarshal(ev.Payload, &[]any{&g, &n, &last}))
			if n < next[g] || !first[g] && n != next[g] {
				t.Fatalf("emitter %d: got %d after %d", g, n, next[g]-1)
			}
			if next[g], first[g] = n+1, false; last {
				lasts++
			}
		}
	}
	wg.Wait()
}
