//go:build linux && cgo

package webview

import (
	"image"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// opened gives the page's new window, which is closed at the test's end.
func (p *testPage) opened(label string) *testPage {
	p.t.Helper()
	w := p.app.Window(label)
	if w == nil {
		p.t.Fatalf("there is no window %q", label)
	}
	q := &testPage{Window: w, t: p.t}
	p.t.Cleanup(func() {
		q.Destroy()
		wait(p.t, q.Done(), "the window's end")
	})
	return q
}

func TestCreateFromPage(t *testing.T) {
	here := around()
	logger, log := readableLog()
	app := newApp(t, Options{Tauri: true, Logger: logger, MaxWindows: 4},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	create := func(options string) *transport.Error {
		t.Helper()
		_, err := p.invokes("plugin:webview|create_webview_window", `{ options: `+options+` }`)
		return err
	}
	if err := create(
		`{ label: "a", title: "A", url: "other.html", width: 333.3, height: 222, x: 30, y: 40,
			resizable: false, focus: false,
		decorations: false, parent: "main", shadow: true, tabbingIdentifier: "x" }`); err != nil {
		t.Fatal(err)
	}
	p.opened("a").becomes("the options", func(s State) bool {
		return s.Title == "A" && s.Size == image.Pt(333, 222) && s.Position == here.at(30, 40) &&
			!s.Resizable && !s.Decorated && s.Visible
	})
	if err := create(
		`{ label: "b", center: true, visible: false, width: 400, height: 300, maximized: false,
			fullscreen: false, alwaysOnTop: true, shadow: true }`); err != nil {
		t.Fatal(err)
	}
	b := p.opened("b")
	b.becomes("the options", func(s State) bool {
		return s.Title == "b" && !s.Visible && s.Resizable && s.AlwaysOnTop == !here.wayland &&
			s.Size == image.Pt(400, 300)
	})
	v, err := b.EvalResult(testContext(t), `location.href`)
	if string(v) != `"`+Origin+`/index.html"` || err != nil {
		t.Errorf("the default URL is %s, %v", v, err)
	}
	if n := strings.Count(log.String(), "option=shadow"); n != 1 ||
		!strings.Contains(log.String(), "option=tabbingIdentifier") {
		t.Errorf("unknown options: %s", log)
	}
	for options, want := range map[string]string{
		`{ label: "a" }`:                             "a webview with label `a` already exists",
		`{ label: "c", parent: "nobody" }`:           "window not found",
		`{ label: "a b" }`:                           `has ' '`,
		`{ title: "no label" }`:                      "the label is missing",
		`{ label: "c", url: "file:///etc/passwd" }`:  "can't open",
		`{ label: "c", url: "javascript:alert(1)" }`: "is a script",
		`{ label: "c", width: -1 }`:                  "size",
		`{ label: "c", width: "wide" }`:              "Width",
		`7`:                                          "options",
		`{ label: "c", url: "http://[::1" }`:         "URL",
	} {
		if err := create(options); err == nil || !strings.Contains(err.Message, want) {
			t.Errorf("%s: %v, want %q", options, err, want)
		}
	}
	if _, err := p.invokes("plugin:window|create", `{ options: { label: "a" } }`); err == nil ||
		err.Message != "a window with label `a` already exists" {
		t.Errorf("a second window: %v", err)
	}
	blank := `{ options: { label: "c", url: "about:blank" } }`
	if _, err := p.invokes("plugin:window|create", blank); err != nil {
		t.Error(err)
	}
	p.opened("c")
	if err := create(`{ label: "d" }`); err == nil ||
		!strings.Contains(err.Message, "too many windows") {
		t.Errorf("a window too many: %v", err)
	}
}

// What a page emits to a window that it has just opened, without awaiting anything, is kept for
// that window's page; and so is what it does to the window.
func TestCreateThenEmit(t *testing.T) {
	app := newApp(t, Options{Tauri: true, Assets: fstest.MapFS{
		"index.html": {Data: []byte(blank)},
		"child.html": {Data: []byte(blank + `<script type=module>
			window.got = [];
			window.tailrace.listen('hello', e => got.push(e.payload));
		</script>`)},
	}}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	p.run(
		`const calls = [tailrace.invoke('plugin:webview|create_webview_window', { options: {
			label: 'child', url: 'child.html' } })];
		for (let i = 0; i < 100; i++) calls.push(tailrace.emitTo('child', 'hello', i));
		calls.push(tailrace.invoke('plugin:window|set_title', { label: 'child',
			value: 'named at once' }));
		await Promise.all(calls)`, nil)
	child := p.opened("child")
	child.becomes("the title", func(s State) bool { return s.Title == "named at once" })
	v, err := child.EvalResult(testContext(t), `got.length === 100 && got.every((v, i) => v === i)`)
	if string(v) != "true" || err != nil {
		t.Errorf("the new window's page got its events: %s, %v", v, err)
	}
}
