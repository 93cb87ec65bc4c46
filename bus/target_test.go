package bus_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

var (
	anyX, windowX = bus.AnyLabel("x"), bus.Window("x")
	webviewX      = bus.Webview("x")
	bothX         = bus.WebviewWindow("x")
	allOfX        = []bus.Target{bus.Any, anyX, windowX, webviewX, bothX}
	allTargets    = []bus.Target{
		bus.Any, bus.App, anyX, windowX, webviewX, bothX,
		bus.AnyLabel("y"), bus.Window("y"), bus.Webview("y"), bus.WebviewWindow("y"),
	}
)

// reach is the table: an emit, the listeners that hear it, and those in a page of window x that
// hear it when it was emitted before the page was ready.
var reach = []struct {
	to     bus.Target
	filter func(bus.Target) bool
	hear   []bus.Target
	later  []bus.Target
}{
	{to: bus.Any, hear: allTargets, later: allTargets},
	{to: anyX, hear: allOfX, later: allOfX},
	{to: windowX, hear: []bus.Target{bus.Any, anyX, windowX}, later: []bus.Target{
		bus.Any, anyX, windowX,
	}},
	{to: webviewX, hear: []bus.Target{bus.Any, anyX, webviewX}, later: []bus.Target{
		bus.Any, anyX, webviewX,
	}},
	{to: bothX, hear: []bus.Target{bus.Any, anyX, bothX}, later: []bus.Target{
		bus.Any, anyX, bothX,
	}},
	{to: bus.App, hear: []bus.Target{bus.Any, bus.App}},
	{to: bus.Window("y"), hear: []bus.Target{bus.Any, bus.AnyLabel("y"), bus.Window("y")}},
	{filter: func(t bus.Target) bool {
		return t == bus.App || t.Label == "y" && t.Kind == bus.KindWebview
	},
		hear: []bus.Target{bus.Any, bus.App, bus.Webview("y")}},
	{filter: func(t bus.Target) bool { return t == windowX },
		hear: []bus.Target{bus.Any, windowX}, later: []bus.Target{bus.Any, windowX}},
	{filter: func(bus.Target) bool { return false }, hear: []bus.Target{bus.Any}},
	{filter: func(bus.Target) bool { return true }, hear: allTargets, later: allOfX},
}

func emitRow(b *bus.Bus, i int, payload any) error {
	if row := reach[i]; row.filter != nil {
		return b.EmitFilter("e", payload, row.filter)
	} else {
		return b.EmitTo(row.to, "e", payload)
	}
}

// TestTargetsInGo emits every row of the table to a listener in Go for every target.
func TestTargetsInGo(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	records := map[bus.Target]*record{}
	for _, target := range allTargets {
		records[target] = newRecord()
		_, err := b.Listen(target, "e", records[target].hear)
		noError(t, err)
	}
	for i, row := range reach {
		noError(t, emitRow(b, i, i))
		noError(t, b.Emit("e", "end"))
		heard := map[bus.Target]bool{}
		for _, target := range row.hear {
			heard[target] = true
		}
		for _, target := range allTargets {
			got := strings.Join(records[target].take(t), " ")
			want := ""
			if heard[target] {
				want = fmt.Sprint(i)
			}
			if got != want {
				t.Errorf("row %d, emitted to %v: a listener for %v heard %q, want %q", i, row.to,
					target, got, want)
			}
		}
	}
}

// TestTargetsInPage emits every row of the table to a page that listens for every target, when it
// is ready and before.
func TestTargetsInPage(t *testing.T) {
	for i, row := range reach {
		for _, early := range []bool{false, true} {
			e, b := newBus(t, transport.Options{}, bus.Options{})
			readyWindow(t, e, b, "y") // so that the label exists
			w := openWindow(t, e, b, "x")
			connect := func() {
				w.load(transporttest.Config{})
				for i, target := range allTargets {
					w.listen("e", target, uint32(i+1))
				}
				w.ready()
			}
			hear := row.hear
			if early {
				noError(t, emitRow(b, i, i))
				connect()
				hear = row.later
			} else {
				connect()
				noError(t, emitRow(b, i, i))
			}
			subs := []uint32{}
			for i, target := range allTargets {
				if slices.Contains(hear, target) {
					subs = append(subs, uint32(i+1))
				}
			}
			if len(subs) == 0 {
				w.wantEvents()
				continue
			}
			text, _ := json.Marshal(subs)
			w.wantEvents(fmt.Sprintf("%s %d", text, i))
		}
	}
}

