//go:build linux && cgo

package webview

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

// Without Options.Tauri and ImportMap a page has what this package's client calls, and nothing that
// moves windows.
func TestTauriIsOff(t *testing.T) {
	logger, log := readableLog()
	app := newApp(t, Options{Logger: logger}, caller)
	p := openPage(t, app, WindowOptions{Label: "main"})
	for name, args := range map[string]string{
		"plugin:webview|create_webview_window": `{ options: { label: 'new' } }`,
		"plugin:window|create":                 `{ options: { label: 'new' } }`,
		"plugin:window|destroy":                `{}`,
		"plugin:window|set_cursor_position":    `{ value: { Physical: { x: 1, y: 1 } } }`,
		"plugin:window|title":                  `{}`,
		"plugin:webview|get_all_webviews":      `{}`,
		"plugin:app|set_app_theme":             `{ theme: 'dark' }`,
		"plugin:path|resolve_directory":        `{ directory: 21 }`,
		"plugin:resources|close":               `{ rid: 1 }`,
	} {
		_, err := p.invokes(name, args)
		if err == nil || err.Code != transport.CodeUnknownCommand ||
			!strings.Contains(err.Message, "Options.Tauri") ||
			!strings.Contains(err.Message, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := len(app.Windows()); got != 1 {
		t.Errorf("%d windows", got)
	}
	if !strings.Contains(log.String(), "Options.Tauri") {
		t.Errorf("log: %s", log)
	}
	if _, err := p.invokes("plugin:fs|read", `{}`); err == nil ||
		strings.Contains(err.Message, "Options.Tauri") {
		t.Errorf("what Tauri's option does not bring names it: %v", err)
	}
	// What the client itself calls is there.
	var got []string
	p.run(`const heard = [];
		const unlisten = await tailrace.listen('said', (e) => heard.push(e.payload));
		await tailrace.emit('said', 'a');
		await tailrace.emitTo('main', 'said', 'b');
		await tailrace.emit('said', new Uint8Array([1]));
		await tailrace.invoke('caller');
		heard[2] = heard[2].length + ' byte';
		await unlisten();
		return heard`, &got)
	if strings.Join(got, " ") != "a b 1 byte" {
		t.Errorf("the page heard %q", got)
	}
	// Neither are the modules; the refusal says why.
	if r := p.fetch(Origin+tauriPath+"core.js", `{}`); r.Status != 404 ||
		!strings.Contains(r.Text, "Options.Tauri") {
		t.Errorf("%+v", r)
	}
	// A page that has no command to answer by can't hold its window.
	p.run(`await tailrace.listen('tauri://close-requested', () => {})`, nil)
	p.Close()
	wait(t, p.Done(), "the window's end")
}

// A denial, which comes first, names the option too; and what the app names so itself is an
// ordinary command.
func TestTauriIsOffAndDenied(t *testing.T) {
	app := newApp(t, Options{Policy: &policy.Policy{Rules: []policy.Rule{
		{
			Windows: []string{"main"}, Origins: []string{Origin},
			Allow: []string{"window:*", "command:plugin:window|own"},
		},
	}}}, func(e *transport.Engine) {
		transport.Handle(e, "plugin:window|own", func(context.Context, none) (string, error) {
			return "own", nil
		})
		transport.Handle(e, "plugin:window|title", func(context.Context, none) (string, error) {
			return "not allowed", nil
		})
	})
	p := openPage(t, app, WindowOptions{Label: "main"})
	if got, err := p.invokes("plugin:window|own", `{}`); err != nil || got != `"own"` {
		t.Errorf("%s, %v", got, err)
	}
	for _, name := range []string{"plugin:window|title", "plugin:window|destroy"} {
		if got, err := p.invokes(name, `{}`); err == nil || err.Code != transport.CodeDenied ||
			!strings.Contains(err.Message, "Options.Tauri") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// window.__TAURI__ is Tauri's withGlobalTauri: only where the app asks for it, only in own pages.
func TestGlobalTauri(t *testing.T) {
	const page = blank + `<script>globalThis.early = typeof globalThis.__TAURI__</script>`
	files := fstest.MapFS{"index.html": {Data: []byte(page)}}
	for name, o := range map[string]Options{
		"object":    {Tauri: true, GlobalTauri: true},
		"undefined": {Tauri: true},
	} {
		o.Assets = files
		p := openPage(t, newApp(t, o, caller), WindowOptions{Label: name, Title: "Titel"})
		var got string
		if p.run(`return early`, &got); got != name {
			t.Errorf("the page has %s, want %s", got, name)
		}
		if name == "object" {
			var all []string
			p.run(
				`const { app, core, dpi, event, path, webview, webviewWindow, window } = __TAURI__;
				let hear;
				const heard = new Promise((resolve) => { hear = resolve });
				await event.listen('said', (e) => hear(e.payload));
					// it comes when the page is ready
				await event.emit('said', 'hello');
				return [await core.invoke('caller'), await heard,
					await window.getCurrentWindow().title(),
					webview.getCurrentWebview().label,
					webviewWindow.getCurrentWebviewWindow().label, String(new dpi.LogicalSize(1,
						2).width),
						await path.join('a', '..', 'b') + path.sep(), await app.getName(),
					String(core.isTauri() && isTauri)]`, &all)
			want := []string{
				"object " + Origin, "hello", "Titel", name, name, "1", "b/", p.app.options.Name,
				"true",
			}
			if strings.Join(all, "|") != strings.Join(want, "|") {
				t.Errorf("the page got %q, want %q", all, want)
			}
		}
		if err := p.Navigate(foreign(t, page).URL); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		if p.run(`return early`, &got); got != "undefined" {
			t.Errorf("a foreign page has %s", got)
		}
	}
	if _, err := New(Options{GlobalTauri: true}); err == nil {
		t.Error("GlobalTauri was taken without Tauri")
	}
}
