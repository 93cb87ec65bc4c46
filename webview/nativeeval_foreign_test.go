//go:build linux && cgo

package webview

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// collector is a script of a document that wants the app's scripts: it pretends that the app's
// client is there, and keeps whatever it can see of them.
const collector = `<script>
	globalThis.collected = [];
	const collect = (...all) => {
		for (const v of all) { try { collected.push(String(v) + (v?.stack ?? '')) } catch {} }
	};
	const names = Object.getOwnPropertyNames;
	addEventListener('error', (e) => collect(e.message, e.filename, e.error));
	addEventListener('unhandledrejection', (e) => collect(e.reason));
	function hook(...all) {
		collect(...all, hook.caller, new Error().stack);
		for (const f of all) {
			if (typeof f === 'function') { try { collect(f()) } catch (e) { collect(e) } }
		}
		return true;
	}
	const key = Symbol.for('tailrace.native');
	Object.defineProperty(globalThis, key, {
		get: function get() { collect(get.caller, new Error().stack); return hook },
	});
	for (const [of, name] of [[Symbol, 'for'], [Promise.prototype, 'then'],
		[JSON, 'stringify'], [globalThis, 'Function'], [globalThis, 'eval']]) {
		const own = of[name];
		of[name] = function patched(...all) {
			collect(patched.caller, ...all);
			return Reflect.apply(own, this, all);
		};
	}
	const before = new Set(names(globalThis));
	globalThis.take = () => {
		const declared = names(globalThis).filter((name) => !before.has(name) && name !== 'take');
		for (const name of declared) collect(globalThis[name]);
		return collected.concat(declared).filter((text) => /secret/i.test(text));
	};
</script>`

// Scripts with a secret: expressions, programs, and what does not parse.
var (
	secretExpressions = []string{
		`globalThis.x = 'secret'`,
		`void 0, 'secret'`,
		`(function () { return 'secret' })().length`,
		`Promise.reject(new Error('secret'))`,
	}
	secretPrograms = []string{
		`var secretVariable = 'secret'; secretVariable.length`,
		`function secretFunction() { return 'secret' } 1`,
		`async function secretLater() { return 'secret' }`,
		`let secretLet = 'secret'; const secretConst = () => 'secret'; secretConst().length`,
		`class Secret { secret() { return 'secret' } } 1`,
		`'use strict'; function secretStrict() { return 'secret' }`,
		`throw new Error('secret')`,
		`return 'secret'`,
	}
	secretErrors = []string{`this is secret no script`, `'secret' 'secret'`, `secret(;`}
)

// leave is where an own page goes while Go evaluates in it.
type leave struct {
	name string
	own  bool // it is served by the app
	back bool // it is in the history, from where WebKit shows it without a request
}

var allLeaves = []leave{
	{"another origin", false, false}, {"our own file in a sandbox", true, false},
	{"another origin, back in the history", false, true},
	{"our own file in a sandbox, back in the history", true, true},
}

// leavesOften is how often a page is left.
func leavesOften() int {
	if verifying {
		return 150
	}
	return 12
}

// TestNativeEvalLeaves: an own page that forbids eval is left for a document of somebody else,
// while Go evaluates in it without end. None of the scripts is seen there.
func TestNativeEvalLeaves(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		for _, kind := range allLeaves {
			t.Run(kind.name, func(t *testing.T) {
				leaves(t, w, kind, func(o Options) *testPage {
					return openPage(t, newApp(t, o, caller), WindowOptions{Label: "main"})
				})
			})
		}
	})
}

