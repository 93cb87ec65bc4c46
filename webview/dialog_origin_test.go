//go:build linux && cgo

package webview

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// outsideDialogs are scripts by which a frame wants something of the user, and what it gets.
var outsideDialogs = []struct{ name, script, want string }{
	{"alert", `alert('hold'); return 'went on'`, "went on"},
	{"confirm", `return confirm('hold?')`, "false"},
	{"prompt", `return prompt('password?', 'x')`, "null"},
	{"print", `print(); print(); return 'went on'`, "went on"},
	{"print by a command", `return document.execCommand('print') && 'went on'`,
		"true|false|went on"},
	{"an empty frame's functions", `const f = document.createElement('iframe');
		document.body.append(f);
		f.contentWindow.alert('x'); f.contentWindow.print();
		return f.contentWindow.confirm('x') + ' ' + f.contentWindow.prompt('x')`,
		"false null|SecurityError"},
	{"an empty frame's functions, restored", `const f = document.createElement('iframe');
		document.body.append(f);
		self.confirm = f.contentWindow.confirm;
		return confirm('x')`, "false|SecurityError"},
	{"our own event", `let heard = 'nothing';
		addEventListener('tailrace-answer', (e) => { heard = e.detail });
		dispatchEvent(new CustomEvent('tailrace-ask', { detail: ['confirm', 'x', ''] }));
		dispatchEvent(new CustomEvent('tailrace-ask', { detail: ['print', 'x', ''] }));
		return heard + ' ' + confirm('x')`, "nothing false"},
	{"document.write", `document.open();
		document.write('<script>globalThis.said = String(confirm(1))</' + 'script>');
			document.close();
		return said`, "false"},
	{"again and again", `for (let i = 0; i < 100; i++) { alert(i); print() }
		return 'went on'`, "went on"},
	{"megabytes", `alert('x'.repeat(20 << 20)); return 'went on'`, "went on"},
}

// TestDialogsOfOtherOrigins: documents of other origins show no dialog and stop nothing, whatever
// the app says of its own.
func TestDialogsOfOtherOrigins(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		asked := make(chan Dialog, 1000)
		silent := slog.New(slog.DiscardHandler)
		b := openBeside(t, w, Options{Logger: silent, OnDialog: func(d Dialog) (DialogAction,
			string) {
			asked <- d
			return DialogAccept, "given"
		}}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		for _, c := range outsideDialogs {
			b.own = slowestOwn
			if c.name == "megabytes" { // WebKit takes the text before anybody is asked
				b.own *= 10
			}
			b.during(t, c.name, func() string {
				p.everyOutside(t, c.script, func(kind, got string) {
					got, _, _ = strings.Cut(got, ":") // of an error its name
					if !strings.Contains("|"+c.want+"|", "|"+got+"|") {
						t.Errorf("%s: got %s, want %s", kind, got, c.want)
					}
				})
				return c.want
			})
		}
		if len(asked) > 0 {
			t.Errorf("the app was asked about %+v", <-asked)
		}
		if n := shown(t, b.App); n != 2 {
			t.Errorf("%d windows are shown, want 2", n)
		}
		var own bool // ours is still asked about
		if p.run(`return confirm('ours')`, &own); !own || (<-asked).Message != "ours" {
			t.Error("our own page was not asked about")
		}
	})
}

// TestDialogOrder: own dialogs and those of a frame come one after the other, and none is taken for
// another's.
func TestDialogOrder(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		const times = 40
		asked := make(chan string, 10*times)
		silent := slog.New(slog.DiscardHandler)
		b := openBeside(t, w, Options{Logger: silent, OnDialog: func(d Dialog) (DialogAction,
			string) {
			asked <- d.Message
			return DialogAccept, "given " + d.Message
		}}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		page := outsidePage(`let n = 0;
			for (let i = 0; i < ` + fmt.Sprint(2*times) + `; i++) {
				if (confirm('theirs')) n++;
				if (prompt('theirs') !== null) n++;
				await new Promise((f) => setTimeout(f, i % 3));
			}
			return n`)
		var got struct {
			Own, Theirs string
		}
		b.during(t, "interleaved", func() string {
			p.run(`const f = document.createElement('iframe');
				const over = new Promise((r) => addEventListener('message', (e) => r(e.data)));
				f.src = '`+foreign(t, page).URL+`';
				document.body.append(f);
				let wrong = 0;
				for (let i = 0; i < `+fmt.Sprint(times)+`; i++) {
					if (!confirm('own')) wrong++;
					if (prompt('p' + i) !== 'given p' + i) wrong++;
					await new Promise((f) => setTimeout(f, i % 4));
				}
				return { Own: String(wrong), Theirs: await over }`, &got)
			return fmt.Sprint(got)
		})
		if got.Own != "0" || got.Theirs != "0" || len(asked) != 2*times {
			t.Errorf("%+v, the app was asked %d times", got, len(asked))
		}
		for len(asked) > 0 {
			if m := <-asked; strings.HasPrefix(m, "theirs") {
				t.Fatalf("the app was asked about %q", m)
			}
		}
	})
}

