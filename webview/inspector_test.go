//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// openInspector opens the inspector, and waits until it has drawn figures.
func openInspector(t *testing.T, app *App) *testPage {
	t.Helper()
	p := newTestPage(t)
	err := app.call(func() error {
		w, err := app.OpenInspector()
		if err != nil {
			return err
		}
		p.follow(w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.shutDown)
	p.waitLoaded()
	p.drawn()
	return p
}

// drawn waits until the figures of now are drawn.
func (p *testPage) drawn() {
	p.t.Helper()
	p.run(`const drawn = () => Number(document.documentElement.dataset.drawn ?? 0);
		const from = drawn();
		while (drawn() < from + 2) await new Promise((r) => setTimeout(r, 20));`, nil)
}

// figure gives a channel's figure as it is drawn, and its text.
func (p *testPage) figure(window string, channel uint32, name string) (value float64, text string) {
	p.t.Helper()
	var got struct {
		Value float64
		Text  string
	}
	p.run(fmt.Sprintf(`const at = document.querySelector(
			'[data-window=%q] [data-channel="%d"] [data-figure=%q]');
		return { Value: Number(at?.dataset.value ?? -1), Text: at?.textContent ?? '' }`,
		window, channel, name), &got)
	return got.Value, got.Text
}

// feed is a command that sends until it is told to stop: ten messages at a time, as a millisecond
// between them leaves the machine some time to draw.
type feed struct {
	stop atomic.Bool
	size int
}

func (f *feed) register(e *transport.Engine, name string) {
	transport.Handle(e, name, func(ctx context.Context, a struct{ C *transport.Channel[[]byte] }) (
		any, error) {
		a.C.Keep()
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		message := make([]byte, f.size)
		for n := 0; !f.stop.Load(); n++ {
			if err := a.C.Send(ctx, message); err != nil {
				return nil, err
			}
			if n%10 == 9 {
				<-pace.C
			}
		}
		return nil, nil
	})
}

// reads has the page call a command with a channel that it reads.
func (p *testPage) reads(command string) <-chan testReport {
	return p.start(`globalThis.got = 0; await tailrace.invoke('` + command +
		`', { c: new tailrace.Channel(() => { got++ }) })`)
}

func TestInspector(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) { inspect(t, kind) })
	}
}

// inspect: the figures that are drawn move, and are those of Stats.
func inspect(t *testing.T, kind CarrierKind) {
	f := &feed{size: 1000}
	app := newApp(t, Options{Carrier: kind, Name: "plant"}, func(e *transport.Engine) {
		f.register(e, "flood")
	})
	inspector := openInspector(t, app)
	shown := func(selector string) (text string) {
		inspector.run(`const at = document.querySelector('`+selector+
			`'); return at !== null && at.offsetParent !== null ? at.textContent : 'not shown'`,
			&text)
		return text
	}
	if got := shown("#empty"); got != "No window is open." {
		t.Errorf("without a window: %s", got)
	}
	page := openPage(t, app, WindowOptions{Label: "main"})
	inspector.drawn()
	done := page.reads("flood")
	eventually(t, "the channel", func() bool {
		s := page.Session()
		return s != nil && s.Stats().Lanes == 1
	})
	if want := carrierNames[kind]; want != "" {
		page.carriedBy(want)
	}
	var id uint32
	for c := range page.Session().Channels() {
		id = c.ID
	}
	last, moves := -1.0, 0
	eventually(t, "figures that move", func() bool {
		messages, _ := inspector.figure("main", id, "messages")
		if messages < last {
			t.Fatalf("%v messages after %v", messages, last)
		}
		if messages > last && messages > 0 {
			moves++
		}
		last = messages
		rate, _ := inspector.figure("main", id, "rate")
		return moves > 3 && rate > 0
	})
	if got := shown("#empty"); got != "not shown" {
		t.Errorf("with a window: %s", got)
	}
	if got := shown(".carrier"); got != carrierNames[kind] {
		t.Errorf("the carrier shown is %q, want %q", got, carrierNames[kind])
	}
	f.stop.Store(true)
	page.decode(waitLong(t, done), nil)
	s := page.Session()
	if err := s.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all to be consumed", func() bool { return s.Stats().Channels.Lag == 0 })
	inspector.drawn()
	var got float64
	page.run(`return got`, &got)
	for c := range s.Channels() {
		if float64(c.Messages) != got {
			t.Errorf("Stats has %d messages, the page got %v", c.Messages, got)
		}
		for name, want := range map[string]float64{
			"messages": float64(c.Messages), "bytes": float64(c.Bytes), "lag": 0, "depth": 0,
			"received": 0,
			"blocked":  float64(c.Blocked), "latency": float64(c.Latency),
		} {
			if value, text := inspector.figure("main", id, name); value != want {
				t.Errorf("%s: %v (%q) is drawn, Stats has %v", name, value, text, want)
			}
		}
		if name := shown(`[data-channel] .name span`); name != c.Name {
			t.Errorf("the channel shown is %q, want %q", name, c.Name)
		}
	}
	inspectResumable(t, app, inspector, page)
	app.Window("main").Destroy()
	wait(t, page.Done(), "the window's end")
	inspector.drawn()
	if got := shown("#empty"); got != "No window is open." {
		t.Errorf("after the last window: %s", got)
	}
}

