//go:build linux && cgo

package webview

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/jssource"
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
		try("", func(e *nativeScript) {
			e.tell(jssource.Thrown{Name: "secret", Message: "secret"})
		})
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
		err := app.call(func() error { held = len(p.evals.held) == 1; return nil })
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
			err := app.call(func() error { answered = p.Window.asks.deciding == 0; return nil })
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
	if err := p.app.call(func() error { n = p.nav.loads; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}
