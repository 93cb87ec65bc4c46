package bus_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestBadCalls: each is answered with its code, and nobody else notices.
func TestBadCalls(t *testing.T) {
	log, logger := newLogs()
	e, b := newBus(t, transport.Options{}, bus.Options{Logger: logger, MaxListeners: 3})
	hostile, other := readyWindow(t, e, b, "hostile"), readyWindow(t, e, b, "other")
	other.listen("e", nil, 1)
	app := newRecord()
	_, err := b.Listen(bus.Any, "e", app.hear)
	noError(t, err)
	hostile.listen("e", nil, 7)
	plain := openPlain(t, e, b, "plain", nil)
	noError(t, plain.call(bus.CommandReady, `{}`))
	noError(t, plain.call(bus.CommandListen, `{"event":"plain","sub":7}`))

	const args, name, target = transport.CodeBadArguments, bus.CodeName, bus.CodeTarget
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	long := strings.Repeat("x", 10<<20)
	for _, c := range []struct{ command, args, code string }{
		{bus.CommandListen, ``, args},
		{bus.CommandListen, `{`, args},
		{bus.CommandListen, `null`, args},
		{bus.CommandListen, `[]`, args},
		{bus.CommandListen, `"e"`, args},
		{bus.CommandListen, `{}`, args},
		{bus.CommandListen, `{"event":"e"}`, args},
		{bus.CommandListen, `{"event":"e","sub":0}`, args},
		{bus.CommandListen, `{"event":"e","sub":-1}`, args},
		{bus.CommandListen, `{"event":"e","sub":1.5}`, args},
		{bus.CommandListen, `{"event":"e","sub":1e3}`, args},
		{bus.CommandListen, `{"event":"e","sub":01}`, args},
		{bus.CommandListen, `{"event":"e","sub":"1"}`, args},
		{bus.CommandListen, `{"event":"e","sub":null}`, args},
		{bus.CommandListen, `{"event":"e","sub":[1]}`, args},
		{bus.CommandListen, `{"event":"e","sub":4294967296}`, args},
		{bus.CommandListen, `{"event":"e","sub":99999999999999999999999}`, args},
		{bus.CommandListen, `{"event":"e","sub":7}`, args}, // both pages have one with that number
		{bus.CommandListen, `{"event":"e","sub":8,"sub":9}`, args},
		{bus.CommandListen, `{"event":"e","\u0073ub":8}`, args},
		{bus.CommandListen, `{"event":"e","sub":8,"target":{"kind":"Nobody"}}`, target},
		{bus.CommandListen, `{"event":"e","sub":8,"target":null}`, target},
		{bus.CommandListen, `{"event":"e","sub":8,"target":{"kind":"Window","label":"a b"}}`,
			target},
		{bus.CommandListen, `{"event":"e","sub":8,"target":"` + long[:10<<10] + `"}`, target},
		{bus.CommandListen, `{"event":"e","sub":8,"target":"` + long[:1<<20] + `"}`, args},
		{bus.CommandListen, `{"event":7,"sub":8}`, name},
		{bus.CommandListen, `{"event":["e"],"sub":8}`, name},
		{bus.CommandListen, `{"event":"a b","sub":8}`, name},
		{bus.CommandListen, `{"event":"","sub":8}`, name},
		{bus.CommandListen, `{"event":"a\u0000","sub":8}`, name},
		{bus.CommandListen, `{"event":"\ud800","sub":8}`, name},
		{bus.CommandListen, `{"event":"\ud83d\ude00","sub":8}`, name},
		{bus.CommandListen, `{"event":"` + long + `","sub":8}`, args},
		{bus.CommandListen, `{"event":"` + long[:10<<10] + `","sub":8}`, name},
		{bus.CommandListen, `{"event":"` + strings.Repeat("x", 1025) + `","sub":8}`, name},
		// it is the other window's
		{bus.CommandUnlisten, `{"event":"e","sub":1}`, bus.CodeUnknownListener},
		{bus.CommandUnlisten, `{"event":"d","sub":7}`, bus.CodeUnknownListener},
		{bus.CommandUnlisten, `{"event":"e"}`, args},
		{bus.CommandUnlisten, `{"sub":7}`, args},
		{bus.CommandEmit, `{"payload":1}`, args},
		{bus.CommandEmit, `{"event":"e","payload":1,"payload":2}`, args},
		{bus.CommandEmit, `{"event":"e","event":"f"}`, args},
		{bus.CommandEmit, `{"event":"e","payload":01}`, args},
		{bus.CommandEmit, `{"event":"e","payload":"` + "\x01" + `"}`, args},
		{bus.CommandEmit, `{"event":"e","payload":"` + "\xff" + `"}`, args},
		{bus.CommandEmit, `{"event":"e","payload":"` + "\xed\xa0\x80" + `"}`, args},
		{bus.CommandEmit, `{"event":"e","payload":` + deep + `}`, args},
		{bus.CommandEmit, `{"event":"e","payload":NaN}`, args},
		{bus.CommandEmit, `{"event":"e"}{"event":"e"}`, args},
		{bus.CommandEmitTo, `{"event":"e","payload":1}`, target},
		{bus.CommandEmitTo, `{"event":"e","target":1}`, target},
		{bus.CommandEmitTo, `{"event":"e","target":"a b"}`, target},
		{bus.CommandReady, `x`, args},
	} {
		if len(c.args) < 100_000 {
			wantRefused(t, c.command, c.args, plain.call(c.command, c.args), c.code)
		}
		if json.Valid([]byte(c.args)) {
			wantRefused(t, c.command, c.args, hostile.call(c.command, json.RawMessage(c.args)),
				c.code)
		}
	}
	for _, c := range []struct{ event, target, code string }{
		{"", "", name}, {"a b", "", name}, {"%", "", args}, {"e", "%zz", args}, {"e", "x", target},
		{"e", `{"kind":"App","kind":"Any"}`, target},
		{"%ff", "", name},
	} {
		_, err := hostile.page.Invoke(transporttest.Request{Command: bus.CommandEmitBytes,
			Raw:     []byte{1},
			Headers: map[string]string{bus.HeaderEvent: c.event, bus.HeaderTarget: c.target}})
		wantRefused(t, bus.CommandEmitBytes, c.event+c.target, err, c.code)
	}
	wantCode(t, hostile.call(bus.CommandEmitBytes, object{"event": "e"}), args)
	_, err = hostile.page.Invoke(transporttest.Request{Command: bus.CommandEmit, Raw: []byte{1}})
	wantCode(t, err, args)

	hostile.listen("e", nil, 8)
	hostile.listen("x", nil, 9)
	wantCode(t, hostile.call(bus.CommandListen, object{"event": "x", "sub": 10}), bus.CodeListeners)
	hostile.must(hostile.call(bus.CommandUnlisten, object{"event": "e", "sub": 8}))
	wantCode(t, hostile.call(bus.CommandUnlisten, object{"event": "e", "sub": 8}),
		bus.CodeUnknownListener)
	hostile.listen("x", nil, 8)

	// Nothing has happened to anybody, nor to the page's own listener.
	hostile.wantEvents()
	other.wantEvents()
	noError(t, b.Emit("e", "end"))
	app.want(t)
	hostile.wantEvents(`[7] "end"`)
	other.wantEvents(`[1] "end"`)
	if n := log.count("a page's call was refused"); n != 5+4 {
		t.Errorf("%d lines in the log, want one for each page and code", n)
	}
	if log.count(strings.Repeat("x", 100)) > 0 {
		t.Error("the log repeats a long name")
	}
}