// TestFilterAsksOnce counts a filter's calls.
func TestFilterAsksOnce(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	for _, label := range []string{"x", "y"} {
		w := readyWindow(t, e, b, label)
		w.listen("e", bothX, 1)
		w.listen("e", bus.Window(label), 2)
		w.listen("e", nil, 3)
	}
	_, err := b.Listen(bothX, "e", func(bus.Event) {})
	noError(t, err)
	asked := map[bus.Target]int{}
	noError(t, b.EmitFilter("e", nil, func(target bus.Target) bool {
		asked[target]++
		return true
	}))
	if len(asked) != 3 || asked[bothX] != 1 || asked[windowX] != 1 || asked[bus.Window("y")] != 1 {
		t.Fatalf("asked %v", asked)
	}
}

func TestTargetJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want bus.Target
	}{
		{`{"kind":"Any"}`, bus.Any},
		{`{"kind":"App"}`, bus.App},
		{`{"kind":"AnyLabel","label":"x"}`, anyX},
		{`{"kind":"Window","label":"x"}`, windowX},
		{`{"kind":"Webview","label":"x"}`, webviewX},
		{`{"kind":"WebviewWindow","label":"x"}`, bothX},
	} {
		var got bus.Target
		noError(t, json.Unmarshal([]byte(c.text), &got))
		if got != c.want {
			t.Errorf("%s gave %v", c.text, got)
		}
		text, err := json.Marshal(c.want)
		noError(t, err)
		if string(text) != c.text {
			t.Errorf("%v gave %s", c.want, text)
		}
	}
	var got bus.Target
	noError(t, json.Unmarshal([]byte(`"x"`), &got))
	if got != anyX {
		t.Errorf("a string gave %v", got)
	}
	noError(t, json.Unmarshal([]byte(`{"kind":"Any","label":"ignored"}`), &got))
	if got != bus.Any {
		t.Errorf("Any with a label gave %v", got)
	}
	for _, text := range []string{
		`1`, `null`, `[]`, `{}`, `{"label":"x"}`, `{"kind":"Window"}`,
		`{"kind":"window","label":"x"}`, `{"kind":1}`,
		`{"kind":"Window","label":""}`, `{"kind":"Window","label":"a b"}`,
		`{"kind":"Window","label":1}`,
		`{"kind":"Any","kind":"App"}`, `{"kind":"Window","label":"x","label":"y"}`, `""`, `"a b"`,
		`{"kind":"Window","label":"` + strings.Repeat("x", 1<<20) + `"}`,
	} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%.80s gave %v", text, got)
		}
	}
	for _, bad := range []bus.Target{
		{Kind: 77}, {Kind: bus.KindWindow}, {Kind: bus.KindAny, Label: "x"}, bus.Window("a b"),
	} {
		if text, err := json.Marshal(bad); err == nil {
			t.Errorf("%v gave %s", bad, text)
		}
	}
}

// TestNoWindow: a label that nobody has is an error, and those for Any hear the event all the same.
func TestNoWindow(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	w := readyWindow(t, e, b, "x")
	w.listen("e", nil, 1)
	err := b.EmitTo(bus.Window("nobody"), "e", 1)
	wantIs(t, err, bus.ErrNoWindow)
	w.wantEvents("[1] 1")
	noError(t, b.EmitTo(windowX, "e", 2))
	w.wantEvents("[1] 2")
	wantIs(t, b.EmitTo(bus.Window("a b"), "e", 3), bus.ErrLabel)
	wantIs(t, b.EmitTo(bus.Target{Kind: 9}, "e", 3), bus.ErrTarget)
	w.wantEvents()
}
