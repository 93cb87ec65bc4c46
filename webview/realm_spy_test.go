//go:build linux && cgo

package webview

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/client"
	"github.com/tailrace-go/tailrace/transport"
)

// publicClasses are those of the client that a page has anyway: by its own channels and errors, and
// by the object that copies of the npm package find, whose Events holds maps and Numbers, as
// secluded.ts says.
var publicClasses = []string{
	"Channel", "Levelled", "Resumed", "TailraceError", "Events", "SafeMap", "Numbers",
	"List", // of numbers, in what is turned into JSON
}

// spyKind is what else the spy does.
type spyKind struct {
	alternating bool // who asks twice for a function gets two
	thenable    bool // Object.prototype has a then
}

func (k spyKind) String() string {
	return fmt.Sprintf("alternating %v, then %v", k.alternating, k.thenable)
}

// spy gives the script that remembers all that a page's built-ins are given.
func spy(t *testing.T, k spyKind) string {
	t.Helper()
	script, err := os.ReadFile("testdata/realm/spy.js")
	if err != nil {
		t.Fatal(err)
	}
	list := func(all []string) string {
		slices.Sort(all)
		text, err := json.Marshal(slices.Compact(all))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	names := regexp.MustCompile(`[A-Za-z_$][\w$]*`).FindAllString(string(client.Injected), -1)
	names = append(names, "get", "set", "enumerable", "writable", "then", "toJSON")
	var internal []string
	for _, m := range regexp.MustCompile(`\b([A-Z]\w*) = class|class (\w+)`).FindAllStringSubmatch(
		string(client.Injected), -1) {
		if name := m[1] + m[2]; !slices.Contains(publicClasses, name) {
			internal = append(internal, name)
		}
	}
	return strings.NewReplacer("(NAMES,", "("+list(names)+",", " INTERNAL,", " "+list(internal)+",",
		" ALTERNATING, THENABLE)", fmt.Sprintf(" %v, %v)", k.alternating, k.thenable),
	).Replace(string(script))
}

// spied gives the files of an app, one of them a page whose first script is the spy.
func spied(t *testing.T, k spyKind) fstest.MapFS {
	return fstest.MapFS{
		"index.html": {Data: []byte(blank)}, "other.html": {Data: []byte(blank)},
		"spied.html": {Data: []byte(spiedPage(t, k))},
	}
}

func spiedPage(t *testing.T, k spyKind) string {
	return "<!doctype html><meta charset=utf-8><script>" + spy(t, k) +
		"</script><title>spied</title><body>"
}

// rewrite has a document write itself anew, in the same realm: WebKit runs the scripts of its start
// again.
const rewrite = `
	const { open, write, close } = Document.prototype;
	document.open();
	const loaded = new Promise((f) => addEventListener('load', f));
		// behind all scripts of its start
	document.write('<!doctype html><html><head><title>anew</title></head><body>anew</body></html>');
	document.close();
	await loaded;
	return document.title + ' ' + typeof tailrace;`

// TestFirstScriptRewrites: a page that has replaced all built-ins and then writes its document anew
// gets nothing, and its session goes on.
func TestFirstScriptRewrites(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		files := spied(t, spyKind{alternating: true})
		b := openBeside(t, w, Options{Assets: files, Tauri: true, GlobalTauri: true},
			spiedCommands(t))
		p := openPage(t, b.App, WindowOptions{Label: "anew", URL: "spied.html"})
		b.during(t, "a page that writes itself anew", func() string {
			p.run(`await tailrace.invoke('echo', {})`, nil)
			before := p.Session()
			var title, found string
			p.run(rewrite, &title)
			if title != "anew object" {
				t.Errorf("the document is %q", title)
			}
			p.run(`await tailrace.invoke('echo', {})`, nil)
			if p.Session() != before {
				t.Error("the page has another session")
			}
			p.run(`return spy.found('`+before.ID()+`', [tailrace])`, &found)
			summary, bad, _ := strings.Cut(found, "\n")
			if bad != "" {
				t.Errorf("a page that writes itself anew has:\n%s", bad)
			}
			return summary
		})
	})
}

// callers has a document replace much of its realm by functions that keep the texts of who calls
// them, say that it is of the origin own, and write itself anew. It gives what they kept.
const callers = `
	while (document.readyState !== 'complete') // before, open does nothing
		await new Promise((f) => setTimeout(f, 1));
	let kept = '', post = self.postMessage;
	const keep = (f) => {
		try { for (let n = 0; n < 20 && (f = f.caller); n++) kept += f + '\n' } catch {}
	};
	const { open, write, close } = Document.prototype;
	const replaced = [Function.prototype, Reflect, Object, Symbol, EventTarget.prototype,
		Array.prototype, String.prototype, Event.prototype, self];
	for (const o of replaced) for (const name of Object.getOwnPropertyNames(o)) {
		const d = Object.getOwnPropertyDescriptor(o, name), f = d.value;
		if (typeof f !== 'function' || !d.configurable || name === 'constructor') continue;
		const spy = function (...args) {
			keep(spy);
			return new.target ? new f(...args) : f.apply(this, args);
		};
		Object.setPrototypeOf(spy, f);
		if (!/^(apply|call|Object|Function|Symbol|Reflect)$/.test(name)) o[name] = spy;
	}
	Object.defineProperty(self, 'origin', { get: function get() { keep(get); return own } });
	open.call(document);
	write.call(document, '<title>anew</title>anew');
	close.call(document);
	for (const f of [alert, confirm, prompt, print]) kept += f + '\n';
	kept += typeof tailrace + ' ' + typeof globalThis.external?.invoke;`

