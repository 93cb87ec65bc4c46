//go:build linux && cgo

package webview

import (
	"encoding/json"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
)

// ready waits until the window's page has told that its listeners are there.
func (p *testPage) ready() {
	p.t.Helper()
	if _, err := p.EvalResult(testContext(p.t), `0`); err != nil {
		p.t.Fatal(err)
	}
}

// hear collects the payloads of an event for the window, in Go.
func (p *testPage) hear(name string) <-chan string {
	p.t.Helper()
	heard := make(chan string, 1000)
	if _, err := p.Listen(name, func(e bus.Event) { heard <- string(e.Payload) }); err != nil {
		p.t.Fatal(err)
	}
	return heard
}

func TestWindowEvents(t *testing.T) {
	app := newApp(t, Options{Tauri: true}, func(*transport.Engine) {})
	created := map[string]chan string{
		EventWindowCreated: make(chan string, 10), EventWebviewCreated: make(chan string, 10),
	}
	for name, c := range created {
		if _, err := app.Listen(name, func(e bus.Event) { c <- string(e.Payload) }); err != nil {
			t.Fatal(err)
		}
	}
	p := openPage(t, app, WindowOptions{
		Label: "main", Width: 300, Height: 200, Position: &image.Point{X: 10, Y: 10},
	})
	for name, c := range created {
		if got := wait(t, c, name); got != `{"label":"main"}` {
			t.Errorf("%s: %s", name, got)
		}
	}
	other := openPage(t, app, WindowOptions{Label: "other", Position: &image.Point{X: 700, Y: 700}})
	// The page hears by each of the objects that stand for its window, and by a plain listen; the
	// other page by a plain listen only.
	const listen = `globalThis.log = [];
		for (const name of ['resize', 'move', 'focus', 'blur', 'theme-changed', 'destroyed',
			'scale-change'])
			for (const kind of ['Any', 'Window', 'WebviewWindow', 'Webview', 'AnyLabel', 'App'])
				await tailrace.listen('tauri://' + name, e => log.push([kind, name,
					JSON.stringify(e.payload)].join(' ')),
					{ target: kind === 'Any' || kind === 'App' ? { kind } : {
						kind, label: LABEL } });`
	p.run(strings.ReplaceAll(listen, "LABEL", `'main'`), nil)
	other.run(strings.ReplaceAll(listen, "LABEL", `'other'`), nil)
	p.ready()
	other.ready()
	log := func(p *testPage) (lines []string) {
		p.run(`return log`, &lines)
		return lines
	}
	heard := func(p *testPage, what string) {
		t.Helper()
		kinds := func() (kinds []string) {
			for _, line := range log(p) {
				if kind, ok := strings.CutSuffix(line, " "+what); ok &&
					!slices.Contains(kinds, kind) {
					kinds = append(kinds, kind) // a plain listen hears the other window's, too
				}
			}
			return kinds
		}
		want := []string{"Any", "Window", "WebviewWindow"}
		if p == other && !strings.HasPrefix(what, "theme") {
			want = want[:1]
		}
		eventually(t, what, func() bool { return slices.Equal(kinds(), want) })
	}
	resize, focus := p.hear(EventResize), p.hear(EventFocus)
	if err := p.SetSize(310, 210); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, resize, "the resize"); got != `{"width":310,"height":210}` {
		t.Errorf("resize: %s", got)
	}
	heard(p, `resize {"width":310,"height":210}`)
	heard(other, `resize {"width":310,"height":210}`)
	if err := p.SetPosition(33, 44); err != nil {
		t.Fatal(err)
	}
	a := around()
	if !a.wayland { // where a window is not told that it moved
		heard(p, `move {"x":33,"y":44}`)
	}
	if a.seat { // without which nothing has the focus
		other.Focus()
		other.becomes("the focus", func(s State) bool { return s.Focused })
		p.run(`log.length = 0`, nil)
		p.Focus()
		wait(t, focus, "the focus")
		heard(p, `focus null`)
		p.run(`log.length = 0`, nil)
		other.Focus()
		heard(p, `blur null`)
	}
	t.Cleanup(func() { app.SetTheme(ThemeSystem) })
	app.SetTheme(ThemeDark)
	eventually(t, "the theme at both pages", func() bool {
		return slices.Contains(log(p), `Window theme-changed "dark"`) &&
			slices.Contains(log(other), `Window theme-changed "dark"`)
	})
	// Under Xvfb the scale does not change. This is what GTK's signal calls.
	if err := p.read(func() {
		p.told.last.Scale = 2
		p.changed()
	}); err != nil {
		t.Fatal(err)
	}
	heard(p, `scale-change {"scaleFactor":1,"size":{"width":310,"height":210}}`)
	for _, line := range log(p) {
		if a.wayland && strings.Contains(line, " move ") ||
			!a.seat && (strings.Contains(line, " focus ") || strings.Contains(line, " blur ")) {
			t.Errorf("the page heard %s", line)
		}
	}
	destroyed := p.hear(EventDestroyed)
	p.Destroy()
	if got := wait(t, destroyed, "the end"); got != `null` {
		t.Errorf("destroyed: %s", got)
	}
	heard(other, `destroyed null`)
	wait(t, p.Done(), "the window's end")
}

