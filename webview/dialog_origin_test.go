//go:build linux && cgo

package webview

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
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

// TestOnDialog: the app is asked about every dialog of its own documents, and answers it.
func TestOnDialog(t *testing.T) {
	asked := make(chan Dialog, 100)
	answer := make(chan func() (DialogAction, string), 1)
	app := newApp(t, Options{KeepRunning: true, Assets: testFiles(),
		OnDialog: func(d Dialog) (DialogAction, string) {
			asked <- d
			return (<-answer)()
		}}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	accept := func() (DialogAction, string) { return DialogAccept, "text" }
	refuse := func() (DialogAction, string) { return DialogRefuse, "text" }
	fails := func() (DialogAction, string) { panic("in OnDialog") }
	unknown := func() (DialogAction, string) { return 17, "" }
	const inFrame = `const f = document.createElement('iframe'); f.src = SRC;
		await new Promise((r) => { f.onload = r; document.body.append(f) });
		try { return f.contentWindow.confirm('frame') } finally { f.remove() }`
	blob := `URL.createObjectURL(new Blob(['<p>x'], { type: 'text/html' }))`
	long := strings.Repeat("a", 5000)
	for _, c := range []struct {
		name, script   string
		kind           DialogKind
		message, given string
		answer         func() (DialogAction, string)
		want           string
	}{
		{"alert", `return alert('hello')`, DialogAlert, "hello", "", accept, "null"},
		{"alert of nothing", `return alert()`, DialogAlert, "", "", accept, "null"},
		{"alert of undefined", `return alert(undefined)`, DialogAlert, "undefined", "", refuse,
			"null"},
		{"confirm of undefined", `return confirm(undefined)`, DialogConfirm, "", "", accept,
			"true"},
		{
			"prompt of undefined", `return prompt('who?', undefined)`, DialogPrompt, "who?", "",
			accept,
			`"text"`,
		},
		{"prompt of null", `return prompt(null, null)`, DialogPrompt, "null", "null", accept,
			`"text"`},
		{"confirm", `return confirm('sure?')`, DialogConfirm, "sure?", "", accept, "true"},
		{"confirm, refused", `return confirm('sure?')`, DialogConfirm, "sure?", "", refuse,
			"false"},
		{"confirm, panic", `return confirm('sure?')`, DialogConfirm, "sure?", "", fails, "false"},
		{"confirm, no action", `return confirm('sure?')`, DialogConfirm, "sure?", "", unknown,
			"false"},
		{"prompt", `return prompt('who?', 'me')`, DialogPrompt, "who?", "me", accept, `"text"`},
		{"prompt, refused", `return prompt('who?')`, DialogPrompt, "who?", "", refuse, "null"},
		{
			"a long text", `return confirm('b ' + 'a'.repeat(5000))`, DialogConfirm,
			"b " + cut(long), "", accept, "true",
		},
		{"print", `return print()`, DialogPrint, "", "", accept, "null"},
		{"a frame of ours", strings.ReplaceAll(inFrame, "SRC", "'other.html'"),
			DialogConfirm, "frame", "", accept, "true"},
		{"an empty frame", strings.ReplaceAll(inFrame, "SRC", "'about:blank'"),
			DialogConfirm, "frame", "", accept, "true"},
		{"a blob:", strings.ReplaceAll(inFrame, "SRC", blob), DialogConfirm, "frame", "", accept,
			"true"},
		{"srcdoc", strings.ReplaceAll(inFrame, "f.src = SRC", "f.srcdoc = '<p>x'"),
			DialogConfirm, "frame", "", accept, "true"},
		{"document.write", `document.write('<p>anew'); document.close(); return confirm('anew')`,
			DialogConfirm, "anew", "", accept, "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			result := p.start(c.script)
			d := wait(t, asked, "the question")
			if d.Window != p.Window || d.Kind != c.kind || d.Message != c.message ||
				d.Default != c.given {
				t.Errorf("asked about %+v", d)
			}
			if c.kind != DialogPrint {
				select {
				case r := <-result:
					t.Errorf("the page did not wait: %+v", r)
				case <-time.After(50 * time.Millisecond):
				}
			}
			answer <- c.answer
			if r := wait(t, result, "the page"); r.value != c.want {
				t.Errorf("the page has %+v, want %s", r, c.want)
			}
		})
	}
	if len(asked) > 0 {
		t.Errorf("asked about %+v, too", <-asked)
	}
}

