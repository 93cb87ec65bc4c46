//go:build linux && cgo

package webview

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	wv "github.com/webview/webview_go"
)

// endsWebviewGo ends a program whose window webview_go alone has made, from any frame.
const endsWebviewGo = `webkit.messageHandlers.external.postMessage({ toString: 1, valueOf: 1 })`

// postEverything has a document post what costs the UI thread most to each handler that it finds,
// of all that there are in whatever world.
var postEverything = `
	const nested = (n, wrap) => { let v = []; while (n--) v = wrap(v); return v };
	const values = {
		'no text': { toString: 1, valueOf: 1 },
		'a million objects': Array.from({ length: 1e6 }, (_, i) => ({ i })),
		'shared': nested(60, (v) => [v, v]),
		'deep': nested(1e6, (v) => [v]),
		'100 MB of text': 'x'.repeat(100e6),
	};
	let found = '';
	for (const name of '` + strings.Join(gtk.MessageHandlers(), " ") + `'.split(' ')) {
		let handler;
		try { handler = webkit.messageHandlers[name] } catch {}
		if (handler === undefined) continue;
		found += name + ' ';
		for (const v of Object.values(values)) try { handler.postMessage(v) } catch {}
	}
	try { external.invoke(values['no text']); found += 'external.invoke' } catch {}
	return found || 'no handler'`

// attachPage is openPage with a window of webview_go's that is attached; before is called when it
// is made, and after when it is attached.
func attachPage(t *testing.T, app *App, before, after func(wv.WebView) error) *testPage {
	t.Helper()
	p := newTestPage(t)
	var own wv.WebView
	err := app.call(func() error {
		own = wv.New(false)
		if err := before(own); err != nil {
			return err
		}
		w, err := app.Attach("attached", own)
		if err != nil {
			return err
		}
		p.follow(w)
		if err := after(own); err != nil {
			return err
		}
		return w.Navigate("")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.shutDown()
		if err := loop.call(func() error { own.Destroy(); return nil }); err != nil {
			t.Error(err)
		}
	})
	p.waitLoaded()
	return p
}

func asMade(wv.WebView) error { return nil }

// TestNoMessageHandlers: no document, of whatever origin and in whatever frame, has a handler of
// WebKit's messages, whose values the UI thread would take apart.
func TestNoMessageHandlers(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		attack := func(name string, p *testPage) {
			b.during(t, name+": itself", func() (got string) {
				p.run(postEverything, &got)
				return isNoHandler(t, name, got)
			})
			b.during(t, name+": its frames", func() string {
				p.everyOutside(t, postEverything, func(kind, got string) {
					isNoHandler(t, name+": "+kind, got)
				})
				return "no handler"
			})
		}
		attack("a page", openPage(t, b.App, WindowOptions{Label: "page"}))
		foreignPage := foreign(t, outsidePage(`return 1`))
		attack("a foreign page", openPage(t, b.App,
			WindowOptions{Label: "foreign", URL: foreignPage.URL}))
		attack("a page of an attached window", attachPage(t, b.App, asMade, asMade))
	})
}

func isNoHandler(t *testing.T, name, got string) string {
	t.Helper()
	if got != "no handler" && !(strings.Contains(name, "attached") && got == "external.invoke") {
		t.Errorf("%s found %s", name, got)
	}
	return got
}

