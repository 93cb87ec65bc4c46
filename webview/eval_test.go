//go:build linux && cgo

package webview

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// The same page, which may evaluate scripts, and which may not.
const (
	freePage   = blank
	strictPage = `<!doctype html><meta charset=utf-8>
		<meta http-equiv="Content-Security-Policy" content="default-src 'self' tailrace:;
			script-src 'self' 'unsafe-inline'">
		<title>page</title><body>`
)

// evalPage opens a window on a page that keeps a log of its uncaught errors. It waits until the
// page is ready.
func evalPage(t *testing.T, page string, logger *slog.Logger) *testPage {
	t.Helper()
	o := Options{Assets: fstest.MapFS{"index.html": {Data: []byte(page + `<script>
		globalThis.log = [];
		globalThis.errors = [];
		addEventListener('error', e => errors.push(e.message));
	</script>`)}}, Logger: logger}
	if logger != nil {
		o.Engine.MaxMessage = 2000 // which errors are about, too
	}
	p := openPage(t, newApp(t, o, caller), WindowOptions{Label: labelOf(t)})
	if err := p.EvalContext(testContext(t), `0`); err != nil {
		t.Fatal(err)
	}
	return p
}

// bothPages runs a test with each page; native says whether the scripts are evaluated natively.
func bothPages(t *testing.T, test func(t *testing.T, page string, native bool)) {
	t.Run("eval", func(t *testing.T) { test(t, freePage, false) })
	t.Run("native", func(t *testing.T) { test(t, strictPage, true) })
}

func TestEvalResults(t *testing.T) {
	bothPages(t, func(t *testing.T, page string, native bool) {
		p := evalPage(t, page, nil)
		for _, c := range []struct{ js, want string }{
			{`1 + 1`, `2`},
			{`({ a: [1, 'ü\u2028', null], b: { c: true } })`,
				"{\"a\":[1,\"ü\u2028\",null],\"b\":{\"c\":true}}"},
			{`[1, 2] // with a comment`, `[1,2]`},
			{`undefined`, `null`},
			{`null`, `null`},
			{`'a' + "b" + ` + "`c${1}`", `"abc1"`},
			{`this === globalThis`, `true`},
			{`new Promise(f => setTimeout(f, 10, { late: 1 }))`, `{"late":1}`},
			{`(async () => 7)()`, `7`},
			{`function double(x) { return 2 * x }`, `null`},
			{`double(21)`, `42`},
			{`class Thing { get name() { return 'thing' } } new Thing().name`, `"thing"`},
			{`var one = 1; let two = 2; const three = 3; one + two + three`, `6`},
			{`globalThis.one`, `1`},
			{`[typeof run, typeof e, typeof value]`, `["undefined","undefined","undefined"]`},
			{`typeof two`, `"undefined"`}, // an eval has its own let
			// Natively, only an expression has a value.
			{`if (one) 'yes'; else 'no'`, map[bool]string{false: `"yes"`, true: `null`}[native]},
			{`for (let i = 0; i < 3; i++) i`, map[bool]string{false: `2`, true: `null`}[native]},
			{`{ a: 5 }`, map[bool]string{false: `5`, true: `null`}[native]},
			{`'use strict'; (function () { return this === undefined })()`, `true`},
			{`(function () { return this === globalThis })()`, `true`},
			{`globalThis.later = async function () { return 'later' }; 0`, `0`},
			{`later()`, `"later"`},
			{`var p = Promise.resolve({ a: 1 }); p`, `{"a":1}`},
			{`document.title`, `"page"`},
			{`"x".repeat(100000).length`, `100000`},
			{`"x".repeat(300000)`, `"` + strings.Repeat("x", 300000) + `"`},
			{`"a\0b"`, `"a\u0000b"`},
			{``, `null`},
		} {
			v, err := p.EvalResult(testContext(t), c.js)
			if err != nil || !sameJSON(v, c.want) {
				t.Errorf("%.80s: %.100s, %v, want %.100s", c.js, v, err, c.want)
			}
		}
		s := p.Session()
		if n := s.Stats().NativeEvals; (n > 0) != native {
			t.Errorf("%d scripts were evaluated natively", n)
		}
	})
}

func sameJSON(a json.RawMessage, b string) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	one, _ := json.Marshal(x)
	two, _ := json.Marshal(y)
	return bytes.Equal(one, two)
}