func wantRefused(t *testing.T, command, args string, err error, code string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s %.80s: accepted, want code %q", command, args, code)
		return
	}
	wantCode(t, err, code)
	if len(err.Error()) > 500 {
		t.Errorf("%s %.80s: the error has %d bytes", command, args, len(err.Error()))
	}
}

// TestOddCalls are accepted.
func TestOddCalls(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	got := make(chan string, 1)
	p := openPlain(t, e, b, "main", func(ev wire.EventPayload) {
		got <- fmt.Sprint(ev.Subs, string(ev.Payload))
	})
	noError(t, p.call(bus.CommandReady, ` `+"\t{} "))
	noError(t, p.call(bus.CommandListen, " {\t\"more\" : [ {\"sub\":3} , \"}\\\"\" ] , "+
		"\"sub\"\n:4294967295 , \"event\" : \"\\u0065\" } "))
	for _, payload := range []string{
		`1`, `-0.5e+3`, `"\ud800"`, `"\\"`, `"\\\""`, `{"payload":1,"event":"x","payload":2}`,
		`[{"a":"]}"},[]]`, `true`, `{}`, `""`, `{ "a" : [ ] }`,
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		`{"__proto__":null,"\u0000":"\u2028"}`,
	} {
		for _, args := range []string{
			`{"event":"e","payload":` + payload + `}`,
			`{"payload": ` + payload + ` ,"x":{},"event":"e"}`,
			"\n{ \"event\"\t:\r\"e\",\"payload\" :\n" + payload + "\t}\r\n",
		} {
			noError(t, p.call(bus.CommandEmit, args))
			if text := receive(t, got); text != "[4294967295]"+payload {
				t.Errorf("%.100q gave %.100q", args, text)
			}
		}
	}
	noError(t, p.call(bus.CommandEmit, ` { "event" : "e" } `))
	if text := receive(t, got); text != "[4294967295]null" {
		t.Errorf("got %s", text)
	}
}

