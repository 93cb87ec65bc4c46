package tauri

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// desk is an app whose windows are words: it notes what is done.
type desk struct {
	mu        sync.Mutex
	done      []string
	labels    []string
	prices    []builtin.Price
	resources Resources
	gone      bool
}

func (d *desk) note(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = append(d.done, fmt.Sprintf(format, a...))
}

// take gives what was done since the last take.
func (d *desk) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	done := d.done
	d.done = nil
	return done
}

func (d *desk) Window(label string) (Window, bool) {
	return pane{d, label}, slices.Contains(d.labels, label)
}

func (d *desk) Labels() []string { return slices.Clone(d.labels) }

func (d *desk) SetTheme(t view.Theme) { d.note("theme %d", t) }

func (d *desk) Open(_ *transport.Session, w NewWindow) error {
	switch {
	case slices.Contains(d.labels, w.Label):
		return fmt.Errorf("%w: %q", ErrTaken, w.Label)
	case w.Parent != "" && !slices.Contains(d.labels, w.Parent):
		return fmt.Errorf("%w: %q", ErrNoParent, w.Parent)
	case strings.HasPrefix(w.URL, "file:"):
		return fmt.Errorf("%w %q", ErrShown, w.URL)
	}
	d.note("open %+v", w)
	return nil
}

func (d *desk) InTurn(_ context.Context, p builtin.Price, f func()) error {
	d.mu.Lock()
	d.prices = append(d.prices, p)
	gone := d.gone
	d.mu.Unlock()
	if gone {
		return transport.ErrClosed
	}
	f()
	return nil
}

func (d *desk) Resources(context.Context) *Resources { return &d.resources }

// pane is a window of a desk, 200 by 100 at (10, 20), at the scale 2.
type pane struct {
	*desk
	label string
}

func (p pane) State() (view.State, error) {
	return view.State{
		Title: p.label, Visible: true, Dark: true, Scale: 2,
		Size: image.Pt(200, 100), Position: image.Pt(10, 20),
	}, nil
}

func (p pane) act(what string)         { p.note("%s: %s", p.label, what) }
func (p pane) Show()                   { p.act("show") }
func (p pane) Hide()                   { p.act("hide") }
func (p pane) Close()                  { p.act("close") }
func (p pane) Destroy()                { p.act("destroy") }
func (p pane) RefuseClose()            { p.act("refuse close") }
func (p pane) Focus()                  { p.act("focus") }
func (p pane) FocusPage()              { p.act("focus page") }
func (p pane) Center()                 { p.act("center") }
func (p pane) Minimize()               { p.act("minimize") }
func (p pane) Unminimize()             { p.act("unminimize") }
func (p pane) Maximize()               { p.act("maximize") }
func (p pane) Unmaximize()             { p.act("unmaximize") }
func (p pane) ToggleMaximize()         { p.act("toggle maximize") }
func (p pane) Drag(e view.Edge)        { p.note("drag %d", e) }
func (p pane) Set(f view.Flag, b bool) { p.note("set %d %v", f, b) }
func (p pane) SetTitle(title string)   { p.note("title %s", title) }
func (p pane) SetBackground(c color.Color) {
	p.note("background %v", c)
}

func (p pane) SetZoom(factor float64) error {
	p.note("zoom %v", factor)
	return nil
}

func (p pane) Resize(size Lengths) error {
	p.note("size %v", size(2))
	return nil
}

func (p pane) Bound(low, high Lengths) error {
	at := func(l Lengths) string {
		if l == nil {
			return "as it is"
		}
		return l(2).String()
	}
	p.note("bounds %s, %s", at(low), at(high))
	return nil
}

func (p pane) Place(at Lengths) error {
	p.note("place %v", at(2))
	return nil
}

func (p pane) MovePointer(at Lengths) error {
	p.note("pointer %v", at(2))
	return nil
}

func (p pane) Monitors() ([]view.Monitor, error) {
	return []view.Monitor{
		{Name: "left", Area: image.Rect(0, 0, 800, 600), Scale: 1, Primary: true},
		{Name: "right", Area: image.Rect(800, 0, 1600, 600), Scale: 1, Current: true},
	}, nil
}

func (p pane) Pointer() (image.Point, float64, error) { return image.Pt(3, 4), 2, nil }

var (
	_ App    = (*desk)(nil)
	_ Window = pane{}
)