// cut gives what is shown of a long word, whose beginning stands before it.
func cut(word string) string {
	word = word[:4096-2]
	var s strings.Builder
	for len(word) >= 80 {
		s.WriteString(word[:80] + "\u200b")
		word = word[80:]
	}
	return s.String() + word + "…"
}

// TestDialogHeld: while the app is asked the page waits, and nobody else does; the window's end and
// that of its web process are stronger, and the answer comes to nothing then.
func TestDialogHeld(t *testing.T) {
	asked := make(chan Dialog, 10)
	held := make(chan DialogAction, 10)
	app := newApp(t, Options{
		KeepRunning: true, Assets: testFiles(), OnDialog: func(d Dialog) (DialogAction, string) {
			asked <- d
			return <-held, "late"
		},
	}, func(*transport.Engine) {})
	other := openPage(t, app, WindowOptions{Label: "other"})
	goesOn := func() {
		t.Helper()
		var two int
		if other.run(`return 1 + 1`, &two); two != 2 {
			t.Error("the other window does not answer")
		}
	}
	t.Run("the window's end", func(t *testing.T) {
		p := openPage(t, app, WindowOptions{Label: "closed"})
		p.start(`prompt('wait')`)
		wait(t, asked, "the question")
		goesOn()
		p.Destroy()
		wait(t, p.Done(), "the window's end")
		held <- DialogAccept
	})
	t.Run("the process's end", func(t *testing.T) {
		p := openPage(t, app, WindowOptions{Label: "killed"})
		p.start(`confirm('wait')`)
		wait(t, asked, "the question")
		p.post(p.native.Kill)
		p.Reload()
		p.waitLoaded()
		result := p.start(`return confirm('again')`)
		if d := wait(t, asked, "the next question"); d.Message != "again" {
			t.Errorf("asked about %q", d.Message)
		}
		held <- DialogAccept // one of them is for the dialog of before
		held <- DialogAccept
		if r := wait(t, result, "the page"); r.value != "true" {
			t.Errorf("the page has %+v", r)
		}
	})
	t.Run("shown after all", func(t *testing.T) {
		p := openPage(t, app, WindowOptions{Label: "shown"})
		result := p.start(`return confirm('shown')`)
		wait(t, asked, "the question")
		if showsDialog(t, p.Window) {
			t.Error("it is shown before the answer")
		}
		held <- DialogShow
		eventually(t, "the dialog", func() bool { return showsDialog(t, p.Window) })
		if len(result) > 0 {
			t.Errorf("the page has %+v", <-result)
		}
		goesOn()
		p.Destroy()
		wait(t, p.Done(), "the window's end")
	})
}

// showsDialog says whether WebKit shows a script's dialog in the window.
func showsDialog(t *testing.T, w *Window) (yes bool) {
	t.Helper()
	if err := w.app.call(func() error { yes = w.gtk().ShowsDialog(); return nil }); err != nil {
		t.Fatal(err)
	}
	return yes
}

// TestDialogText: what WebKit shows has bounds, whatever a page gives, and the UI thread does not
// stand still. A long word has more than one line.
func TestDialogText(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		short := 0
		for i, text := range []string{
			`'x'`, `'x'.repeat(8 << 20)`, `'\n'.repeat(2 << 20)`, `'a\u0300\u0301'.repeat(4096)`,
		} {
			p := openPage(t, b.App, WindowOptions{Label: fmt.Sprint("text-", i)})
			b.during(t, text, func() string {
				p.start(`prompt(` + text + `, ` + text + `)`)
				height := 0
				eventually(t, "the dialog", func() bool {
					measure := func() error { height = p.gtk().DialogHeight(); return nil }
					if err := p.app.call(measure); err != nil {
						t.Fatal(err)
					}
					return height > 0
				})
				if i == 0 {
					short = height
				} else if height < short+100 {
					t.Errorf("the dialog is %d pixels high, and %d with one character", height,
						short)
				}
				p.Destroy()
				wait(t, p.Done(), "the window's end")
				return fmt.Sprint(height, " pixels")
			})
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