// While a window is resized many times, its events are few, and the last one is the last size.
func TestResizeFlood(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Width: 300, Height: 200})
	resize := p.hear(EventResize)
	begin := time.Now()
	for i := 1; i <= 200; i++ {
		if err := p.SetSize(300+i, 200); err != nil {
			t.Fatal(err)
		}
		p.becomes("the size", func(s State) bool { return s.Size.X == 300+i })
	}
	n, last := 0, 300
	for last != 500 {
		var size tauri.Size
		if err := json.Unmarshal([]byte(wait(t, resize, "the last size")), &size); err != nil {
			t.Fatal(err)
		}
		if size.Width <= last {
			t.Errorf("%d after %d", size.Width, last)
		}
		last = size.Width
		n++
	}
	if most := int(time.Since(begin)/throttleInterval) + 2; n > most {
		t.Errorf("%d events in %v", n, time.Since(begin))
	}
}

// Go's listener of a window survives a reload, and ends with the window; one of the app goes on.
func TestListenersOutliveReload(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	heard := p.hear("said")
	p.run(`await tailrace.emit('said', 1)`, nil)
	p.Reload()
	p.waitLoaded()
	p.run(
		`await tailrace.emitTo({ kind: 'WebviewWindow', label: tailrace.session.label }, 'said',
			2)`, nil)
	for _, want := range []string{"1", "2"} {
		if got := wait(t, heard, want); got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
	}
	id, err := p.Once("never", func(bus.Event) { t.Error("an event of a closed window") })
	if err != nil {
		t.Fatal(err)
	}
	p.shutDown()
	eventually(t, "the listener's end", func() bool { return !loop.Unlisten(id) })
}

func TestAppEvents(t *testing.T) {
	app := newApp(t, Options{Tauri: true}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	p.run(`globalThis.log = [];
		const say = (how) => e => log.push(how + ' ' + e.event + ' ' + JSON.stringify(e.payload));
		await tailrace.listen('x', say('any'));
		await tailrace.listen('x', say('label'), { target: 'main' });
		await tailrace.listen('x', say('app'), { target: { kind: 'App' } });`, nil)
	p.ready()
	anything := make(chan string, 100)
	if _, err := app.ListenAny("x", func(e bus.Event) {
		anything <- "any" + string(e.Payload)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Once("x", func(e bus.Event) {
		anything <- "app once" + string(e.Payload)
	}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		app.Emit("x", 1), app.EmitTo(bus.App, "x", 2), p.Emit("x", 3),
		app.EmitFilter("x", 4, func(t bus.Target) bool { return t == bus.AnyLabel("main") }),
		p.EmitContext(t.Context(), "x", 5), app.EmitContext(t.Context(), "x", 6),
		app.EmitSticky(bus.Any, "late", "kept"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	p.run(`await new Promise(f => tailrace.once('late', f)); `, nil)
	var got []string
	p.run(`return log`, &got)
	want := []string{"any x 1", "label x 1", "app x 1", "any x 2", "app x 2", "any x 3",
		"label x 3", "any x 4", "label x 4", "any x 5", "label x 5", "any x 6", "label x 6",
		"app x 6"}
	if !slices.Equal(got, want) {
		t.Errorf("the page heard %q", got)
	}
	counts := map[string]int{}
	for range 7 {
		counts[wait(t, anything, "Go's listeners")]++
	}
	for _, want := range []string{"any1", "any2", "any3", "any4", "any5", "any6", "app once1"} {
		if counts[want] != 1 {
			t.Errorf("Go heard %v", counts)
		}
	}
}

func TestCrashEvent(t *testing.T) {
	logger, log := readableLog()
	app := newApp(t, Options{Tauri: true, Logger: logger}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	heard := make(chan string, 1)
	if _, err := app.Listen(EventWebviewCrashed, func(e bus.Event) {
		heard <- string(e.Payload)
	}); err != nil {
		t.Fatal(err)
	}
	p.ready()
	p.post(p.native.Kill)
	if got := wait(t, heard, "the crash"); got != `{"label":"main","reason":"terminated"}` {
		t.Errorf("crashed: %s", got)
	}
	if !strings.Contains(log.String(), "web process ended") {
		t.Errorf("the log has %s", log)
	}
	p.Reload()
	p.waitLoaded()
	p.ready()
}
