//go:build linux && cgo

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

//go:embed page.html
var page embed.FS

// tailrace is an app whose window uses one carrier.
type tailrace struct {
	carrier string // its name in SessionStats
	app     *webview.App
	window  *webview.Window
	done    chan string // the page's word that a run has ended, with its error

	mu    sync.Mutex
	first time.Time   // of the run's first send or call
	calls []time.Time // of commands
	trips []float64   // microseconds
	flood int         // messages that went along with the trips
}

func newTailrace(kind webview.CarrierKind, carrier string, engine transport.Options) (*tailrace,
	error) {
	app, err := webview.New(webview.Options{Assets: page, KeepRunning: true, Carrier: kind,
		Engine: engine})
	if err != nil {
		return nil, err
	}
	t := &tailrace{carrier: carrier, app: app, done: make(chan string, 1)}
	t.handle()
	t.window, err = app.Open(webview.WindowOptions{URL: "page.html", Label: carrier, Width: 300,
		Height: 200})
	return t, err
}

// await waits until the page has loaded and its session uses the carrier.
func (t *tailrace) await() error {
	select {
	case <-t.done:
	case <-time.After(time.Minute):
		return fmt.Errorf("the page of %s did not load within a minute", t.carrier)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := t.check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// check says whether the session uses the carrier that its rows name.
func (t *tailrace) check() error {
	s := t.window.Session()
	if s == nil {
		return fmt.Errorf("the window of %s has no session", t.carrier)
	}
	if stats := s.Stats(); stats.Carrier != t.carrier {
		return fmt.Errorf("the carrier is %q, must be %q: %s", stats.Carrier, t.carrier,
			stats.Reason)
	}
	return nil
}

// run calls a function of the page, waits for its end, and gives the time since the first send. A
// session that does not use the expected carrier is an error.
func (t *tailrace) run(js string) (time.Duration, error) {
	t.mu.Lock()
	t.first, t.calls = time.Time{}, t.calls[:0]
	t.mu.Unlock()
	session := t.window.Session()
	if session == nil {
		return 0, fmt.Errorf("the window of %s has no session", t.carrier)
	}
	if err := t.window.Eval(js); err != nil {
		return 0, err
	}
	select {
	case e := <-t.done:
		t.mu.Lock()
		took := time.Since(t.first)
		t.mu.Unlock()
		if e != "" {
			return 0, errors.New(e)
		}
		return took, t.check()
	case <-session.Done():
		return 0, fmt.Errorf("%s: %w", js, session.Err())
	case <-time.After(time.Minute):
		return 0, fmt.Errorf("%s did not end within a minute: %+v", js, session.Stats())
	}
}

func (t *tailrace) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first = time.Now()
}

type downArgs struct {
	Channels []*transport.Channel[[]byte]
	N, Size  int
}

type event struct {
	Seq   int      `json:"seq"`
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Tags  []string `json:"tags"`
	OK    bool     `json:"ok"`
	Pad   string   `json:"pad"`
}

// tick is the payload of an event: tickSize bytes with numbers of six digits.
type tick struct {
	N int    `json:"n"`
	M string `json:"m"`
}

const (
	tickSize = 100
	tickRest = len(`{"n":123456,"m":""}`)
)

// number puts the message's number into its first three bytes.
func number(body []byte, n int) { body[0], body[1], body[2] = byte(n), byte(n>>8), byte(n>>16) }

func numberOf(body []byte) int { return int(body[0]) | int(body[1])<<8 | int(body[2])<<16 }

// handle registers the commands of the page.
func (t *tailrace) handle() {
	e := t.app.Engine()
	transport.Handle(e, "done", func(_ context.Context, a struct{ Error string }) (bool, error) {
		t.done <- a.Error
		return true, nil
	})
	transport.Handle(e, "raw", func(ctx context.Context, a downArgs) (bool, error) {
		t.start()
		return true, each(len(a.Channels), func(i int) error {
			body := make([]byte, a.Size)
			for n := range a.N / len(a.Channels) {
				number(body, n)
				if err := a.Channels[i].Send(ctx, body); err != nil {
					return err
				}
			}
			return nil
		})
	})
	transport.Handle(e, "json", func(ctx context.Context, a struct {
		Channels []*transport.Channel[event]
		N        int
	}) (bool, error) {
		t.start()
		pad := strings.Repeat("x", 46)
		for n := range a.N {
			if err := a.Channels[0].Send(ctx, event{n, "sensor-42", 3.14159, []string{"a", "b"},
				true, pad}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	transport.Handle(e, "events", func(ctx context.Context, a struct{ N int }) (bool, error) {
		t.start()
		pad := strings.Repeat("x", tickSize-tickRest)
		for n := range a.N {
			if err := t.window.EmitContext(ctx, "tick", tick{n, pad}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	transport.Handle(e, "latency", t.latency)
	transport.Handle(e, "flood", t.flooded)
	transport.Handle(e, "command", func(_ context.Context, body []byte) ([]byte, error) {
		now := time.Now()
		t.mu.Lock()
		if t.first.IsZero() {
			t.first = now
		}
		t.calls = append(t.calls, now)
		t.mu.Unlock()
		return body, nil
	})
	transport.Handle(e, "up", func(ctx context.Context, a struct {
		Channel *transport.Stream[int, []byte]
		N       int
	}) (bool, error) {
		t.start()
		for n := range a.N {
			m, err := a.Channel.Receive(ctx)
			if err != nil {
				return false, err
			}
			if got := numberOf(m); got != n {
				return false, fmt.Errorf("message %d where %d is due", got, n)
			}
		}
		return true, nil
	})
}

// each runs f for 0 to n-1 at once.
func each(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
