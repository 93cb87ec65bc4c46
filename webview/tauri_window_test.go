//go:build linux && cgo

package webview

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

// invokes has the page call a command, and gives its result as JSON; a rejection gives the error.
func (p *testPage) invokes(cmd, args string) (result string, failed *transport.Error) {
	p.t.Helper()
	var r struct {
		OK    json.RawMessage
		Error *transport.Error
	}
	p.run(`return await tailrace.invoke(`+strconv.Quote(cmd)+`, `+args+
		`).then(r => ({ OK: r ?? null }), e => ({ Error: { code: e.code, message: e.message } }))`,
		&r)
	return string(r.OK), r.Error
}

// The commands of @tauri-apps/api that ask and change, by which effect a later question sees.
func TestWindowCommands(t *testing.T) {
	p := openPage(t, loop, WindowOptions{
		Title: "first", Width: 300, Height: 200, Position: &image.Point{X: 40, Y: 50},
	})
	a := around()
	var s State
	p.becomes("the options", func(now State) bool {
		s = now
		return s.Size == image.Pt(300, 200) && a.framed(s, 40, 50)
	})
	outer := fmt.Sprintf(`{"width":%d,"height":%d}`, s.OuterSize.X, s.OuterSize.Y)
	noWayland, seat := strconv.FormatBool(!a.wayland), strconv.FormatBool(a.seat)
	for _, c := range []struct{ set, value, get, want string }{
		{"", "", "title", `"first"`},
		{"", "", "inner_size", `{"width":300,"height":200}`},
		{"", "", "outer_size", outer},
		{"", "", "inner_position", physical(s.InnerPosition)},
		{"", "", "outer_position", physical(a.at(40, 50))},
		{"", "", "scale_factor", `1`},
		{"", "", "is_maximizable", `true`},
		{"", "", "is_minimizable", `true`},
		{"set_title", `"zweite ü"`, "title", `"zweite ü"`},
		{"set_resizable", `false`, "is_resizable", `false`},
		{"set_resizable", `true`, "is_resizable", `true`},
		{"set_decorations", `false`, "is_decorated", `false`},
		{"set_closable", `false`, "is_closable", `false`},
		{"set_enabled", `false`, "is_enabled", `false`},
		{"set_enabled", `true`, "is_enabled", `true`},
		{"set_position", `{"Physical":{"x":7,"y":9}}`, "outer_position", physical(a.at(7, 9))},
		{"set_position", `{"Logical":{"x":60.4,"y":70}}`, "inner_position", physical(a.at(60, 70))},
		{"set_size", `{"Physical":{"width":222,"height":111}}`, "inner_size",
			`{"width":222,"height":111}`},
		{"set_size", `{"Logical":{"width":320,"height":240}}`, "outer_size",
			`{"width":320,"height":240}`},
		{"set_min_size", `{"Logical":{"width":350,"height":10}}`, "inner_size",
			`{"width":350,"height":240}`},
		{"set_min_size", `null`, "inner_size", `{"width":350,"height":240}`},
		{"set_size_constraints", `{"minHeight":{"Logical":260}}`, "inner_size",
			`{"width":350,"height":260}`},
		{"set_size_constraints", `{}`, "is_focused", ``},
		{"set_max_size", `{"Logical":{"width":340,"height":1000}}`, "inner_size",
			`{"width":340,"height":260}`},
		{"set_max_size", `null`, "title", `"zweite ü"`},
		{"center", `null`, "outer_position", physical(a.centered(p, image.Pt(340, 260)))},
		{"hide", `null`, "is_visible", `false`},
		{"maximize", `null`, "is_maximized", `true`},
		{"toggle_maximize", `null`, "is_maximized", `false`},
		{"toggle_maximize", `null`, "is_maximized", `true`},
		{"unmaximize", `null`, "is_maximized", `false`},
		{"minimize", `null`, "is_minimized", noWayland},
		{"unminimize", `null`, "is_minimized", `false`},
		{"set_fullscreen", `true`, "is_fullscreen", `true`},
		{"set_simple_fullscreen", `false`, "is_fullscreen", `false`},
		{"set_always_on_top", `true`, "is_always_on_top", noWayland},
		{"set_always_on_top", `false`, "is_always_on_top", `false`},
		{"set_always_on_bottom", `true`, "is_always_on_top", `false`},
		{"show", `null`, "is_visible", `true`},
		{"set_focus", `null`, "is_focused", seat},
		{"set_focusable", `true`, "is_visible", `true`},
		{"set_skip_taskbar", `true`, "is_visible", `true`},
		{"set_visible_on_all_workspaces", `false`, "is_visible", `true`},
		{"set_ignore_cursor_events", `true`, "is_visible", `true`},
		{"set_ignore_cursor_events", `false`, "is_visible", `true`},
		{"request_user_attention", `{"type":"Critical"}`, "is_visible", `true`},
		{"request_user_attention", `null`, "is_visible", `true`},
		{"set_background_color", `[1,2,3,255]`, "is_visible", `true`},
		{"set_background_color", `null`, "is_visible", `true`},
		{"set_theme", `"dark"`, "theme", `"dark"`},
		{"set_theme", `null`, "theme", `"light"`},
		{"set_cursor_position", `{"Logical":{"x":5,"y":6}}`, "cursor_position", ``},
		{"start_dragging", `null`, "is_visible", `true`},
		{"start_resize_dragging", `"SouthEast"`, "is_visible", `true`},
	} {
		if c.set != "" {
			got, err := p.invokes("plugin:window|"+c.set,
				`{ label: `+strconv.Quote(p.Label())+`, value: `+c.value+` }`)
			if c.set == "set_cursor_position" && !a.seat { // nothing has the keyboard
				if err == nil || err.Code != CodeNoPointer {
					t.Errorf("%s without a keyboard: %s, %v", c.set, got, err)
				}
			} else if got != "null" || err != nil {
				t.Errorf("%s %s: %s, %v", c.set, c.value, got, err)
			}
		}
		var got string
		ask := func() bool {
			var err *transport.Error
			if got, err = p.invokes("plugin:window|"+c.get, `{}`); err != nil {
				t.Fatalf("%s: %v", c.get, err)
			}
			return c.want == "" || got == c.want
		}
		eventually(t, c.get+" to be "+c.want+" after "+c.set+" "+c.value, ask)
	}
	for cmd, args := range map[string]string{
		"set_title": `{}`, "set_resizable": `{ value: 1 }`, "set_size": `{ value: {} }`,
		"set_position": `{ value: {} }`,
		"set_theme":    `{ value: "blue" }`, "start_resize_dragging": `{ value: "Up" }`,
		"set_background_color": `{ value: "red" }`,
	} {
		if got, err := p.invokes("plugin:window|"+cmd, args); err == nil {
			t.Errorf("%s %s: %s", cmd, args, got)
		}
	}
	for _, cmd := range []string{"title", "set_title"} {
		if _, err := p.invokes("plugin:window|"+cmd,
			`{ label: "nobody", value: "x" }`); err == nil || err.Message != "window not found" {
			t.Errorf("%s of no window: %v", cmd, err)
		}
	}
	for _, cmd := range []string{"plugin:window|set_badge_count", "plugin:window|nothing",
		"plugin:other|x", "plugin:webview|create_webview"} {
		if _, err := p.invokes(cmd, `{}`); err == nil || !strings.Contains(err.Message, cmd) {
			t.Errorf("%s: %v", cmd, err)
		}
	}
}

