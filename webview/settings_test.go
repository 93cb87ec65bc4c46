//go:build linux && cgo

package webview

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	wv "github.com/webview/webview_go"
)

// TestSettings: the table names every setting of the WebKit that runs, so that one of a newer
// WebKit is noticed, and windows have what it says; so has the document.
func TestSettings(t *testing.T) {
	documented := documentedSettings(t)
	for name, v := range settings {
		if documented[name] != v.String() {
			t.Errorf("docs/webkit.md says of %s %q, the table %q", name, documented[name], v)
		}
	}
	if len(documented) != len(settings) {
		t.Errorf("docs/webkit.md has %d settings, the table %d", len(documented), len(settings))
	}
	var fresh map[string]string
	if err := loop.call(func() error { fresh = gtk.Settings(nil); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		if _, ok := settings[name]; !ok {
			t.Errorf("WebKit has a setting %s, %s, that nobody has decided about", name,
				fresh[name])
		}
	}
	for _, debug := range []bool{false, true} {
		app := newApp(t, Options{Debug: debug}, caller)
		check := func(p *testPage, debug bool) {
			t.Helper()
			var is map[string]string
			err := app.call(func() error { is = gtk.Settings(p.gtk().Handle()); return nil })
			if err != nil {
				t.Fatal(err)
			}
			for name, was := range fresh {
				want := map[settingValue]string{
					settingLeft: was, settingOff: "FALSE",
					settingDebug: strings.ToUpper(strconv.FormatBool(debug)),
				}[settings[name]]
				if is[name] != want {
					t.Errorf("window %s: %s is %s, want %s", p.Label(), name, is[name], want)
				}
			}
		}
		check(openPage(t, app, WindowOptions{Label: "own"}), debug)
		// wv.New(false) has made it.
		check(attachPage(t, app, asMade, func(wv.WebView) error { return nil }), false)
	}
}

// documentedSettings gives the table of docs/webkit.md.
func documentedSettings(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/webkit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n## Settings\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	all := map[string]string{}
	rows := regexp.MustCompile("(?m)^\\| (`.*?`) \\| (.*?) \\|")
	for _, row := range rows.FindAllStringSubmatch(rest, -1) {
		for name := range strings.SplitSeq(row[1], ", ") {
			all[strings.Trim(name, "`")] = row[2]
		}
	}
	return all
}

// useClipboard tries everything that there is, and says what has worked.
const useClipboard = `
	const worked = [], soon = (p) => Promise.race([p, new Promise((f, no) => setTimeout(no,
		3000))]);
	const area = document.body.appendChild(document.createElement('textarea'));
	area.value = 'overwritten';
	area.select();
	if (document.execCommand('copy')) worked.push('copy');
	if (document.execCommand('cut')) worked.push('cut');
	area.value = '';
	area.focus();
	if (document.execCommand('paste') || area.value) worked.push('paste');
	area.remove();
	const { clipboard } = navigator;
	if (clipboard) {
		await soon(clipboard.readText()).then((v) => worked.push('readText'), () => {});
		await soon(clipboard.read()).then((v) => worked.push('read'), () => {});
		await soon(clipboard.writeText('overwritten')).then(() => worked.push('writeText'), () =>
			{});
	}
	return worked.join() || 'nothing';`

// onceClicked has a document wait for the user's click on it.
const onceClicked = `
	const all = document.body.appendChild(document.createElement('button'));
	all.style = 'position:fixed;left:0;top:0;width:100%;height:100%';
	return await new Promise((done) => {
		all.onclick = async () => { all.remove(); done(await use()) };
	});
	async function use() {` + useClipboard + `}`

// TestClipboard: without a click no document reads or writes the clipboard, and none reads it after
// one. After a click into it, a document can write, as in a browser, and so can a frame.
func TestClipboard(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "page"})
		b.during(t, "the clipboard without a click", func() string {
			// What WebKit evaluates counts as the user's doing, and so do its timers for a second.
			p.run(`globalThis.free = new Promise((f) => {
				const c = new MessageChannel(), end = performance.now() + 3000;
				c.port1.onmessage = () => performance.now() < end ? c.port2.postMessage(0) : f();
				setTimeout(() => c.port2.postMessage(0), 100);
			}).then(async () => {`+useClipboard+`}).then((v) => { globalThis.outcome = v },
				String)`, nil)
			var got string
			p.runLong(`await free; return outcome`, &got)
			if got != "nothing" {
				t.Errorf("our own page: %s worked", got)
			}
			p.everyOutside(t, useClipboard, func(kind, got string) {
				if got != "nothing" {
					t.Errorf("%s: %s worked", kind, got)
				}
			})
			return got
		})
		clicked := func(name, make string) {
			b.during(t, "the clipboard after a click into "+name, func() string {
				var got string
				c := p.start(`return await new Promise((done) => {
					const page = ` + scriptString(outsidePage(onceClicked)) + `;
					const f = document.createElement('iframe');
					f.style = 'position:fixed;left:0;top:0;width:400px;height:400px';
					addEventListener('message', (e) => {
						if (e.source === f.contentWindow) { f.remove(); done(e.data) }
					});
					` + make + `
					document.body.append(f);
				})`)
				for {
					select {
					case r := <-c:
						p.decode(r, &got)
						if got != "copy,cut,writeText" && got != "copy,cut" {
							t.Errorf("%s: %s worked", name, got)
						}
						return got
					case <-time.After(200 * time.Millisecond):
						p.post(func() { p.gtk().Click(20, 20, 1) })
					}
				}
			})
		}
		clicked("a frame of ours", `f.srcdoc = page;`)
		clicked("a sandboxed frame", `f.sandbox = 'allow-scripts'; f.srcdoc = page;`)
	})
}