// TestOrderedCalls: calls without awaiting take effect in their order.
func TestOrderedCalls(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := openWindow(t, e, b, "main")
	w.load(transporttest.Config{})
	noError(t, b.Emit("e0", "kept"))
	calls := []*transporttest.Call{}
	start := func(command string, args any) {
		calls = append(calls, w.page.Start(transporttest.Request{Command: command, Args: args}))
	}
	start(bus.CommandListen, object{"event": "e0", "sub": 1000})
	start(bus.CommandReady, object{})
	want := []string{`[1000] "kept"`}
	for i := range 100 {
		name := fmt.Sprint("e", i)
		start(bus.CommandListen, object{"event": name, "sub": i + 1})
		start(bus.CommandEmit, object{"event": name, "payload": i})
		start(bus.CommandUnlisten, object{"event": name, "sub": i + 1})
		start(bus.CommandEmit, object{"event": name, "payload": "nobody"})
		switch i {
		case 0:
			want = append(want, `[1000,1] 0`, `[1000] "nobody"`)
		default:
			want = append(want, fmt.Sprintf("[%d] %d", i+1, i))
		}
	}
	for _, c := range calls {
		_, err := c.Wait()
		noError(t, err)
	}
	w.wantEvents(want...)
}

// TestUnknownTarget: emit_to to a label that nobody has tells the page.
func TestUnknownTarget(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	wantCode(t, w.call(bus.CommandEmitTo, object{"event": "e", "target": "nobody"}),
		bus.CodeNoWindow)
}

// TestFullForPage: what had no room is an error of the page that emitted.
func TestFullForPage(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 1})
	w := readyWindow(t, e, b, "main")
	hold := make(chan struct{})
	defer close(hold)
	began := make(chan struct{}, 1)
	_, err := b.Listen(bus.App, "e", func(bus.Event) { began <- struct{}{}; <-hold })
	noError(t, err)
	w.must(w.call(bus.CommandEmit, object{"event": "e"}))
	receive(t, began)
	w.must(w.call(bus.CommandEmit, object{"event": "e"}))
	wantCode(t, w.call(bus.CommandEmit, object{"event": "e"}), bus.CodeFull)
}

// TestTooLargeForPage: what no window could take from a page, now or later, is not called full.
// Others get it.
func TestTooLargeForPage(t *testing.T) {
	e, b := newBus(t, transport.Options{ControlBytes: 64 << 10}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	w.listen("e", nil, 1)
	heard := make(chan int, 2)
	_, err := b.Listen(bus.App, "e", func(e bus.Event) { heard <- len(e.Payload) + len(e.Binary) })
	noError(t, err)
	w.must(w.call(bus.CommandEmit, object{"event": "e", "payload": strings.Repeat("x", 31<<10)}))
	if n := receive(t, heard); n != 31<<10+2 {
		t.Errorf("Go heard %d bytes", n)
	}
	if n := len(w.events()); n != 1 {
		t.Fatalf("the page heard %d events", n)
	}
	large := strings.Repeat("x", 33<<10)
	_, bytesErr := w.page.Invoke(transporttest.Request{
		Command: bus.CommandEmitBytes, Raw: []byte(large),
		Headers: map[string]string{
			bus.HeaderEvent: "e",
		},
	})
	for _, err := range []error{
		w.call(bus.CommandEmit, object{"event": "e", "payload": large}),
		w.call(bus.CommandEmitTo, object{"event": "e", "payload": large, "target": "main"}),
		bytesErr,
	} {
		wantCode(t, err, bus.CodeTooLarge)
		for _, part := range []string{"about 32768", "use a channel"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%v does not say %q", err, part)
			}
		}
	}
	for range 2 {
		receive(t, heard)
	}
	w.wantEvents()
}

// TestManyHostilePages: pages that register, emit and go at once harm no order of another's.
func TestManyHostilePages(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{MaxListeners: 50})
	good := readyWindow(t, e, b, "good")
	good.listen("e", bus.Window("good"), 1)
	var wg sync.WaitGroup
	for i := range 4 {
		w := readyWindow(t, e, b, fmt.Sprint("bad", i))
		wg.Go(func() {
			for n := range 100 {
				w.page.Start(transporttest.Request{
					Command: bus.CommandListen, Args: object{"event": "e", "sub": n % 60},
				})
				w.page.Start(transporttest.Request{
					Command: bus.CommandUnlisten, Args: object{"event": "e", "sub": 1},
				})
				w.page.Start(transporttest.Request{
					Command: bus.CommandEmit, Args: object{"event": "e x", "payload": n},
				})
				w.page.Start(transporttest.Request{Command: bus.CommandReady, Args: object{}})
			}
			w.page.Close()
		})
	}
	want := []string{}
	for i := range 300 {
		noError(t, b.EmitToContext(within(t), bus.Window("good"), "e", i))
		want = append(want, fmt.Sprintf("[1] %d", i))
	}
	wg.Wait()
	good.wantEvents(want...)
}
