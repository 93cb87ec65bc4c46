//go:build linux && cgo

package webview

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestNativeEvalValues: whatever a page has for a value, the UI thread has nothing to do with it.
func TestNativeEvalValues(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		files := fstest.MapFS{
			"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(blank)},
		}
		o := Options{Assets: files}
		o.Engine.MaxMessage = 1 << 20
		b := openBeside(t, w, o, caller)
		p := openPage(t, b.App, WindowOptions{Label: "values"})
		p.ready()
		for _, c := range []struct{ name, js, want string }{
			{"a long array", `new Array(1e6).fill(1)`, "over"},
			{"an array with holes", `(() => { const a = []; a.length = 3e6; return a })()`, "over"},
			{"an array shared in 22 levels", `(() => { let a = [1];
				for (let i = 0; i < 22; i++) a = [a, a]; return a })()`, "over"},
			{"a million levels", `(() => { let b = [1];
				for (let i = 0; i < 1e6; i++) b = [b]; return b })()`, "call stack"},
			{"a long string", `'x'.repeat(1e8)`, "over"},
			{"bytes", `new Uint8Array(1e6)`, "over"},
			{"a cycle", `(() => { const c = {}; c.c = c; return c })()`, "cyclic"},
			{"getters that throw", `({ get a() { throw new Error('mine') } })`, "mine"},
			{"a toJSON that gives much", `({ toJSON: () => 'x'.repeat(1e7) })`, "over"},
			{"a long proxy", `new Proxy([], { get: (t, k) => k === 'length' ? 3e6 : 1 })`, "over"},
			{"a thenable", `({ then(f) { f('x'.repeat(1e7)) } })`, "over"},
			{"a big integer", `10n`, "BigInt"},
			{"an error of a long message", `throw new Error('x'.repeat(1e7))`, "over"},
		} {
			// an expression, if it is one, and a program
			for _, js := range []string{c.js, `0; ` + c.js} {
				b.during(t, "eval: "+c.name, func() string {
					v, err := p.EvalResult(testContext(t), js)
					if !isCode(err, CodeEval) || !strings.Contains(err.Error(), c.want) {
						t.Errorf("%s: %.80s, %.200v, want an error with %q", js, v, err, c.want)
					}
					if err == nil {
						return "no error"
					}
					return err.Error()[:min(60, len(err.Error()))]
				})
			}
			p.ready()
		}
	})
}

// TestNativeEvalLast: a program's value is that of the expression that is its last statement, in
// the notations in which people write statements, with and without semicolons.
func TestNativeEvalLast(t *testing.T) {
	p := evalPage(t, strictPage, nil)
	for js, want := range map[string]string{
		"let a = 1; a + 1":                                     "2",
		"let a = 1; a + 1;":                                    "2",
		"let a = 1; a + 1; // the sum; of it":                  "2",
		"let a = 1; a + 1 /* ; 3 */":                           "2",
		"let a = 1\na + 1\n":                                   "2",
		"let a = 1 // one; 7\na + 1":                           "2",
		"let a = 'http://x/;'\na + 1":                          `"http://x/;1"`,
		"let a = 1; // b; 7\na + 1":                            "2",
		"const f = () => {}\n[typeof f, 1].length":             "2",
		"var f = function () { return 3 }\nf()":                "3",
		"let a = 3\na\n+ 1":                                    "4",
		"let a = 3; a\n++a":                                    "4",
		"if (true) { var b = 5 }\nb":                           "5",
		"if (true) { var b = 6 } b":                            "6",
		"for (let i = 0; i < 3; i++) { var c = i } c * 2":      "4",
		"class D { e() { return 1; } }\nnew D().e()":           "1",
		"let r = /;a/; r.source":                               `";a"`,
		"let s = `;\n${1}`; s":                                 `";\n1"`,
		"let o = { a: 1 }; ({ ...o, b: 2 })":                   `{"a":1,"b":2}`,
		"let a = 1; function g() { return a }":                 "null",
		"let a = 1; { a }":                                     "null",
		"function g() { return 7 }\n(1)":                       "1",
		"switch (1) { case 1: 5; }":                            "null",
		"'use strict'; let u = '😀;'; u + 1":                    `"😀;1"`,
		"let t = Promise.resolve(4); t":                        "4",
		"var k = 1; if (k) k = 2; else k = 3":                  "null",
		"do { var m = 4 } while (false)\nm":                    "4",
		"try { throw 8 } catch (e) { var n = e } finally {} n": "8",
		"<!-- a; 9": "null",
	} {
		v, err := p.EvalResult(testContext(t), js)
		if err != nil || !sameJSON(v, want) {
			t.Errorf("%s: %s, %v, want %s", js, v, err, want)
		}
	}
}
