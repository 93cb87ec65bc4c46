//go:build linux && cgo

package main

import (
	"testing"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
	"github.com/tailrace-go/tailrace/transport/script"
	"github.com/tailrace-go/tailrace/webview"
)

func TestMain(m *testing.M) { exampletest.Main(m, setup) }

const (
	notes   = "[...document.querySelectorAll('li')].map((e) => e.textContent)"
	viewers = "[...document.querySelectorAll('li b')].map((e) => e.textContent)"
	answer  = "document.querySelector('#answer').textContent"
)

// write puts a note into the desk's input.
func write(t *testing.T, w *webview.Window, text string) {
	t.Helper()
	js, err := script.Format("document.querySelector('input').value = %s", text)
	if err != nil {
		t.Fatal(err)
	}
	exampletest.Await(t, w, js, text)
}

// TestPages: each note reaches the windows that it is for, and no other.
func TestPages(t *testing.T) {
	d := exampletest.Open(t, desk)
	first := exampletest.Open(t, viewer)
	exampletest.Await(t, d, viewers, []string{"viewer-1"})

	exampletest.Click(t, d, "#open")
	exampletest.Await(t, d, viewers, []string{"viewer-1", "viewer-2"})
	second := exampletest.App().Window("viewer-2")
	t.Cleanup(func() { exampletest.Close(second) })
	for _, w := range []*webview.Window{first, second} {
		exampletest.Await(t, w, "typeof globalThis.stamp", "function")
	}

	exampletest.Click(t, d, "form button") // emitFilter
	exampletest.Await(t, first, notes, []string{"The gate opens at noon"})
	exampletest.Await(t, second, notes, []string{"The gate opens at noon"})

	write(t, d, "Inspect turbine 2")
	exampletest.Click(t, d, "li:nth-child(2) [value=send]") // emitTo
	exampletest.Await(t, second, notes, []string{"The gate opens at noon", "Inspect turbine 2"})
	exampletest.Await(t, d, answer, "viewer-2 has seen 2")

	write(t, d, `</script><b> 'quoted" `+"\u2028")
	exampletest.Click(t, d, "li:nth-child(2) [value=stamp]") // eval
	exampletest.Await(t, second, notes+"[2]", `</script><b> 'quoted" `+"\u2028 (stamped by desk)")
	exampletest.Await(t, d, answer, "viewer-2 has seen 3")
	exampletest.Await(t, first, notes, []string{"The gate opens at noon"}) // and nothing since

	exampletest.Click(t, d, "li:nth-child(2) [value=close]")
	<-second.Done()
	exampletest.Await(t, d, viewers, []string{"viewer-1"})
}

// TestPicture: three windows with notes.
func TestPicture(t *testing.T) {
	d := exampletest.Open(t, desk)
	first := exampletest.Open(t, viewer)
	exampletest.Click(t, d, "#open")
	exampletest.Await(t, d, viewers, []string{"viewer-1", "viewer-2"})
	second := exampletest.App().Window("viewer-2")
	t.Cleanup(func() { exampletest.Close(second) })
	exampletest.Click(t, d, "form button")
	write(t, d, "Inspect turbine 2")
	exampletest.Click(t, d, "li:nth-child(2) [value=send]")
	exampletest.Await(t, d, answer, "viewer-2 has seen 2")
	write(t, d, "Level is 42.1 m")
	exampletest.Click(t, d, "li:nth-child(1) [value=stamp]")
	exampletest.Await(t, d, answer, "viewer-1 has seen 2")
	exampletest.Picture(t, d, first, second)
}

// TestInert: what package script writes into a page's HTML stays one string of one script element.
func TestInert(t *testing.T) {
	w := exampletest.Open(t, viewer)
	hostile := "</script><!--<script>\u2028'\"`\\"
	source, err := script.Format("globalThis.got = %s", []string{hostile})
	if err != nil {
		t.Fatal(err)
	}
	js, err := script.Format(`(html => {
		const page = new DOMParser().parseFromString(html, 'text/html');
		(0, eval)(page.querySelector('script').textContent);
		return [page.scripts.length, page.querySelector('p').textContent, ...globalThis.got];
	})(%s)`, "<script>"+source+"</script><p>behind")
	if err != nil {
		t.Fatal(err)
	}
	exampletest.Await(t, w, js, []any{1, "behind", hostile})
}
