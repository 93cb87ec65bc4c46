//go:build linux && cgo

package webview

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// outsider is a document that is not the app's own, and tries to be.
func (h *hostileApp) outsider(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("testdata/hostile/outsider.js")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("<!doctype html><meta charset=utf-8><body><script>globalThis.victim = "+
		"%q;\n%s</script>", h.session.ID(), script)
}

// harmless is what a try of an outsider may give: nothing, or what tells nothing.
var harmless = regexp.MustCompile(`^(refused|opaque|nothing|loaded|tailrace is undefined|` +
	`refused,refused|undefined,undefined,undefined,undefined)$`)

// outsiders gives the rows of documents that are not the app's own: frames of the honest page, and
// a page in a window of its own.
func (h *hostileApp) outsiders(t *testing.T) (table []string) {
	html := h.outsider(t)
	h.files["outsider.html"].Data = []byte(html)
	server := guide(t, html, hello)
	row := func(name string, got map[string]string) {
		for _, try := range slices.Sorted(maps.Keys(got)) {
			if !harmless.MatchString(got[try]) {
				t.Errorf("%s, %s: got %q", name, try, got[try])
			}
		}
		if len(got) < 20 {
			t.Errorf("%s: only %d tries", name, len(got))
		}
		h.undisturbed(t)
		h.kept(t)
		table = append(table, fmt.Sprintf("| %v | %s | %d ways in, none gives data, a session's "+
			"id, or an effect | |", h.kind, name, len(got)))
	}
	frames := append(slices.Clone(outsideKinds), outsideKind{
		"sandboxed file of ours", `f.sandbox = 'allow-scripts'; f.src = '/outsider.html'`,
	})
	for _, f := range frames {
		t.Run(f.name, func(t *testing.T) {
			text := h.honest.pageInFrame(t, f.make, html, server.URL)
			var got map[string]string
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatal(err, text)
			}
			row(f.name, got)
		})
	}
	t.Run("a page of another origin in our window", func(t *testing.T) {
		p := openPage(t, h.app, WindowOptions{Label: "visitor"})
		if err := p.Navigate(server.URL); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		var got map[string]string
		p.run(
			`for (;;) { if (globalThis.outcome) return outcome; await new Promise((f) =>
				setTimeout(f, 10)); }`, &got)
		row("a page of another origin in our window", got)
		if s := p.Session(); s != nil {
			t.Error("a page of another origin has a session")
		}
	})
	t.Run("a frame of our own origin", func(t *testing.T) {
		p := openPage(t, h.app, WindowOptions{Label: "framed"})
		p.run(`await tailrace.invoke('echo', {})`, nil)
		before := p.Session()
		var got string
		p.run(`const f = document.createElement('iframe'); f.src = '/other.html';
			await new Promise((loaded) => { f.onload = loaded; document.body.append(f); });
			const client = typeof f.contentWindow.tailrace;
			const r = await f.contentWindow.fetch('`+hello+`', {
				method: 'POST', headers: { 'Tailrace-Version': '1' } });
			const main = await tailrace.invoke('echo', {}).then(() => 'goes on', (e) =>
				'ends with ' + e.code);
			return 'client is ' + client + ', hello by hand gives ' + r.status +
				', the page of its window ' + main;`, &got)
		<-before.Done()
		if want := "client is undefined, hello by hand gives (200|503), the page of its window " +
			"ends with (closed|forbidden|refused)"; !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s, want %s", got, want)
		}
		h.undisturbed(t)
		table = append(table, fmt.Sprintf("| %v | a frame of our own origin (trusted like the "+
			"page) | %s | |", h.kind, got))
	})
	return table
}