// TestForeignRewrites: a foreign page, or frame, that has replaced all built-ins, says that it is
// of our origin and writes its document anew sees nothing of what we inject: no label, no origin of
// ours, no function that has them in its text.
func TestForeignRewrites(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		const label = "a-label-that-nobody-knows"
		b := openBeside(t, w, Options{Tauri: true, GlobalTauri: true, Debug: true}, nil)
		p := openPage(t, b.App, WindowOptions{Label: label})
		p.run(`await new Promise((f) => setTimeout(f))`, nil)
		secrets := append(b.origins.List(), label, "TAILRACE_CONFIG")
		for _, origin := range b.origins.List() {
			// The text is put together, as it is looked for.
			own := fmt.Sprintf("const own = %q + %q;", origin[:3], origin[3:])
			b.during(t, "foreign frames that say they are of "+origin, func() string {
				check := func(kind, got string) {
					for _, secret := range secrets {
						if strings.Contains(got, secret) {
							t.Errorf("%s has %s: %.2000s", kind, secret, got)
						}
					}
					if !strings.HasSuffix(got, "undefined undefined") {
						t.Errorf("%s has the client: %.2000s", kind, got)
					}
				}
				p.everyOutside(t, own+callers+`return kept`, check)
				page := openPage(t, b.App, WindowOptions{
					Label: label +
						"-2", URL: foreign(t, outsidePage(own+callers+`return kept`)).URL,
				})
				var got string
				page.run(`while (!globalThis.outcome) await new Promise((f) => setTimeout(f, 1));
					return outcome`, &got)
				check("a page", got)
				page.shutDown()
				return "nothing"
			})
		}
		for _, alternating := range []bool{false, true} {
			b.during(t, fmt.Sprintf("a foreign page that writes itself anew, alternating %v",
				alternating),
				func() (summary string) {
					page := spiedPage(t, spyKind{alternating: alternating})
					if err := p.Navigate(foreign(t, page).URL); err != nil {
						t.Fatal(err)
					}
					p.waitLoaded()
					var title string
					p.run(rewrite, &title)
					if title != "anew undefined" {
						t.Errorf("the document is %q", title)
					}
					for _, secret := range secrets {
						var found, bad string
						p.run(`return spy.found('`+secret+`', [])`, &found)
						if summary, bad, _ = strings.Cut(found, "\n"); bad != "" {
							t.Errorf("a foreign page has %s:\n%s", secret, bad)
						}
					}
					return summary
				})
		}
	})
}

// TestInternalsOfChannels: a page's channel leads to nothing of the client's, whatever reads it.
func TestInternalsOfChannels(t *testing.T) {
	b := openBeside(t, way{CarrierShm, false}, Options{}, nil)
	p := openPage(t, b.App, WindowOptions{Label: "channels"})
	b.during(t, "a channel whose parent class is replaced", func() (got string) {
		p.run(`const stream = new tailrace.Channel();
		tailrace.invoke('none', { stream }).catch(() => {});
		class Evil { constructor(...args) { this.args = args } }
		const parent = Object.getPrototypeOf(tailrace.Channel);
		Object.setPrototypeOf(tailrace.Channel, Evil);
		const odd = new tailrace.Channel();
		Object.setPrototypeOf(tailrace.Channel, parent);
		return Reflect.ownKeys(stream).concat(Reflect.ownKeys(odd), odd.args.length).join()`, &got)
		if got != "args,0" {
			t.Errorf("channels have the properties %s", got)
		}
		return got
	})
}