// What a page may do to a title does not harm the app.
func TestBadTitle(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	_, failed := p.invokes("plugin:window|set_title",
		`{ value: "ü\0\ud800" + "x".repeat(60 << 10) }`)
	if err := failed; err != nil {
		t.Error(err)
	}
	for _, short := range []string{"set_title", "show", "title"} {
		cmd := "plugin:window|" + short
		_, err := p.invokes(cmd, `{ value: "y".repeat(20 << 20) }`)
		if err == nil || err.Code != transport.CodeBadArguments {
			t.Errorf("%s of 20 MiB: %v", cmd, err)
		}
	}
	title, err := p.Title()
	if err != nil || len(title) > maxTitle || len(title) < maxTitle-10 ||
		!strings.HasPrefix(title, "ü") || strings.Trim(title[2:], "\ufffdx") != "" {
		t.Errorf("a title of %d bytes, %v: %.20q", len(title), err, title)
	}
}

// Without awaiting, changes are made in the order of the calls, and a question sees them all.
func TestCommandOrder(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	var wrong int
	p.run(`let wrong = 0;
		for (let i = 0; i < 20; i++) {
			for (let k = 0; k < 10; k++) tailrace.invoke('plugin:window|set_title', { value: i +
				'.' + k });
			if (await tailrace.invoke('plugin:window|title', {}) !== i + '.9') wrong++;
		}
		return wrong`, &wrong)
	if wrong != 0 {
		t.Errorf("%d titles were wrong", wrong)
	}
}

