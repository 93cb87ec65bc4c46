//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

func TestImportMap(t *testing.T) {
	const program = `<!doctype html><html><head><title>x</title><script type=module>
		import { listen, emit } from '@tauri-apps/api/event';
		import { invoke, Channel } from '@tauri-apps/api/core';
		import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';
		import { getCurrentWebview } from '@tauri-apps/api/webview';
		import { getCurrentWindow, appWindow } from '@tauri-apps/api/window';
		await listen('said', e => { globalThis.heard = [e.payload, getCurrentWebviewWindow().label,
			getCurrentWebview().label, getCurrentWindow().label, appWindow.label, typeof invoke,
			typeof Channel].join() });
		await emit('said', 'hello');
	</script></head></html>`
	own := `<script type="importmap">{"imports":{"x":"/mod.mjs"}}</script>`
	app := newApp(t, Options{ImportMap: true, Assets: fstest.MapFS{
		"index.html":  {Data: []byte(program)},
		"own.html":    {Data: []byte(own)},
		"sub/a.htm":   {Data: []byte(`<p>ü</p>`)},
		"not.txt":     {Data: []byte(`<head>`)},
		"large.html":  {Data: []byte("<head>" + strings.Repeat(" ", 2<<20))},
		"limits.html": {Data: []byte("<head>" + strings.Repeat(" ", 3<<20))},
	}, MaxUnseekable: 5 << 19}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	eventually(t, "the page's event", func() bool {
		var heard string
		p.run(`return globalThis.heard ?? ''`, &heard)
		return heard == "hello,main,main,main,main,function,function"
	})
	empty := p.fetch(Origin+"/sub/a.htm", `{}`).Text
	script := strings.TrimSuffix(empty, `<p>ü</p>`)
	if !strings.HasPrefix(script, `<script type="importmap">{"imports":{"@tauri-apps/api":"`+
		Origin+tauriPath+`index.js","@tauri-apps/api/app":"`) {
		t.Errorf("the import map is %s", script)
	}
	for _, c := range []struct {
		path, options string
		status        int
		text          string
	}{
		{"/", `{}`, 200, strings.Replace(program, "<head>", "<head>"+script, 1)},
		{"/own.html", `{}`, 200, own},
		{"/sub/a.htm", `{}`, 200, script + `<p>ü</p>`},
		{"/sub/a.htm", `{ headers: { Range: 'bytes=0-3' } }`, 200, script + `<p>ü</p>`},
		{"/sub/a.htm", `{ method: 'HEAD' }`, 200, ""},
		{"/not.txt", `{}`, 200, `<head>`},
		{"/large.html", `{}`, 200, "<head>" + script + strings.Repeat(" ", 2<<20)},
		{"/limits.html", `{ headers: { Range: 'bytes=0-7' } }`, 206, "<head>  "},
	} {
		r := p.fetch(Origin+c.path, c.options)
		if r.Status != c.status || r.Text != c.text {
			t.Errorf("%s %s: status %d, %d bytes: %.200s", c.path, c.options, r.Status, len(r.Text),
				r.Text)
		}
		if strings.HasSuffix(c.path, "m") &&
			r.Headers["content-type"] != "text/html; charset=utf-8" {
			t.Errorf("%s: %v", c.path, r.Headers)
		}
		if n := len(c.text); n > 0 && c.status == 200 &&
			r.Headers["content-length"] != fmt.Sprint(n) {
			t.Errorf("%s: content-length %s of %d bytes", c.path, r.Headers["content-length"], n)
		}
	}
	if r := p.fetch(Origin+"/.tailrace/tauri/nothing.js", `{}`); r.Status != 404 {
		t.Errorf("%+v", r)
	}
}

// The modules are served if the app asks for them, to pages of the development server too.
func TestTauriModules(t *testing.T) {
	dev := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Write([]byte(blank))
	}))
	defer dev.Close()
	for name, o := range map[string]Options{
		"own": {Tauri: true}, "dev": {DevURL: dev.URL, ImportMap: true},
	} {
		p := openPage(t, newApp(t, o, func(*transport.Engine) {}), WindowOptions{Label: name})
		for _, module := range []string{
			"app", "core", "dpi", "event", "path", "webview", "webviewWindow", "window",
		} {
			p.run(`await import('`+Origin+tauriPath+module+`.js')`, nil)
		}
		var label string
		p.run(`return (await import('`+Origin+tauriPath+`window.js')).getCurrentWindow().label`,
			&label)
		if label != name {
			t.Errorf("the current window is %q", label)
		}
	}
}

// The globals of the real @tauri-apps/api are there from the beginning, in own pages' main frames,
// if the app asks for them.
func TestTauriGlobals(t *testing.T) {
	const page = blank +
		`<script>globalThis.early = [globalThis.isTauri,
			globalThis.__TAURI_INTERNALS__?.metadata.currentWindow.label,
		globalThis.__TAURI_INTERNALS__?.plugins.path.sep,
			typeof globalThis.__TAURI_EVENT_PLUGIN_INTERNALS__?.unregisterListener].join()</script>`
	files := fstest.MapFS{"index.html": {Data: []byte(page)}}
	for name, want := range map[string]string{"on": "true,on,/,function", "off": ",,,undefined"} {
		p := openPage(t, newApp(t, Options{Tauri: name == "on", Assets: files}, caller),
			WindowOptions{Label: name})
		var got string
		p.run(`return early`, &got)
		if got != want {
			t.Errorf("%s: the page had %s", name, got)
		}
		if name == "off" {
			continue
		}
		p.run(`return await __TAURI_INTERNALS__.invoke('caller')`, &got)
		if got != name+" "+Origin {
			t.Errorf("invoke gave %q", got)
		}
		if err := p.Navigate(foreign(t, page).URL); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		p.run(`return early`, &got)
		if got != ",,,undefined" {
			t.Errorf("a foreign page had %s", got)
		}
	}
}
