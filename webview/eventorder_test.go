//go:build linux && cgo

package webview

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

const orderPage = `
	globalThis.errors = [];
	globalThis.first = Array(8).fill(0);
	globalThis.second = Array(8).fill(0);
	globalThis.marks = 0;
	const failed = (text) => { if (errors.length < 5) errors.push(text); };
	globalThis.mark = (g, n) => {
		if (first[g] !== n || second[g] !== n) failed('script ' + n + ' of emitter ' + g +
			' after ' + first[g] + ' and ' + second[g] + ' events');
		marks++;
	};
	tailrace.listen('e', ({ payload: [g, n] }) => {
		if (first[g] !== n) failed('event ' + n + ' of emitter ' + g + ' where ' + first[g] +
			' is due');
		first[g] = n + 1;
	});
	tailrace.currentWindow().listen('e', ({ payload: [g, n] }) => {
		if (second[g] !== n) failed('second listener: event ' + n + ' of emitter ' + g + ' where ' +
			second[g] + ' is due');
		if (first[g] !== n + 1) failed('the second listener heard event ' + n + ' of emitter ' + g +
			' before the first one');
		second[g] = n + 1;
	});`

// TestEventOrder: 8 goroutines emit 100,000 events to 2 windows, with evals between them. Every
// listener hears each emitter's events in order, gapless; among listeners the first that registered
// is first; each eval runs in its place.
func TestEventOrder(t *testing.T) { eventOrder(t, Options{}, 12_500) }

// eventOrder emits so many events by each goroutine, a multiple of 250.
func eventOrder(t *testing.T, o Options, each int) {
	const emitters, between = 8, 250
	o.Assets = fstest.MapFS{
		"index.html": {Data: []byte(blank + `<script type=module>` + orderPage + `</script>`)},
	}
	app := newApp(t, o, func(*transport.Engine) {})
	pages := []*testPage{
		openPage(t, app, WindowOptions{Label: "one"}),
		openPage(t, app, WindowOptions{Label: "two"}),
	}
	ctx := testContext(t)
	var wg sync.WaitGroup
	for g := range emitters {
		wg.Go(func() {
			for n := range each {
				if n%between == 0 {
					for _, p := range pages {
						mark := fmt.Sprintf("mark(%d, %d)", g, n)
						if err := p.EvalContext(ctx, mark); err != nil {
							t.Error(err)
							return
						}
					}
				}
				if err := app.EmitContext(ctx, "e", [2]int{g, n}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, p := range pages {
		v, err := p.EvalResult(ctx, `({ errors, first, second, marks })`)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Errors        []string
			First, Second []int
			Marks         int
		}
		if err := json.Unmarshal(v, &got); err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Errors {
			t.Errorf("window %s: %s", p.Label(), e)
		}
		for g := range emitters {
			if got.First[g] != each || got.Second[g] != each {
				t.Errorf("window %s: emitter %d: %d and %d events, want %d", p.Label(), g,
					got.First[g], got.Second[g], each)
			}
		}
		if want := emitters * each / between; got.Marks != want {
			t.Errorf("window %s: %d scripts, want %d", p.Label(), got.Marks, want)
		}
		if name := carrierNames[o.Carrier]; name != "" {
			p.carriedBy(name)
		}
	}
}

// TestEventsBeforeLoad: 1,000 events that are emitted before the page loads reach the listeners of
// all its scripts, in order.
func TestEventsBeforeLoad(t *testing.T) {
	app := newApp(t, Options{Assets: fstest.MapFS{
		"index.html": {Data: []byte(blank + `
			<script>globalThis.log = [[], []]; tailrace.listen('e', (e) =>
				log[0].push(e.payload));</script>
			<script type=module src=late.js></script>`)},
		"late.js": {
			Data: []byte(
				`tailrace.listen('e', (e) => log[1].push(e.payload), { target: {
					kind: 'WebviewWindow', label: 'main' } });`),
		},
	}}, func(*transport.Engine) {})
	w, err := app.Open(WindowOptions{Label: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); wait(t, w.Done(), "the window's end") })
	const count = 1000
	for n := range count {
		switch n % 3 {
		case 0:
			err = app.Emit("e", n)
		case 1:
			err = w.Emit("e", n)
		case 2:
			err = app.EmitTo(bus.WebviewWindow("main"), "e", n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	v, err := w.EvalResult(testContext(t), `log`)
	if err != nil {
		t.Fatal(err)
	}
	var logs [][]int
	if err := json.Unmarshal(v, &logs); err != nil {
		t.Fatal(err)
	}
	for i, log := range logs {
		for n := range count {
			if n >= len(log) || log[n] != n {
				t.Fatalf("listener %d of %d heard %d events, the first ones in order: %d", i,
					len(logs), len(log), n)
			}
		}
	}
}