// TestInspectorAlone: the inspector is none of the app's windows, nobody else gets its figures, and
// it gets nothing else.
func TestInspectorAlone(t *testing.T) {
	app := newApp(t, Options{MaxWindows: 1, Tauri: true}, caller)
	page := openPage(t, app, WindowOptions{Label: "main"})
	page.run(`globalThis.heard = [];
		for (const event of ['window-created', 'webview-created', 'focus', 'blur', 'resize',
			'destroyed']) await tailrace.listen('tauri://' + event, (e) => heard.push(e))`, nil)
	page.ready()
	inspector := openInspector(t, app)
	if all := app.Windows(); len(all) != 1 || all[0].Label() != "main" ||
		app.Window(InspectorLabel) != nil {
		t.Errorf("the inspector is one of the app's windows: %v", all)
	}
	again, err := app.OpenInspector()
	if err != nil || again != inspector.Window {
		t.Errorf("opened twice: %v, %v", again, err)
	}
	if st := app.Stats(); !st.Inspector || len(st.Windows) != 1 {
		t.Errorf("%+v", st)
	}
	if _, err := app.Open(WindowOptions{Label: InspectorLabel}); !errors.Is(err, ErrLabel) {
		t.Errorf("another window of its label: %v", err)
	}
	denied := func(p *testPage, command string) {
		t.Helper()
		var got string
		p.run(`return await tailrace.invoke('`+command+
			`', { figures: new tailrace.Channel(() => {}), label: '`+InspectorLabel+
			`' }).then(() => 'allowed', (e) => e.code ?? e)`, &got)
		if got != transport.CodeDenied {
			t.Errorf("%s by %q: %s", command, p.Label(), got)
		}
	}
	denied(page, commandInspect)
	denied(inspector, "caller")
	denied(inspector, "plugin:window|title")
	var there string
	page.run(`return await tailrace.invoke('plugin:window|title', { label: '`+InspectorLabel+
		`' }).catch((e) => e.message ?? e)`, &there)
	if there != "window not found" {
		t.Errorf("a page asks for the inspector's title: %s", there)
	}
	if r := page.fetch(Origin+inspectorPath, `{}`); r.Status != 404 {
		t.Errorf("the app's page gets the inspector's: %+v", r)
	}
	for _, path := range []string{"/index.html", "/.tailrace/client.js", "/"} {
		if r := inspector.fetch(Origin+path, `{}`); r.Status != 404 {
			t.Errorf("the inspector gets the app's %s: %+v", path, r)
		}
	}
	// Closed, it leaves nothing; opened again, it is another window.
	s := inspector.Session()
	inspector.Destroy()
	wait(t, inspector.Done(), "the inspector's end")
	wait(t, s.Done(), "its session's end")
	eventually(t, "its command's end", func() bool {
		return s.Stats().Running == 0 && s.Stats().Memory == 0
	})
	if app.Stats().Inspector {
		t.Error("the inspector is still open")
	}
	var heard string
	page.ready() // what was emitted before has come
	page.run(`return JSON.stringify(heard)`, &heard)
	if strings.Contains(heard, InspectorLabel) {
		t.Errorf("the app's page heard of the inspector: %s", heard)
	}
	if w := openInspector(t, app); w.Window == inspector.Window {
		t.Error("the same window")
	}
	if page.Window.life.closed.Load() {
		t.Error("the app's window is closed")
	}
}

// TestInspectorGone: what the app emits is not kept for an inspector that is gone, and has no error
// of it.
func TestInspectorGone(t *testing.T) {
	app := newApp(t, Options{KeepRunning: true, Bus: bus.Options{PendingBytes: pendingBytes}},
		caller)
	inspector := openInspector(t, app)
	crashed := make(chan string, 1)
	inspector.OnCrash(func(reason string) { crashed <- reason })
	fill := strings.Repeat("x", pendingBytes/4)
	emit := func(when string) {
		t.Helper()
		for range 8 {
			if err := app.Emit("pulse", fill); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
		}
	}
	emit("connected")
	inspector.Terminate()
	wait(t, crashed, "the crash")
	emit("crashed")
	inspector.Reload()
	inspector.waitLoaded()
	inspector.drawn()
	emit("connected again")
}