// A page that may do nothing, likewise.
func TestNoMessageHandlersWithoutPermission(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		denied, err := policy.Parse(
			[]byte(`{"rules":[{"windows":["*"],"origins":["*"],"deny":["*"]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		app := newApp(t, Options{Policy: denied, Carrier: w.kind}, caller)
		p := openPage(t, app, WindowOptions{Label: "denied"})
		var got string
		p.run(postEverything, &got)
		isNoHandler(t, "it", got)
		p.everyOutside(t, postEverything, func(kind, got string) { isNoHandler(t, kind, got) })
		return "no handler"
	})
}

// TestBoundFunctions: functions that the maker of a window adds by webview_go's Bind, before it
// is attached or after, are called by pages of the app's own origins, up to a bound, and by nobody
// else.
func TestBoundFunctions(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		calls := 0
		p := attachPage(t, b.App, func(own wv.WebView) error {
			return own.Bind("length", func(text string) (int, error) {
				calls++
				if text == "bad" {
					return 0, errors.New("bad")
				}
				return len(text), nil
			})
		}, func(own wv.WebView) error {
			return own.Bind("greet", func(name string) string { return "hello " + name })
		})
		var got string
		p.run(`const failed = await length('bad').catch(String);
			return [await length('é"'), await greet('you'), failed] + ''`, &got)
		if want := "3,hello you,bad"; got != want {
			t.Errorf("they gave %q, want %q", got, want)
		}
		b.during(t, "calls at their bound", func() string {
			p.run(
				`const around = JSON.stringify({ id: RPC_ID(), method: 'length',
					params: [''] }).length;
				function RPC_ID() { return _rpc.nextSeq }
				const most = `+fmt.Sprint(MaxBoundCall)+` - around;
				let all = [await length('x'.repeat(most - 10)) === most - 10];
				try { await length('x'.repeat(most + 10)); all.push('taken') } catch (e) {
					all.push(e.name) }
				return all + ''`, &got)
			if want := "true,RangeError"; got != want {
				t.Errorf("calls at their bound gave %q, want %q", got, want)
			}
			return got
		})
		before := calls
		b.during(t, "what is no call", func() string {
			p.runLong(postEverything, &got)
			p.runLong(`
				const say = (detail) => dispatchEvent(
					new CustomEvent('tailrace.external', { detail, cancelable: true }));
				for (const detail of [undefined, null, 1, Symbol(), {}, { toString: 1, valueOf: 1 },
					[],
					() => 1,
					new Proxy({}, {}), '', '{', '{"id":1}', '{"id":1,"method":"length"}', '"x"',
						'[]', '0',
					'{"id":{"id":1},"method":["length"],"params":{}}',
						'{"id":1,"method":"none","params":[]}',
					'['.repeat(1e6), '{"a":'.repeat(2e5), '\\\\ud800', '\\0',
					Array.from({ length: 1e6 }, (_, i) => ({ i }))]) say(detail);
				return 'nothing'`, &got)
			return got
		})
		if calls != before {
			t.Errorf("%d of them were calls", calls-before)
		}
		p.run(`return await greet('again')`, &got)
		if got != "hello again" {
			t.Errorf("then a call gave %q", got)
		}
		p.everyOutside(t, `return [typeof length, typeof globalThis.external?.invoke] + ''`,
			func(kind, got string) {
				if got != "number,undefined" { // of its own frames
					t.Errorf("%s: %s", kind, got)
				}
			})
		elsewhere := foreign(t, outsidePage(`return await length('x')`))
		if err := p.Navigate(elsewhere.URL); err != nil {
			t.Fatal(err)
		}
		p.waitLoaded()
		p.run(`while (!globalThis.outcome) await new Promise((f) => setTimeout(f, 1));
			return outcome`, &got)
		if !strings.HasPrefix(got, "TypeError") {
			t.Errorf("a foreign page's call gave %s", got)
		}
	})
}

// TestBoundFunctionsOfSandboxed: a document at our address that its answer puts into a sandbox is
// none of ours: in a window that was attached it has neither the client nor the functions of Bind;
// these not either when it says that it is of our origin, and writes itself anew.
func TestBoundFunctionsOfSandboxed(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		page := ""
		sandboxed := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, page)
		})
		b := openBeside(t, w, Options{Debug: true, Fallback: sandboxed}, nil)
		called := make(chan none, 10)
		var own wv.WebView
		p := attachPage(t, b.App, func(made wv.WebView) error {
			own = made
			return own.Bind("act", func() { called <- none{} })
		}, asMade)
		// In a realm that is broken the client does not begin: one document forges its origin
		// alone.
		const forges = `
			while (document.readyState !== 'complete') await new Promise((f) => setTimeout(f, 1));
			Object.defineProperty(self, 'origin', { get: () => own });
			document.open();
			document.write('<title>anew</title>anew');
			document.close();
			const kept = document.title;`
		for _, forgery := range []string{callers, forges} {
			page = outsidePage("const call = () => (async () => act())().catch((e) => e.name);" +
				"const first = [self.origin, typeof tailrace, typeof globalThis.external?.invoke," +
				"await call()]; const own = location.origin;" + forgery +
				"const anew = [typeof tailrace, typeof globalThis[Symbol.for('tailrace')]];" +
				"return first + ' ' + anew + ' ' + await call() + ' ' + kept")
			b.during(t, "a sandboxed document of our address", func() (got string) {
				err := b.call(func() error { own.Navigate(Origin + "/sandboxed"); return nil })
				if err != nil {
					t.Fatal(err)
				}
				p.waitLoaded()
				p.run(`while (!globalThis.outcome) await new Promise((f) => setTimeout(f, 1));
					return outcome`, &got)
				// invoke is webview_go's own, which finds no handler.
				want := "null,undefined,function,TypeError undefined,undefined TypeError "
				if !strings.HasPrefix(got, want) {
					t.Errorf("it has %.2000s", got)
				}
				return got[:min(len(got), 75)]
			})
		}
		if len(called) > 0 {
			t.Error("it has called a function of Bind")
		}
	})
}

// TestLastWordsAreBounded: a page that forges last words is heard up to a bound, and the UI thread
// stays free.
func TestLastWordsAreBounded(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "words"})
		b.during(t, "100,000 of them, and such that are none", func() string {
			began := time.Now()
			p.runLong(`
				const say = (detail) => dispatchEvent(
					new CustomEvent('`+p.pages.words+`', { detail, cancelable: true }));
				for (const detail of [{ toString: 1, valueOf: 1 }, [], 'x'.repeat(100e6),
					Array.from({ length: 1e6 }, (_, i) => ({ i }))])
					if (!say(detail)) throw new Error('taken');
				let taken = 0;
				for (let i = 0; i < 200000; i++) taken += !say('x');
				if (taken > 140000) throw new Error(taken + ' were taken');`, nil)
			done := make(chan none)
			p.post(func() { p.native.Ping(func() { close(done) }) })
			waitLong(t, (<-chan none)(done))
			return time.Since(began).Round(time.Millisecond).String()
		})
	})
}

// aloneScenario has this test's program be one that webview_go serves alone.
const aloneScenario = "a window of webview_go alone"

func init() {
	arranged[aloneScenario] = func() error {
		own := wv.New(false)
		own.SetHtml(`<iframe sandbox="allow-scripts"
			srcdoc="<script>` + endsWebviewGo + `</script>"></iframe>`)
		time.AfterFunc(patience/2, own.Terminate)
		own.Run()
		return nil
	}
}

// TestWebviewGoAlone: what this package takes away does end a program. If webview_go has mended
// that, this test says so.
func TestWebviewGoAlone(t *testing.T) {
	out, err := startScenario(t, aloneScenario)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the program has not ended by itself: %v\n%s", err, out)
	}
	if s := exit.Sys().(syscall.WaitStatus); !(s.Signaled() && s.Signal() == syscall.SIGABRT) &&
		!strings.Contains(out, "SIGABRT") {
		t.Errorf("it ended by %v, not by its abortion\n%.2000s", err, out)
	}
}

// terminalScenario is a program with Options.Debug whose pages write to the console.
const terminalScenario = "pages write to the console"

// controlling is what a terminal obeys; a page writes it, and throws it.
const controlling = `const text = '\u001b]0;owned\u0007\u001b[2J\u009b31m' + 'line\r\n'.repeat(1e5);
	for (const level of ['log', 'error', 'warn', 'info', 'debug']) console[level](text);
	setTimeout(() => { throw new Error(text) });
	Promise.reject(new Error('rejected ' + text));
	Promise.reject({ toString() { throw 1 } });
	setTimeout(() => { for (let i = 0; i < 5000; i++) setTimeout(() => { throw i }) }, 200);`

func init() {
	arranged[terminalScenario] = func() error {
		page := `<script>` + controlling + `</script>`
		app, loaded, err := scenarioAppOf(Options{Debug: true, Header: nil,
			Fallback: http.HandlerFunc(
				func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header().Set("Content-Type", "text/html")
					fmt.Fprint(rw, page+`<iframe sandbox="allow-scripts" srcdoc="<script>
					setTimeout(() => parent.postMessage(0, '*'), 500);`+
						html.EscapeString(controlling)+`</script>"></iframe>
					<script>addEventListener('message', () => tailrace.invoke('loaded'))</script>`)
				})})
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{URL: "writes"})
		if err != nil {
			return err
		}
		go func() {
			<-loaded
			w.Close()
		}()
		return app.Run()
	}
}

// TestPagesDoNotControlTheTerminal: with Debug, what a page or a frame writes to the console is not
// written to the terminal; an own page's uncaught errors are logged, a bounded number, as plain
// text.
func TestPagesDoNotControlTheTerminal(t *testing.T) {
	out, err := startScenario(t, terminalScenario)
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	for _, control := range []string{"\x1b", "\a", "\u009b", "\r"} {
		if i := strings.Index(out, control); i >= 0 {
			t.Errorf("the terminal got %q: %q", control, out[max(0, i-100):i+1])
		}
	}
	if !strings.Contains(out, "owned") || !strings.Contains(out, "rejected") {
		t.Errorf("the page's errors are not in the log:\n%.2000s", out)
	}
	if len(out) > 1<<20 {
		t.Errorf("the terminal got %d bytes", len(out))
	}
	t.Logf("the terminal got %d bytes", len(out))
}

func TestVisible(t *testing.T) {
	for s, want := range map[string]string{
		"plain é 字":         "plain é 字",
		"\x1b[2J\a\r\n\x00": `\x1b[2J\a\r\n\x00`,
		"\u009b\u202e\xff":  `\u009b\u202e` + "\ufffd",
	} {
		if got := visible(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}