// TestBeforeUnload: our pages may ask whether they may be left, and the app hears of it. A frame of
// another origin keeps nothing.
func TestBeforeUnload(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		asked := make(chan Dialog, 10)
		answer := make(chan DialogAction, 10)
		b := openBeside(t, w, Options{
			Assets: leadingPage(`<button>click</button>`),
			OnDialog: func(d Dialog) (DialogAction, string) {
				asked <- d
				return <-answer, ""
			},
			// The click below may still count when the frame reloads itself: without this the
			// desktop would get its URL.
			OnNavigate: func(Navigation) NavigationAction { return NavigationAllow },
		}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "left"})
		clicks := func() { // without a click WebKit asks nothing
			p.run(`globalThis.clicked = new Promise((f) => addEventListener('click', f));
				await new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))`, nil)
			p.post(func() { p.gtk().Click(100, 100, 1) })
			p.run(`await clicked`, nil)
		}
		server := foreign(t, `<script>addEventListener('beforeunload', (e) => e.preventDefault());
			parent.postMessage('loaded', '*');
			onmessage = () => location.reload()</script>`)
		loaded := func() {
			t.Helper()
			p.run(`while (!(loads > 0)) await new Promise((f) => setTimeout(f, 5)); loads--`, nil)
		}
		p.run(`globalThis.loads = 0;
			addEventListener('message', () => loads++);
			const f = document.createElement('iframe');
			f.src = '`+server.URL+`';
			document.body.append(f)`, nil)
		loaded()
		clicks()
		b.during(t, "a frame reloads itself", func() string {
			for range 5 {
				// not by run, whose scripts count as the user's
				if err := p.Eval(`frames[0].postMessage('reload', '*')`); err != nil {
					t.Fatal(err)
				}
				loaded()
			}
			p.run(`document.querySelector('iframe').remove()`, nil)
			return "it goes"
		})
		if len(asked) > 0 {
			t.Fatalf("the app was asked about %+v", <-asked)
		}
		for _, how := range []string{
			`addEventListener('beforeunload', (e) => e.preventDefault(), { once: true })`,
			`onbeforeunload = () => { onbeforeunload = null; return 'stay' }`,
			`addEventListener('beforeunload', (e) => { e.returnValue = 'stay' }, { once: true })`,
		} {
			b.during(t, how, func() string {
				p.run(how, nil)
				p.run(`setTimeout(() => location.reload())`, nil)
				if d := wait(t, asked, "the question"); d.Kind != DialogBeforeUnload {
					t.Errorf("asked about %+v", d)
				}
				answer <- DialogRefuse
				var stayed int
				p.run(`globalThis.stayed = 1; return stayed`, &stayed)
				p.run(how, nil)
				p.run(`setTimeout(() => location.reload())`, nil)
				wait(t, asked, "the question")
				answer <- DialogAccept
				p.waitLoaded()
				clicks()
				return "stays, and goes"
			})
		}
	})
}

func init() {
	scenarios["Quit while the app is asked about a dialog"] = func() error {
		asked := make(chan none, 1)
		app, w, err := scenarioWindow(Options{OnDialog: func(Dialog) (DialogAction, string) {
			asked <- none{}
			select {} // never
		}})
		if err != nil {
			return err
		}
		go func() {
			w.Eval(`alert('wait')`)
			<-asked
			app.Quit()
		}()
		return app.Run()
	}
	scenarios["Quit beside frames that never stop asking"] = func() error {
		began := make(chan none, 100)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter,
			r *http.Request) {
			if r.URL.Path == "/began" {
				began <- none{}
				return
			}
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, `<script>const x = new XMLHttpRequest(); x.open('GET', '/began', false);
				x.send(); setInterval(() => { alert('wait'); print(); confirm('wait') })</script>`)
		}))
		defer server.Close()
		app, w, err := scenarioWindow(Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		go func() {
			w.Eval(`const f = document.createElement('iframe'); f.src = '` + server.URL + `';
				document.body.append(f)`)
			<-began
			app.Quit()
		}()
		return app.Run()
	}
}