func TestMonitorsAndWebviews(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Label: "one", Width: 320, Height: 200})
	openPage(t, loop, WindowOptions{Label: "two"})
	screen := `"size":{"width":1600,"height":1200},"position":{"x":0,"y":0},"scaleFactor":1,` +
		`"workArea":{"size":{"width":1600,"height":1200},"position":{"x":0,"y":0}}}`
	for _, c := range []struct{ cmd, args, want string }{
		{"window|get_all_windows", `{}`, `["one","two"]`},
		{"webview|get_all_webviews", `{}`,
			`[{"windowLabel":"one","label":"one"},{"windowLabel":"two","label":"two"}]`},
		{"window|current_monitor", `{}`, screen},
		{"window|primary_monitor", `{}`, screen},
		{"window|available_monitors", `{}`, screen},
		{"window|monitor_from_point", `{ x: 10, y: 20 }`, screen},
		{"window|monitor_from_point", `{ x: 5000, y: 20 }`, `null`},
		{"webview|webview_position", `{ label: "one" }`, `{"x":0,"y":0}`},
		{"webview|webview_size", `{ label: "one" }`, `{"width":320,"height":200}`},
		{"webview|set_webview_focus", `{ label: "one" }`, `null`},
		{"webview|set_webview_background_color", `{ label: "one", value: "#123456" }`, `null`},
		{"webview|set_webview_zoom", `{ label: "one", value: 2 }`, `null`},
		{"window|cursor_position", `{}`, `"x":`},
	} {
		if got, err := p.invokes("plugin:"+c.cmd, c.args); !strings.Contains(got, c.want) ||
			err != nil {
			t.Errorf("%s %s: %s, %v", c.cmd, c.args, got, err)
		}
	}
	eventually(t, "the zoom", func() bool {
		var width int
		p.run(`return innerWidth`, &width)
		return width == 160
	})
	if _, err := p.invokes("plugin:webview|set_webview_zoom", `{ value: 0 }`); err == nil {
		t.Error("a zoom of 0 was taken")
	}
}

// The policy decides by the label of the window that a command is about.
func TestWindowPolicy(t *testing.T) {
	logger, log := readableLog()
	app := newApp(t,
		Options{Tauri: true, Logger: logger, Policy: windowPolicy{"own": {"own", "allowed"}}},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "own"})
	openPage(t, app, WindowOptions{Label: "allowed"})
	q := openPage(t, app, WindowOptions{Label: "other"})
	for _, label := range []string{"", "own", "allowed"} {
		for _, cmd := range []string{"title", "set_title", "is_visible", "center"} {
			if _, err := p.invokes("plugin:window|"+cmd, `{ label: "`+label+
				`", value: "x" }`); err != nil {
				t.Errorf("%s of %q: %v", cmd, label, err)
			}
		}
	}
	denied := func(p *testPage, cmd, args, permission string) {
		t.Helper()
		if _, err := p.invokes(cmd, args); err == nil || err.Code != transport.CodeDenied ||
			!strings.Contains(err.Message, `"`+permission+`"`) {
			t.Errorf("%s %s: %v", cmd, args, err)
		}
	}
	denied(p, "plugin:window|title", `{ label: "other" }`, "window:other")
	denied(p, "plugin:window|set_title", `{ label: "other", value: "x" }`, "window:other")
	denied(p, "plugin:window|destroy", `{ label: "other" }`, "window:other")
	denied(p, "plugin:webview|create_webview_window", `{ options: { label: "third" } }`,
		"window:third")
	denied(q, "plugin:window|title", `{}`, "window:other")
	denied(q, "plugin:window|get_all_windows", `{}`, "window:other")
	denied(p, "plugin:app|version", `{}`, "command:plugin:app|version")
	if app.Window("third") != nil || app.Window("other") == nil {
		t.Error("a denied command had an effect")
	}
	p.invokes("plugin:window|set_title", `{ label: "other", value: "x" }`)
	if n := strings.Count(log.String(), `permission=window:other`); n != 2 { // one for each page
		t.Errorf("the denial was logged %d times: %s", n, log)
	}
}

