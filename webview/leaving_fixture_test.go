//go:build linux && cgo

package webview

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// leavers count what pages send while they are left.
type leavers struct {
	mu    sync.Mutex
	came  map[string]int // by what it is
	begun chan none      // one for each first message
	ends  chan none      // one for each end of a stream
}

func newLeavers() *leavers {
	return &leavers{came: map[string]int{}, begun: make(chan none, 100), ends: make(chan none, 100)}
}

// expect waits until everything has come in each of so many rounds.
func (l *leavers) expect(t *testing.T, rounds int) {
	t.Helper()
	all := []string{"first"}
	for _, event := range []string{"pagehide", "visibilitychange"} {
		for _, by := range []string{"send", "trySend", "emit", "emitted bytes", "invoke",
			"raw body"} {
			all = append(all, event+" "+by)
		}
	}
	for _, what := range all {
		number := fmt.Sprintf("all %d by %s", rounds, what)
		eventually(t, number, func() bool { return l.number(what) >= rounds })
		if n := l.number(what); n != rounds {
			t.Errorf("%d by %s instead of %d", n, what, rounds)
		}
	}
}

func (l *leavers) count(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came[what]++
}

func (l *leavers) number(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.came[what]
}

func (l *leavers) register(e *transport.Engine) {
	transport.Handle(e, "save", func(ctx context.Context, args struct {
		Pen *transport.Stream[int, string]
	}) (none, error) {
		defer func() { l.ends <- none{} }()
		for {
			text, err := args.Pen.Receive(ctx)
			if err != nil {
				return none{}, nil
			}
			l.count(text)
			if text == "first" {
				l.begun <- none{}
			}
		}
	})
	transport.Handle(e, "bye", func(_ context.Context, args struct{ Name string }) (none, error) {
		l.count(args.Name + " invoke")
		return none{}, nil
	})
	transport.Handle(e, "raw", func(_ context.Context, body []byte) (none, error) {
		l.count(padded(body) + " raw body")
		return none{}, nil
	})
}

// padded gives the text that a page has filled up to some length.
func padded(text []byte) string { return string(bytes.TrimRight(text, " ")) }

// leaving has a page say its last words, each of these in each of two events.
const leaving = `
	const pen = new tailrace.Channel();
	tailrace.invoke('save', { pen }).catch(() => {});
	await pen.send('first');
	while (document.hidden) await new Promise((shown) => setTimeout(shown, 1));
	for (const name of ['pagehide', 'visibilitychange']) addEventListener(name, () => {
		if (name === 'visibilitychange' && !document.hidden) return;
		pen.send(name + ' send').catch(() => {});
		pen.trySend(name + ' trySend');
		tailrace.emit('bye', name).catch(() => {});
		tailrace.invoke('bye', { name }).catch(() => {});
		const bytes = new TextEncoder().encode(name.padEnd(100000));
		tailrace.emit('bye', bytes).catch(() => {});
		tailrace.invoke('raw', bytes).catch(() => {});
	});
	setTimeout(() => { %s });`

func (l *leavers) hear(t *testing.T, app *App) {
	t.Helper()
	if _, err := app.Listen("bye", func(e bus.Event) {
		if e.Binary != nil {
			l.count(padded(e.Binary) + " emitted bytes")
			return
		}
		var name string
		if err := json.Unmarshal(e.Payload, &name); err != nil {
			t.Error(err)
		}
		l.count(name + " emit")
	}); err != nil {
		t.Fatal(err)
	}
}
