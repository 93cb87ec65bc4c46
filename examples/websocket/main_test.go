//go:build linux && cgo

package main

import (
	"testing"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
	"github.com/tailrace-go/tailrace/webview"
)

func TestMain(m *testing.M) {
	exampletest.Main(m, func(o webview.Options) (*webview.App, error) {
		url, _, err := serve()
		if err != nil {
			return nil, err
		}
		return setup(o, url)
	})
}

const (
	outcome = "document.querySelector('output').textContent"
	lines   = "document.querySelector('.lines').textContent.trim().split('\\n')"
	count   = "Number.parseInt(document.querySelector('#count').textContent)"
)

// say types a message and sends it.
func say(t *testing.T, w *webview.Window, text string) {
	t.Helper()
	exampletest.Click(t, w, "form input")
	exampletest.Await(t, w, "document.querySelector('form input').value = '"+text+"'", text)
	exampletest.Click(t, w, "form button")
}

// TestPage: messages in both directions, and both ways to close.
func TestPage(t *testing.T) {
	w := exampletest.Open(t, window)
	exampletest.Await(t, w, outcome, "Connected")
	say(t, w, "hello")
	exampletest.Await(t, w, lines, []string{"→ hello", "← HELLO"})
	say(t, w, "open the gate by a third")
	exampletest.Await(t, w, lines+".filter((line) => line[0] === '→')", []string{
		"→ hello", "→ open the gate by a third",
	})
	exampletest.Await(t, w, lines+".filter((line) => line[0] === '←')", []string{
		"← HELLO", "← OPEN THE GATE BY A THIRD",
	})
	exampletest.Await(t, w, count+" > 200", true)
	exampletest.Picture(t, w)

	exampletest.Click(t, w, "#toggle") // the page closes
	exampletest.Await(t, w, outcome, "Closed with 1000 ")
	exampletest.Click(t, w, "#toggle")
	exampletest.Await(t, w, outcome, "Connected")
	say(t, w, "bye") // the server closes
	exampletest.Await(t, w, outcome, "Closed with 4000 as you asked")
	exampletest.Await(t, w, "tailrace.invoke('connect', { url: 'ws://127.0.0.1:1/', socket: new "+
		"tailrace.Channel() }).catch((e) => e.code)", "error")
}

// TestOrder: a thousand messages there and back keep their order.
func TestOrder(t *testing.T) {
	w := exampletest.Open(t, window)
	exampletest.Await(t, w, outcome, "Connected")
	exampletest.Await(t, w, `(async () => {
		const socket = new tailrace.Channel();
		const closed = tailrace.invoke('connect', { url: await tailrace.invoke('server'), socket });
		for (let i = 0; i < 1000; i++) socket.send('message ' + i);
		let expected = 0;
		for await (const text of socket) {
			const { answer } = JSON.parse(text);
			if (answer === undefined) continue;
			if (answer !== 'MESSAGE ' + expected) return answer + ' instead of ' + expected;
			expected += 1;
			if (expected === 1000) break; // which closes the channel
		}
		return [expected, (await closed).code];
	})()`, []int{1000, 1000})
}