func leaves(t *testing.T, w way, kind leave, open func(Options) *testPage) {
	loads := leavesOften()
	files := fstest.MapFS{
		"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(blank)},
		"spy.html": {Data: []byte(blank + collector)},
	}
	serve := func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/spy") {
			rw.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
		}
		http.FileServerFS(files).ServeHTTP(rw, r)
	}
	elsewhere := httptest.NewServer(http.FileServerFS(files))
	t.Cleanup(elsewhere.Close)
	to := elsewhere.URL + "/spy.html"
	o := Options{
		Assets: files, Carrier: w.kind,
		OnNavigate: func(Navigation) NavigationAction { return NavigationAllow },
	}
	if w.dev {
		dev := httptest.NewServer(http.HandlerFunc(serve))
		t.Cleanup(dev.Close)
		o.DevURL = dev.URL
	}
	if kind.own {
		to = "/spy2.html"
		files["spy2.html"] = files["spy.html"]
		if !w.dev {
			delete(files, "spy2.html")
			o.Fallback = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
				rw.Header().Set("Content-Type", "text/html")
				_, _ = rw.Write(files["spy.html"].Data)
			})
		}
	}
	p := open(o)
	p.ready()
	seen, ran := 0, new(atomic.Int64)
	scripts := slices.Concat(secretExpressions, secretPrograms, secretErrors)
	leave := `setTimeout(() => { location.href = ` + literal(to) + ` }, 20)`
	if kind.back {
		loads /= 2
		p.start(`location.href = ` + literal(to))
		p.waitLoaded()
		if err := p.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		p.ready()
		leave = `setTimeout(() => history.back(), 20)`
	}
	for range loads {
		stop := make(chan none)
		var evaluating sync.WaitGroup
		for i := range 4 {
			evaluating.Go(func() {
				for n := i; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					js := scripts[n%len(scripts)]
					var err error
					if n%2 == 0 {
						err = p.EvalContext(testContext(t), js)
					} else {
						_, err = p.EvalResult(testContext(t), js)
					}
					switch {
					case err == nil, isCode(err, CodeEval):
						ran.Add(1)
					case errors.Is(err, bus.ErrForeign), errors.Is(err, transport.ErrClosed):
					default:
						t.Error(err)
						return
					}
				}
			})
		}
		before := p.documentsShown()
		p.start(leave)
		if kind.back { // it is not loaded again
			eventually(t, "the document of the history", func() bool {
				return p.documentsShown() != before
			})
		} else {
			p.waitLoaded()
		}
		var href string
		p.run(`return location.href`, &href)
		if !strings.Contains(href, "/spy") {
			t.Fatalf("at %s", href)
		}
		var got []string
		p.run(`return take()`, &got) // behind what was sent before
		if len(got) > 0 {
			seen++
			if seen < 4 {
				t.Logf("the document after the page has seen %q", got)
			}
		}
		close(stop)
		if err := p.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		evaluating.Wait()
		p.ready()
	}
	t.Logf(
		"| %v | an own page is left for %s while Go evaluates | scripts seen in %d of %d loads, "+
			"%d answered |", w, kind.name, seen, loads, ran.Load())
	if seen > 0 {
		t.Errorf("scripts were seen in %d of %d loads", seen, loads)
	}
}