// newDesk gives a page of the window "main" beside the window "other".
func newDesk(t *testing.T) (*desk, *transporttest.Page) {
	t.Helper()
	e, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{labels: []string{"main", "other"}}
	Register(e, d, Config{
		Name: "Name", Version: "1.2.3", Identifier: "com.example.app",
		Env: func(string) string { return "/home/me" },
		Log: slog.New(slog.DiscardHandler), Logged: new(loglimit.Once),
	})
	p, err := transporttest.Open(e, transporttest.Config{Label: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return d, p
}

// calls has the page call a command with arguments in JSON, and gives the result, or the error.
func calls(p *transporttest.Page, name, args string) string {
	r, err := p.Invoke(transporttest.Request{Command: name, Args: json.RawMessage(args)})
	if err != nil {
		if e := new(transport.Error); errors.As(err, &e) {
			return e.Code + ": " + e.Message
		}
		return err.Error()
	}
	return string(r.Data)
}

// TestAnswers: what pages ask for.
func TestAnswers(t *testing.T) {
	d, p := newDesk(t)
	for _, c := range [][3]string{
		{"window|title", `{}`, `"main"`},
		{"window|title", `{"label":"other"}`, `"other"`},
		{"window|title", `{"label":"none"}`, "no_window: window not found"},
		{"window|theme", `{}`, `"dark"`},
		{"window|inner_size", `{}`, `{"width":400,"height":200}`},
		{"window|outer_position", `{}`, `{"x":20,"y":40}`},
		{"window|get_all_windows", `{}`, `["main","other"]`},
		{"window|cursor_position", `{}`, `{"x":6,"y":8}`},
		{"webview|webview_size", `{}`, `{"width":400,"height":200}`},
		{"webview|get_all_webviews", `{}`, `[{"windowLabel":"main","label":"main"},` +
			`{"windowLabel":"other","label":"other"}]`},
		{"app|version", `{}`, `"1.2.3"`},
		{"app|identifier", `{}`, `"com.example.app"`},
		{"app|tauri_version", `{}`, `"` + Version + `"`},
	} {
		if got := calls(p, "plugin:"+c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
	for name, want := range map[string]string{
		"current_monitor": "right", "primary_monitor": "left", "monitor_from_point": "right",
	} {
		var m struct{ Name string }
		got := calls(p, "plugin:window|"+name, `{"x":900,"y":10}`)
		if err := json.Unmarshal([]byte(got), &m); err != nil || m.Name != want {
			t.Errorf("%s: %s, want the screen %s", name, got, want)
		}
	}
	if done := d.take(); len(done) > 0 {
		t.Errorf("something was changed: %q", done)
	}
}

// TestChanges: what pages change, in the order of their calls; the page waits for none.
func TestChanges(t *testing.T) {
	d, p := newDesk(t)
	var last *transporttest.Call
	var want []string
	for _, c := range [][3]string{
		{"window|show", `{}`, "main: show"},
		{"window|internal_toggle_maximize", `{"label":"other"}`, "other: toggle maximize"},
		{"window|set_resizable", `{"value":true}`, fmt.Sprintf("set %d true", view.Resizable)},
		{"window|set_title", `{"value":"x"}`, "title x"},
		{"window|set_size", `{"value":{"Physical":{"width":300,"height":0}}}`, "size (150,1)"},
		{"window|set_min_size", `{"value":{"Logical":{"width":3,"height":4}}}`,
			"bounds (3,4), as it is"},
		{"window|set_max_size", `{"value":null}`, "bounds as it is, (0,0)"},
		{"window|set_size_constraints", `{"value":{"minWidth":{"Logical":3}}}`,
			"bounds (3,0), (0,0)"},
		{"window|set_position", `{"value":{"Physical":{"x":-10,"y":20}}}`, "place (-5,10)"},
		{"window|set_cursor_position", `{"value":{"Logical":{"x":1,"y":2}}}`, "pointer (1,2)"},
		{"window|set_background_color", `{"value":null}`, "background {255 255 255 255}"},
		{"window|request_user_attention", `{"value":2}`, fmt.Sprintf("set %d true", view.Urgent)},
		{"window|start_resize_dragging", `{"value":"West"}`, fmt.Sprintf("drag %d", view.EdgeWest)},
		{"window|set_theme", `{"value":"light"}`, fmt.Sprintf("theme %d", view.ThemeLight)},
		{"app|set_app_theme", `{"theme":null}`, fmt.Sprintf("theme %d", view.ThemeSystem)},
		{"webview|set_webview_focus", `{}`, "main: focus page"},
		{"webview|set_webview_zoom", `{"value":1.5}`, "zoom 1.5"},
	} {
		last = p.Start(transporttest.Request{
			Command: "plugin:" + c[0], Args: json.RawMessage(c[1]),
		})
		want = append(want, c[2])
	}
	if _, err := last.Wait(); err != nil {
		t.Fatal(err)
	}
	if done := d.take(); !slices.Equal(done, want) {
		t.Errorf("done\n%q, want\n%q", done, want)
	}
	for _, c := range [][3]string{
		{"window|set_title", `{}`, "the value is missing"},
		{"window|set_title", `{"value":7}`, "bad_arguments"},
		{"window|set_size", `{"value":{}}`, "Logical or in Physical"},
		{"window|set_position", `{"value":{}}`, "Logical or in Physical"},
		{"window|set_theme", `{"value":"pink"}`, "light, dark or null"},
		{"window|start_resize_dragging", `{"value":"Up"}`, "is unknown"},
		{"webview|reparent", `{}`, "not_provided"},
		{"window|show", `{"label":"none"}`, "no_window"},
	} {
		if got := calls(p, "plugin:"+c[0], c[1]); !strings.Contains(got, c[2]) {
			t.Errorf("%s %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if done := d.take(); len(done) > 0 {
		t.Errorf("refused commands have done %q", done)
	}
}

// TestNewWindows: the options of a window that a page opens, and why it gets none.
func TestNewWindows(t *testing.T) {
	d, p := newDesk(t)
	const create = "plugin:webview|create_webview_window"
	got := calls(p, create, `{"options":{"label":"new","url":"a.html","parent":"main",
		"width":300.4,"x":1,"y":2,"resizable":false,"visible":false,"shadow":true}}`)
	done := d.take()
	if got != "null" || len(done) != 1 {
		t.Fatalf("%s, %q", got, done)
	}
	for _, part := range []string{"Label:new", "URL:a.html", "Parent:main", "Width:300",
		"Fixed:true", "Hidden:true", "NoFocus:false", "Undecorated:false"} {
		if !strings.Contains(done[0], part) {
			t.Errorf("opened %s, want %s", done[0], part)
		}
	}
	for args, want := range map[string]string{
		`{"options":{"label":"other"}}`:            "label_taken: a webview with label `other`",
		`{"options":{"label":"a","parent":"b"}}`:   "no_window: window not found",
		`{"options":{"label":"a","url":"file:x"}}`: "can't open a window on the URL",
		`{"options":{"label":"a","width":"x"}}`:    "bad_arguments",
		`{"options":{}}`:                           "the label is missing",
	} {
		if got := calls(p, create, args); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

// TestTurns: what has to do with the main thread has its turn there at the price of its row in the
// table; nothing is done for a page that gets none.
func TestTurns(t *testing.T) {
	d, p := newDesk(t)
	for _, name := range builtin.Names() {
		if !Command(name) {
			continue
		}
		d.prices = nil
		got := calls(p, name, `{"options":{"label":"new"},"value":null}`)
		if strings.HasPrefix(got, transport.CodeUnknownCommand) {
			t.Errorf("%s is not registered", name)
		}
		var want []builtin.Price
		if price := builtin.Named(name).Price; price != builtin.Nothing {
			want = []builtin.Price{price}
		}
		if !slices.Equal(d.prices, want) {
			t.Errorf("%s had the prices %v, want %v", name, d.prices, want)
		}
	}
	d.take()
	d.gone = true
	if got := calls(p, "plugin:window|show", `{}`); got == "null" || len(d.take()) > 0 {
		t.Errorf("a page that is gone: %s", got)
	}
}

// TestCloseResource: a page closes what it holds, once.
func TestCloseResource(t *testing.T) {
	d, p := newDesk(t)
	closed := 0
	rid, err := d.resources.Add(closer(func() error { closed++; return nil }), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.resources.Add(nothing{}, 1); !errors.Is(err, ErrResources) {
		t.Errorf("a resource too many: %v", err)
	}
	args := fmt.Sprintf(`{"rid":%d}`, rid)
	for _, want := range []string{"null", fmt.Sprintf("%s: The resource id %d is invalid.",
		CodeNoResource, rid)} {
		if got := calls(p, "plugin:resources|close", args); got != want {
			t.Errorf("close: %s, want %s", got, want)
		}
	}
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}
}

type closer func() error

func (c closer) Close() error { return c() }

var _ io.Closer = closer(nil)