func TestEvalErrors(t *testing.T) {
	bothPages(t, func(t *testing.T, page string, native bool) {
		logger, log := readableLog()
		p := evalPage(t, page, logger)
		if err := p.Eval(`function thrower() { throw new RangeError('deep down') }`); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ js, message, stack string }{
			{`thrower()`, "deep down", "thrower@"},
			{`(() => { throw new Error('in an expression') })()`, "in an expression", "@"},
			{`throw new Error('in a program')`, "in a program", "@"},
			{`Promise.reject(new TypeError('rejected'))`, "rejected", "@"},
			{`Promise.reject('no error')`, "no error", ""},
			{`throw 'a string'`, "a string", ""},
			{`JSON.parse('{')`, "JSON", "@"}, // a SyntaxError of a script that parses
			{`this is no script`, "Unexpected", ""},
			{`(() => { throw { toString() { throw 1 } } })()`, "", ""},
			{`const loop = {}; loop.loop = loop; loop`, "", ""},
			{`'x'.repeat(2000)`, "over", ""},
		} {
			if err := p.Eval(`globalThis.count = (globalThis.count ?? 0) + 1`); err != nil {
				t.Fatal(err)
			}
			v, err := p.EvalResult(testContext(t), c.js)
			var e *transport.Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, c.message) {
				t.Errorf("%s: %s, %v", c.js, v, err)
				continue
			}
			detail, _ := json.Marshal(e.Detail)
			var parts struct{ Stack string }
			if json.Unmarshal(detail, &parts) != nil || !strings.Contains(parts.Stack, c.stack) {
				t.Errorf("%s: detail %s, want a stack with %q", c.js, detail, c.stack)
			}
		}
		// Each script ran once, whatever form was tried.
		if v, err := p.EvalResult(testContext(t),
			`globalThis.runs = (globalThis.runs ?? 0) + 1, JSON.parse('{')`); err == nil {
			t.Errorf("no error: %s", v)
		}
		if v, err := p.EvalResult(testContext(t), `runs`); string(v) != "1" {
			t.Errorf("a script ran %s times, %v", v, err)
		}
		// Without a result, an error goes to the log and to the page's error event.
		if err := p.Eval(`throw new Error('nobody waits')`); err != nil {
			t.Fatal(err)
		}
		v, err := p.EvalResult(testContext(t),
			`errors.filter(e => e.includes('nobody waits')).length`)
		if string(v) != "1" || err != nil {
			t.Errorf("the page's error event came %s times, %v", v, err)
		}
		eventually(t, "the log", func() bool {
			return strings.Contains(log.String(), "nobody waits")
		})
	})
}

func isCode(err error, code string) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Code == code
}

// Events and evals arrive in the order in which they were accepted.
func TestEvalOrder(t *testing.T) {
	bothPages(t, func(t *testing.T, page string, native bool) {
		p := evalPage(t, page, nil)
		p.run(`await tailrace.listen('n', e => log.push(e.payload))`, nil)
		const count = 300
		for i := range count {
			var err error
			if i%3 == 0 {
				err = p.EvalContext(testContext(t), fmt.Sprintf(`log.push(%d)`, i))
			} else {
				err = p.EmitContext(testContext(t), "n", i)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		v, err := p.EvalResult(testContext(t), `log`)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		if err := json.Unmarshal(v, &got); err != nil || len(got) != count ||
			!slices.IsSorted(got) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// What is evaluated before the page has loaded, and between two pages, waits in its place among the
// events.
func TestEvalBeforeLoad(t *testing.T) {
	app := newApp(t, Options{
		Bus: bus.Options{PendingBytes: 100_000},
		Assets: fstest.MapFS{"index.html": {Data: []byte(blank + `<script type=module>
			globalThis.log = [];
			tailrace.listen('n', e => log.push(e.payload));
		</script>`)},
		}}, func(*transport.Engine) {})
	w, err := app.Open(WindowOptions{Label: "main"})
	if err != nil {
		t.Fatal(err)
	}
	p := &testPage{Window: w, t: t}
	t.Cleanup(p.shutDown)
	for pages := range 2 {
		for i := range 100 {
			if i%2 == 0 {
				err = w.Eval(fmt.Sprintf(`log.push(%d)`, i))
			} else {
				err = w.Emit("n", i)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		v, err := w.EvalResult(testContext(t), `log`)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		if err := json.Unmarshal(v, &got); err != nil || len(got) != 100 || !slices.IsSorted(got) {
			t.Errorf("page %d: %v, %v", pages, got, err)
		}
		if pages == 0 {
			session := w.Session()
			w.Reload()
			wait(t, session.Done(), "the first page's end")
		}
	}
	// It is bounded.
	q, err := app.Open(WindowOptions{Label: "full", URL: "about:blank"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup((&testPage{Window: q, t: t}).shutDown)
	for err = nil; err == nil; {
		err = q.Eval(`"` + strings.Repeat("x", 1000) + `"`)
	}
	if !errors.Is(err, bus.ErrFull) && !errors.Is(err, bus.ErrForeign) {
		t.Errorf("%v", err)
	}
}

func TestEvalInForeignPage(t *testing.T) {
	p := openPage(t, loop, WindowOptions{URL: foreign(t, blank).URL})
	if err := p.Eval(`1`); !errors.Is(err, bus.ErrForeign) {
		t.Errorf("Eval: %v", err)
	}
	if _, err := p.EvalResult(testContext(t), `1`); !errors.Is(err, bus.ErrForeign) {
		t.Errorf("EvalResult: %v", err)
	}
	if err := p.Navigate("index.html"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	p.ready()
}

// A native eval makes JavaScriptCore run in this process. Go's panics can be recovered after that.
func TestRecoverAfterNativeEval(t *testing.T) {
	p := evalPage(t, strictPage, nil)
	dereference := func() (r any) {
		defer func() { r = recover() }()
		var nothing *Window
		return nothing.label
	}
	for i := range 20 {
		v, err := p.EvalResult(testContext(t), `new Array(1000).fill({ x: `+strconv.Itoa(i)+` })`)
		if err != nil || len(v) < 8000 {
			t.Fatalf("%d bytes, %v", len(v), err)
		}
		done := make(chan any)
		go func() { done <- dereference() }()
		if _, ok := wait(t, done, "the other goroutine").(runtime.Error); !ok {
			t.Fatal("no panic to recover")
		}
	}
}

func TestEvalPolicy(t *testing.T) {
	app := newApp(t, Options{Logger: slog.New(slog.DiscardHandler), Policy: windowPolicy{}},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	_, err := p.EvalResult(testContext(t), `1`)
	if !isCode(err, transport.CodeDenied) || !strings.Contains(err.Error(), `"eval"`) {
		t.Errorf("%v", err)
	}
}