// documentsShown counts the documents that the window has shown.
func (p *testPage) documentsShown() (n uint64) {
	p.t.Helper()
	if err := p.app.call(func() error { n = p.documents; return nil }); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// forgeries are what a document may try to seem to be at the address of ours, and of its origin.
// parts are what location has of an address of ours.
var forgeries = []string{
	``,
	`let location = parts, origin = own`,
	`var location = parts, origin = own; document.title = 'went on'`,
	`let origin = own`,
	`self.origin = own; Object.defineProperty(globalThis, 'origin', { get: () => own })`,
	`function location() {}`,
	`class location {}`,
	`Object.defineProperty(globalThis, 'location', { get: () => parts })`,
	`for (const name in parts) Object.defineProperty(location, name, { get: () => parts[name] })`,
	`for (const name in parts) Object.defineProperty(location, name, { value: parts[name] })`,
	`location.origin = own`,
	`for (const name in parts) delete location[name]; location.__proto__ = parts`,
	`for (const name in parts)
		Object.defineProperty(Location.prototype, name, { get: () => parts[name] })`,
	`Location.prototype.toString = () => own;
		String.prototype.toString = String.prototype.valueOf = () => own`,
	`String.prototype[Symbol.toPrimitive] = () => own`,
	`globalThis.__proto__ = { location: parts, origin: own }`,
	`delete globalThis.location; globalThis.globalThis = { location: parts, origin: own }`,
	`document.domain = 'localhost'`,
	`document.open(); document.write('<base href="' + own + '/">'); document.close()`,
	`history.replaceState(null, '', own + '/index.html')`,
}

// TestNativeEvalGuard: a script that reaches a document of another origin all the same, past all
// that Go knows, does not run there, and what is in it is not seen, whatever the document has
// defined. The names of its variables are: so nothing is sent when Go is not sure, which
// TestNativeEvalLeaves shows.
func TestNativeEvalGuard(t *testing.T) {
	for _, forgery := range forgeries {
		page := blank + collector + `<script>const own = "` + Origin + `",
			parts = { protocol: "` + Scheme + `:", host: "localhost", origin: own }</script>
			<script>` + forgery + `</script>`
		p := openPage(t, loop, WindowOptions{URL: foreign(t, page).URL})
		try := func(js string, run func(e *nativeScript)) {
			done := make(chan none)
			p.post(func() {
				run(&nativeScript{
					window: p.Window, js: js, result: true, number: "1",
					own: origin.IsDocumentOf(Origin),
				})
				p.native.Eval("0", view.EvalProgram, func(view.EvalOutcome, string) { close(done) })
			})
			wait(t, done, "the script")
		}
		for _, js := range slices.Concat(secretExpressions, secretPrograms, secretErrors) {
			try(js, (*nativeScript).read)
		}
		for _, js := range slices.Concat(secretExpressions, secretPrograms) {
			try(js, func(e *nativeScript) { e.run(-1, -1) })
		}
		for _, js := range secretExpressions {
			try(js, func(e *nativeScript) { e.run(0, len(js)) })
		}
		try("", func(e *nativeScript) { e.tell(thrown{Name: "secret", Message: "secret"}) })
		var got []string
		p.run(`const names = /^secret(Variable|Function|Let)$/; // not what they hold
			return take().filter((text) => !names.test(text))`, &got)
		if len(got) > 0 {
			t.Errorf("%s: the document has seen %q", forgery, got)
		}
		var defined string
		p.run(`return [typeof secretFunction, typeof secretVariable, typeof x] + ''`, &defined)
		if defined != "undefined,undefined,undefined" {
			t.Errorf("%s: the document has %s", forgery, defined)
		}
		p.shutDown()
	}
}

// A sandboxed file of the app's own has our address, but not our origin: no script is run there,
// nor is it told of any, whatever it says of its origin.
func TestNativeEvalGuardSandboxed(t *testing.T) {
	sandboxed := func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte(blank + collector + `<script>self.origin = "` + Origin +
			`"</script>`))
	}
	app := newApp(t, Options{Assets: fstest.MapFS{}, Fallback: http.HandlerFunc(sandboxed)}, caller)
	p := openPage(t, app, WindowOptions{Label: "main", URL: "/spy"})
	for _, js := range slices.Concat(secretExpressions, secretPrograms, secretErrors) {
		done := make(chan none)
		p.post(func() {
			e := &nativeScript{
				window: p.Window, js: js, result: true, number: "1",
				own: origin.IsDocumentOf(Origin),
			}
			e.read()
			p.native.Eval("0", view.EvalAside, func(view.EvalOutcome, string) {
				p.native.Eval("0", view.EvalProgram, func(view.EvalOutcome, string) { close(done) })
			})
		})
		wait(t, done, "the script")
	}
	var got []string
	p.run(`return take()`, &got)
	if len(got) > 0 {
		t.Errorf("the document has seen %q", got)
	}
}

// A navigation in the history of which WebKit tells nothing more, as it is a frame's, holds up no
// script for good.
func TestNativeEvalFrameGoesBack(t *testing.T) {
	app := newApp(t, Options{Assets: fstest.MapFS{
		"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(blank)},
	}}, caller)
	frameGoesBack(t, openPage(t, app, WindowOptions{Label: "main"}))
}

// frameInHistory is the body of a function after which a frame can go back in the history.
const frameInHistory = `
	globalThis.frame = document.body.appendChild(document.createElement('iframe'));
	globalThis.shows = async (path, lead) => {
		const loaded = new Promise((f) => frame.addEventListener('load', f, { once: true }));
		lead();
		await loaded;
		await new Promise((f) => setTimeout(f)); // what leads on within the event adds no history
		if (!frame.contentWindow.location.href.endsWith(path)) throw new Error('it is elsewhere');
	};
	await shows('/other.html', () => { frame.src = '/other.html' });
	await shows('?next', () => { frame.contentWindow.location.search = '?next' })`