// everything is what a page does with the client, all of it. It gives what the page has made.
const everything = `
	const { invoke, listen, once, emit, emitTo, Channel, resume, take } = tailrace;
	const made = [tailrace, globalThis[Symbol.for('tailrace')]];
	let n = 0;
	const keep = (v) => { made[made.length] = v; n++; };
	const until = async (done) => { while (!done()) await new Promise((f) => setTimeout(f, 2)); };
	keep(await invoke('echo', { a: [1, { b: 'two' }] }, { headers: { 'x-a': 'b' } }));
	await invoke('fail', {}).catch(keep);
	keep(await invoke('raw', new Uint8Array(10)));
	keep(await invoke('raw', new Uint8Array(100000)));
	for (const [command, options] of [['bytes', {}], ['json', {}], ['bytes', { own: true }],
		['json', { borrow: true }]]) {
		let came = 0, over = false;
		const onmessage = (m) => { came++; if (!options.borrow) keep(m); };
		const stream = new Channel({ ...options, onmessage });
		stream.onclose = (e) => { over = true; if (e) keep(e); };
		keep(stream);
		const call = invoke(command, { stream, take: 3 });
		const up = command === 'json' ? [{ up: 1 }, 'x', { text: 'y'.repeat(200000) }]
			: [new Uint8Array(5), new Uint8Array(6).buffer, new Uint8Array(200000)];
		await stream.send(up[0]);
		if (!stream.trySend(up[1])) await stream.send(up[1]);
		await stream.send(up[2]);
		await until(() => came >= 6);
		keep(await call);
		await until(() => over);
	}
	const early = new Channel();
	const sent = early.send('before');
	const reading = invoke('json', { stream: early, take: 1 });
	await sent;
	const iterator = early[Symbol.asyncIterator]();
	keep(await iterator.next());
	keep(await iterator.return());
	await reading.catch(keep);
	const aborting = new AbortController();
	const long = invoke('block', {}, { signal: aborting.signal });
	aborting.abort('enough');
	await long.catch(keep);
	let heard = 0;
	const unlisten = await listen('news', (e) => { heard++; keep(e); });
	keep(unlisten);
	keep(await once('news', (e) => { heard++; keep(e); }));
	await emit('news', { a: 1 });
	await emit('news', new Uint8Array(3));
	await emitTo({ kind: 'Any' }, 'news', [1]);
	await until(() => heard >= 4);
	unlisten();
	let resumed = 0;
	const flow = await resume('flow', { onmessage: (m) => { resumed++; keep(m); } });
	keep(flow);
	await until(() => resumed >= 3);
	flow.close();
	keep(await invoke('evals'));
	keep(evaluated); // a script's value is awaited, as it may be a promise
	dispatchEvent(new Event('pagehide'));
	dispatchEvent(new Event('visibilitychange'));
	keep(tailrace.currentWindow());
	keep(tailrace.session);
	globalThis.made = made;
	return n;`

// TestFirstScript: a page's first script gets nothing of the client's that it does not have anyway,
// whatever it does to the built-ins of its realm, nor by a then in Object.prototype, with which
// promises call it; and the client goes on.
func TestFirstScript(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		for _, k := range []spyKind{{}, {alternating: true}, {thenable: true}} {
			t.Run(k.String(), func(t *testing.T) {
				b := openBeside(t, w, Options{Assets: spied(t, k)}, spiedCommands(t))
				p := openPage(t, b.App, WindowOptions{Label: "spied", URL: "spied.html"})
				b.during(t, "a first script that replaces all built-ins", func() string {
					var n int
					p.run(everything, &n)
					if n < 40 {
						t.Errorf("the page has got %d values", n)
					}
					p.carriedBy(carrierNames[w.kind])
					var found string
					p.run(`return spy.found('`+p.Session().ID()+`', made)`, &found)
					summary, bad, _ := strings.Cut(found, "\n")
					if bad != "" {
						t.Errorf("a page's first script has:\n%s", bad)
					}
					return summary
				})
			})
		}
	})
}

// spiedCommands are the commands for the script everything.
func spiedCommands(t *testing.T) func(*transport.Engine) {
	return func(e *transport.Engine) {
		transport.Handle(e, "echo", func(_ context.Context, v any) (any, error) { return v, nil })
		transport.Handle(e, "raw", func(_ context.Context, b []byte) ([]byte, error) {
			return b, nil
		})
		transport.Handle(e, "fail", func(context.Context, none) (none, error) {
			return none{}, &transport.Error{Code: "c", Message: "m", Detail: []int{1}}
		})
		transport.Handle(e, "block", func(ctx context.Context, _ none) (none, error) {
			<-ctx.Done()
			return none{}, ctx.Err()
		})
		transport.Handle(e, "bytes", spiedStream[[]byte])
		transport.Handle(e, "json", spiedStream[any])
		transport.Handle(e, "evals", func(ctx context.Context, _ none) (string, error) {
			v, err := transport.SessionFrom(ctx).EvalResult(ctx,
				`globalThis.evaluated = [1, { two: 'three' }]`)
			return string(v), err
		})
		r, err := transport.NewResumable[any](e, "flow", transport.ResumableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := r.TrySend(i); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// spiedArgs are a stream of values of all kinds to the page, and of Take values from it.
type spiedArgs[In any] struct {
	Stream *transport.Stream[any, In]
	Take   int
}

func spiedStream[In any](ctx context.Context, a spiedArgs[In]) (string, error) {
	for _, v := range []any{
		1, "two", map[string]any{"three": 3}, []byte("four"), []byte("five"), make([]byte, 300_000),
	} {
		if err := a.Stream.Send(ctx, v); err != nil {
			return "", err
		}
	}
	for range a.Take {
		if _, err := a.Stream.Receive(ctx); err != nil {
			return "", err
		}
	}
	return "sent", nil
}
