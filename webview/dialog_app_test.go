//go:build linux && cgo

package webview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

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
		KeepRunning: true, Assets: testFiles(),
		OnDialog: func(d Dialog) (DialogAction, string) {
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