// frameGoesBack has a frame go back in a page, and evaluates while it does.
func frameGoesBack(t *testing.T, p *testPage) {
	t.Helper()
	p.ready()
	p.run(frameInHistory, nil)
	for range 5 {
		back := p.start(`await shows('/other.html', () => history.back())`)
		for begun, done := time.Now(), false; !done; {
			if time.Since(begun) > patience {
				t.Fatal("timeout: waited for the frame")
			}
			if v, err := p.EvalResult(testContext(t), `1`); string(v) != "1" || err != nil {
				t.Fatalf("%s, %v", v, err)
			}
			select {
			case r := <-back:
				p.decode(r, nil)
				done = true
			default:
			}
		}
		if v, err := p.EvalResult(testContext(t), `1`); string(v) != "1" || err != nil {
			t.Fatalf("%s, %v", v, err)
		}
		p.run(`await shows('?next', () => history.forward())`, nil)
	}
}

// TestNativeEvalNavigations: scripts that wait for the end of a navigation run when the page stays
// after all, and in no other page.
func TestNativeEvalNavigations(t *testing.T) {
	asked := make(chan none, 10)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusNoContent)
		asked <- none{}
	}))
	t.Cleanup(server.Close)
	app := newApp(t, Options{
		Assets: fstest.MapFS{
			"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(strictPage)},
		},
		OnNavigate: func(Navigation) NavigationAction { return NavigationAllow },
	}, caller)
	p := openPage(t, app, WindowOptions{Label: "main"})
	p.ready()
	mainloop.Post(func() { p.changes(view.Lead{MainFrame: true}, view.Allow) })
	if err := p.Eval(`globalThis.ran = (globalThis.ran ?? 0) + 1`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the script to be held", func() (held bool) {
		err := app.call(func() error { held = len(p.heldEvals) == 1; return nil })
		return err == nil && held
	})
	var ran int
	p.run(`return globalThis.ran ?? 0`, &ran)
	if ran != 0 {
		t.Error("a script was sent while a document may have taken the page's place")
	}
	mainloop.Post(func() { p.loadChanged(view.LoadFinished, Origin+"/index.html") })
	if v, err := p.EvalResult(testContext(t), `ran`); string(v) != "1" || err != nil {
		t.Errorf("after the navigation was given up: %s, %v", v, err)
	}
	p.run(`location.href = '`+server.URL+`'`, nil) // whose answer is without a document
	wait(t, asked, "the request")
	for range 5 {
		p.ready()
	}
	if err := p.Navigate("other.html"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	v, err := p.EvalResult(testContext(t), `location.pathname`)
	if string(v) != `"/other.html"` || err != nil {
		t.Errorf("in the next page: %s, %v", v, err)
	}
}

// TestNativeEvalLateAnswer: when the app allows a navigation that is over already, no script waits
// for its end.
func TestNativeEvalLateAnswer(t *testing.T) {
	server := foreign(t, `<!doctype html><title>foreign</title>`)
	asked, allow := make(chan none), make(chan none)
	app := newApp(t, Options{
		Assets: fstest.MapFS{
			"index.html": {Data: []byte(strictPage)}, "other.html": {Data: []byte(strictPage)},
		},
		OnNavigate: func(Navigation) NavigationAction {
			asked <- none{}
			<-allow
			return NavigationAllow
		},
	}, caller)
	p := openPage(t, app, WindowOptions{Label: "main"})
	for name, end := range map[string]func(){
		"the page stops it": func() { p.run(`stop()`, nil) },
		"the app navigates": func() {
			if err := p.Navigate("other.html"); err != nil {
				t.Fatal(err)
			}
			p.waitLoaded()
		},
	} {
		p.ready()
		p.run(`location.href = '`+server.URL+`'`, nil)
		wait(t, asked, "the question")
		before := p.loadsSeen(t)
		end()
		eventually(t, "the navigation's end", func() bool { return p.loadsSeen(t) != before })
		p.ready()
		allow <- none{}
		eventually(t, "the answer", func() (answered bool) {
			err := app.call(func() error { answered = p.deciding == 0; return nil })
			return err == nil && answered
		})
		if v, err := p.EvalResult(testContext(t), `1 + 1`); string(v) != "2" || err != nil {
			t.Fatalf("%s: %s, %v", name, v, err)
		}
	}
}

// loadsSeen counts the steps of navigations.
func (p *testPage) loadsSeen(t *testing.T) (n uint64) {
	t.Helper()
	if err := p.app.call(func() error { n = p.loads; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

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
