//go:build linux && cgo

package webview

import (
	"context"
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
	transport.Handle(e, "bye", func(context.Context, struct{ N int }) (none, error) {
		l.count("invoke")
		return none{}, nil
	})
}

const leaving = `
	const pen = new tailrace.Channel();
	tailrace.invoke('save', { pen }).catch(() => {});
	await pen.send('first');
	addEventListener('pagehide', () => {
		pen.send('send').catch(() => {});
		pen.trySend('trySend');
		tailrace.emit('bye', 1).catch(() => {});
		tailrace.invoke('bye', { n: 1 }).catch(() => {});
	});
	setTimeout(() => { %s });`

// TestLeaving: what a page sends by the end of its pagehide arrives, however it is left.
func TestLeaving(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		for name, how := range map[string]string{"reload": "location.reload()", "location": "location = '/other.html'", "Navigate": ""} {
			t.Run(kind.String()+"/"+name, func(t *testing.T) {
				l := &leavers{came: map[string]int{}, begun: make(chan none, 100), ends: make(chan none, 100)}
				p := conversation(t, Options{Carrier: kind}, l.register)
				if _, err := p.app.Listen("bye", func(bus.Event) { l.count("emit") }); err != nil {
					t.Fatal(err)
				}
				rounds := verifyOr(50, 10)
				for i := range rounds {
					p.start(fmt.Sprintf(leaving, how))
					if how == "" {
						wait(t, l.begun, "the first message")
						if err := p.Navigate(Origin + "/other.html?" + fmt.Sprint(i)); err != nil {
							t.Fatal(err)
						}
					}
					p.waitLoaded()
					wait(t, l.ends, "the end")
					p.carriedBy(carrierNames[kind])
				}
				for _, what := range []string{"first", "send", "trySend", "emit", "invoke"} {
					eventually(t, fmt.Sprintf("all %d by %s", rounds, what), func() bool { return l.number(what) == rounds })
				}
			})
		}
	}
}

// A window that is closed while a hello waits for the page before it answers that all the same: the
// native side keeps each request until it has an answer.
func TestHelloOfClosedWindow(t *testing.T) {
	p := openPage(t, newApp(t, Options{Carrier: CarrierScheme}, func(*transport.Engine) {}), WindowOptions{Label: "main"})
	eventually(t, "a session", func() bool { return p.Session() != nil })
	r := recorder{make(chan int, 1)}
	if err := p.app.call(func() error {
		p.depart("left")
		p.greet(&incoming{}, r, false)
		p.native.close(p.Window)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, r.status, "the answer"); status != 410 {
		t.Errorf("status %d", status)
	}
}
