//go:build linux && cgo

package webview

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// injections are strings that would run if any script, or page, took them for code.
var injections = []string{
	`";globalThis.pwned=1;//`, `'+(globalThis.pwned=1)+'`, "`+(globalThis.pwned=1)+`",
	`${globalThis.pwned=1}`, `\");globalThis.pwned=1;(\"`,
	`</script><script>globalThis.pwned=1</script>`, `<img src=x onerror=globalThis.pwned=1>`,
	"\u2028globalThis.pwned=1\u2029", "*/globalThis.pwned=1/*",
	"\n;globalThis.pwned=1\r\n", `%";globalThis.pwned=1;//%s%n`, "javascript:globalThis.pwned=1",
	"x\x00;globalThis.pwned=1",
}

// scripts gives the rows of what reaches scripts and objects of the honest page.
func (h *hostileApp) scripts(t *testing.T) (table []string) {
	row := func(name, outcome string) {
		h.undisturbed(t)
		table = append(table, fmt.Sprintf("| %v | %s | %s | |", h.kind, name, outcome))
	}
	clean := func(t *testing.T, p *testPage) {
		t.Helper()
		var found string
		p.run(`return [typeof pwned, typeof ({}).polluted, typeof [].polluted,
			typeof (() => {}).polluted, typeof ''.polluted, Object.keys(Object.prototype).length,
			Object.getOwnPropertyNames(Object.prototype).length - before,
			JSON.stringify({ a: 1 })] + ''`, &found)
		if want := `undefined,undefined,undefined,undefined,undefined,0,0,{"a":1}`; found != want {
			t.Errorf("the page's objects are %s, want %s", found, want)
		}
	}
	h.honest.run(`globalThis.before = Object.getOwnPropertyNames(Object.prototype).length;
		globalThis.got = [];
		for (const name of ['pollute', 'text', '__proto__', 'constructor', 'hasOwnProperty',
				'toString', 'then'])
			await tailrace.listen(name, (e) => {
				got.push([name, e.event, e.payload,
					Object.getPrototypeOf(e.payload ?? {}) === Object.prototype,
					e.payload?.polluted]);
			});`, nil)
	takes := func(t *testing.T, n int) (got [][]any) {
		t.Helper()
		h.honest.run(fmt.Sprintf(`
			while (got.length < %d) await new Promise((f) => setTimeout(f, 2));
			return got.splice(0)`, n), &got)
		return got
	}

	t.Run("prototype pollution", func(t *testing.T) {
		const payload = `{"__proto__":{"polluted":1,"toJSON":"x"},` +
			`"constructor":{"prototype":{"polluted":1}},"toJSON":"x","then":"x",` +
			`"a":[{"__proto__":{"polluted":1}}]}`
		var answer string
		h.other.run(`const s = await hostile.hello();
			await s.say(
				hostile.call(1, 'plugin:event|emit',
					'{"event":"pollute","payload":`+payload+`,"__proto__":{"event":"x"}}'),
				hostile.call(2, 'echo', '`+payload+`'));
			for (const [id, name] of [[3, '__proto__'], [4, 'constructor'], [5, 'hasOwnProperty'],
					[6, 'toString'], [7, 'then']])
				await s.say(hostile.call(id, 'plugin:event|emit',
					{ event: name, payload: { polluted: 0 } }));
			return await s.result(1) + ' ' + await s.result(2) + ' ' + await s.result(7);`, &answer)
		if !strings.Contains(answer, `"__proto__":{`) {
			t.Errorf("echo gave %s", answer)
		}
		got := takes(t, 6)
		for i, name := range []string{"pollute", "__proto__", "constructor", "hasOwnProperty",
			"toString", "then"} {
			if got[i][0] != name || got[i][1] != name {
				t.Errorf("event %d is %v, want %s", i, got[i], name)
			}
		}
		clean(t, h.honest)
		for _, js := range []string{
			`JSON.parse('` + payload + `')`,
			`({ toJSON() { return JSON.parse('{"__proto__":{"polluted":1}}') } })`,
			`Promise.resolve(Object.create(null))`,
			`({ get a() { throw new Error('no') } })`,
			`(() => { const a = {}; a.a = a; return a })()`,
			`new Proxy({}, { get() { throw 1 }, ownKeys() { throw 1 } })`,
			`10n`, `Symbol()`, `'\ud800'`,
		} {
			v, err := h.honest.EvalResult(testContext(t), js)
			var into map[string]any
			if err == nil && !json.Valid(v) {
				t.Errorf("eval of %s gave %q", js, v)
			}
			_ = json.Unmarshal(v, &into)
			if into["polluted"] != nil {
				t.Errorf("eval of %s gave %s", js, v)
			}
		}
		clean(t, h.honest)
		row("prototype pollution: event payloads and names, command arguments, values of evals",
			"own properties of data, no prototype has changed")
	})

	t.Run("script injection", func(t *testing.T) {
		names, labels := 0, 0
		for _, s := range injections {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if h.app.Emit(s, s) != nil {
				names++
			}
			if _, err := h.app.Open(WindowOptions{Label: s}); err != nil {
				labels++
			}
			if err := h.app.Emit("text", s); err != nil {
				t.Fatal(err)
			}
			if got := takes(t, 1); got[0][2] != s {
				t.Errorf("the event %q came as %q", s, got[0][2])
			}
			v, err := h.honest.EvalResult(testContext(t), string(text))
			var back string
			if err != nil || json.Unmarshal(v, &back) != nil || back != s {
				t.Errorf("eval of the literal %s gave %s, %v", text, v, err)
			}
			h.honest.run(`return await tailrace.invoke('fail', `+string(text)+
				`).catch((e) => e.message)`, &back)
			if back != s {
				t.Errorf("the error %q came as %q", s, back)
			}
			if !strings.Contains(s, "\x00") {
				h.honest.SetTitle(s)
				if title, err := h.honest.Title(); err != nil || title != s {
					t.Errorf("the title %q is %q, %v", s, title, err)
				}
			}
		}
		if names != len(injections) || labels != len(injections) {
			t.Errorf("%d of %d event names and %d labels were refused", names, len(injections),
				labels)
		}
		clean(t, h.honest)

		p := openPage(t, h.app, WindowOptions{Label: "injected", URL: "strict.html"})
		p.run(`globalThis.before = Object.getOwnPropertyNames(Object.prototype).length`, nil)
		for _, s := range injections { // natively, as the page forbids eval
			text, _ := json.Marshal(s)
			v, err := p.EvalResult(testContext(t), string(text))
			var back string
			if err != nil || json.Unmarshal(v, &back) != nil || back != s {
				t.Errorf("native eval of the literal %s gave %s, %v", text, v, err)
			}
			_, _ = p.EvalResult(testContext(t), `throw new Error(`+string(text)+`)`)
		}
		clean(t, p)
		for _, url := range []string{
			"javascript:globalThis.pwned=1", "JaVaScRiPt:globalThis.pwned=1",
			" javascript:globalThis.pwned=1", "java\tscript:globalThis.pwned=1",
		} {
			if p.Navigate(url) == nil {
				t.Errorf("Navigate took %q", url)
			}
			if _, err := h.app.Open(WindowOptions{Label: "script", URL: url}); err == nil {
				t.Errorf("Open took %q", url)
			}
		}
		clean(t, p)
		row(fmt.Sprintf("script injection: %d strings as event names, payloads, labels, titles, "+
			"URLs, errors, literals of evals, natively too", len(injections)),
			"refused, or the very same text; none ran")
	})
	return table
}