// A denial of a command's name counts, also for commands that need another permission; an allowed
// window is enough for the rest.
func TestDeniedCommands(t *testing.T) {
	app := newApp(t, Options{Tauri: true, Policy: &policy.Policy{Rules: []policy.Rule{
		{Windows: []string{"*"}, Origins: []string{"*"}, Allow: []string{
			"window:main", "window:new", "listen:*", "emit:*", "eval",
		}},
		{Windows: []string{"main"}, Origins: []string{"*"}, Deny: []string{
			"command:plugin:window|set_title", "command:plugin:window|title",
			"command:plugin:webview|create_*", "command:plugin:event|emit",
		}},
		{Windows: []string{"locked"}, Origins: []string{"*"}, Deny: []string{"command:*"}},
	}}}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	locked := openPage(t, app, WindowOptions{Label: "locked"})
	for _, c := range []struct {
		page      *testPage
		cmd, args string
		allowed   bool
	}{
		{p, "plugin:window|set_title", `{ value: 'x' }`, false},
		{p, "plugin:window|title", `{}`, false},
		{p, "plugin:webview|create_webview_window", `{ options: { label: 'new' } }`, false},
		{p, "plugin:event|emit", `{ event: 'x' }`, false},
		{p, "plugin:event|emit_to", `{ event: 'x', target: 'main' }`, true},
		{p, "plugin:window|is_visible", `{}`, true},
		{p, "plugin:window|center", `{}`, true},
		{locked, "plugin:window|center", `{ label: 'main' }`, false},
		{locked, "plugin:window|is_visible", `{ label: 'main' }`, false},
		{locked, "plugin:event|emit_to", `{ event: 'x', target: 'main' }`, false},
	} {
		_, err := c.page.invokes(c.cmd, c.args)
		if c.allowed && err != nil || !c.allowed &&
			(err == nil || err.Code != transport.CodeDenied ||
				!strings.Contains(err.Message, `"command:`+c.cmd+`"`)) {
			t.Errorf("%s of %s: %v", c.cmd, c.page.Label(), err)
		}
	}
	locked.ready() // a page may always say that it is
}

// A page neither touches nor learns of a window that it may not act on.
func TestForbiddenWindows(t *testing.T) {
	app := newApp(t,
		Options{
			Tauri:  true,
			Policy: windowPolicy{"plain": {"plain", "mine"}, "main": {"main", "secret", "plain"}},
		}, func(*transport.Engine) {})
	main := openPage(t, app, WindowOptions{Label: "main"})
	openPage(t, app, WindowOptions{Label: "secret"})
	p := openPage(t, app, WindowOptions{Label: "plain"})
	t.Cleanup(func() { loop.SetTheme(ThemeSystem) })
	for _, c := range []struct {
		page            *testPage
		cmd, args, want string
	}{
		{p, "window|get_all_windows", `{}`, `["plain"]`},
		{p, "webview|get_all_webviews", `{}`, `[{"windowLabel":"plain","label":"plain"}]`},
		{main, "window|get_all_windows", `{}`, `["main","secret","plain"]`},
		{main, "window|set_theme", `{ value: 'dark' }`, `null`},
	} {
		if got, err := c.page.invokes("plugin:"+c.cmd, c.args); got != c.want || err != nil {
			t.Errorf("%s of %s: %s, %v", c.cmd, c.page.Label(), got, err)
		}
	}
	for cmd, c := range map[string]struct{ args, permission string }{
		"webview|create_webview_window": {`{ options: { label: 'mine', parent: 'secret' } }`,
			"window:secret"},
		"window|create": {`{ options: { label: 'mine', parent: 'none' } }`,
			"window:none"},
		"window|set_theme": {`{ value: 'light' }`, "window:*"},
	} {
		if _, err := p.invokes("plugin:"+cmd, c.args); err == nil ||
			err.Code != transport.CodeDenied || !strings.Contains(err.Message, `"`+c.permission+
			`"`) {
			t.Errorf("%s: %v", cmd, err)
		}
	}
	if s, err := p.State(); !s.Dark || err != nil {
		t.Errorf("a page changed the theme of windows that are not its own: %v", err)
	}
	if app.Window("mine") != nil {
		t.Error("a window was opened above another one that the page may not act on")
	}
}

// windowPolicy allows each window the windows that stand there, and nothing else.
type windowPolicy map[string][]string

// Check implements transport.Policy.
func (w windowPolicy) Check(p transport.Permission) error {
	for _, label := range w[p.Label] {
		if p.Action == transport.ActionWindow && p.Name == label {
			return nil
		}
	}
	return errors.New("not in the list")
}
