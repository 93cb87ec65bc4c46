package bus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// newBus makes an engine that logs nothing, and a bus.
func newBus(t testing.TB, eo transport.Options, o bus.Options) (*transport.Engine, *bus.Bus) {
	t.Helper()
	if eo.Logger == nil {
		eo.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	e, err := transport.NewEngine(eo)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.New(e, o)
	if err != nil {
		t.Fatal(err)
	}
	transport.Handle(e, "nothing", func(context.Context, struct{}) (any, error) { return nil, nil })
	return e, b
}

// window is a window of the bus with a fake page.
type window struct {
	t testing.TB
	e *transport.Engine
	*bus.Page
	label string
	page  *transporttest.Page
}

// openWindow opens a window whose page has not connected.
func openWindow(t testing.TB, e *transport.Engine, b *bus.Bus, label string) *window {
	return &window{t: t, e: e, Page: b.Open(label), label: label}
}

// readyWindow opens a window whose page is ready, and listens to nothing.
func readyWindow(t testing.TB, e *transport.Engine, b *bus.Bus, label string) *window {
	t.Helper()
	w := openWindow(t, e, b, label)
	w.load(transporttest.Config{})
	w.ready()
	return w
}

// load has the window show a new page; the one before ends.
func (w *window) load(c transporttest.Config) {
	w.t.Helper()
	if w.page != nil {
		w.page.Close()
	}
	c.Label = w.label
	c.Settle = w.Settle
	p, err := transporttest.Open(w.e, c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.page = p
	w.Connect(p.Session)
	w.t.Cleanup(func() {
		p.Close()
		if err := transporttest.Leftovers(p.Session); err != nil {
			w.t.Error(err)
		}
	})
}

// call calls a command with JSON arguments.
func (w *window) call(command string, args any) error {
	_, err := w.page.Invoke(transporttest.Request{Command: command, Args: args})
	return err
}

func (w *window) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *window) ready() {
	w.t.Helper()
	w.must(w.call(bus.CommandReady, object{}))
}

func (w *window) listen(event string, target any, sub uint32) {
	w.t.Helper()
	args := object{"event": event, "sub": sub}
	if target != nil {
		args["target"] = target
	}
	w.must(w.call(bus.CommandListen, args))
}

// events gives what the page has got, up to now: a result comes after the events before it.
func (w *window) events() []transporttest.Event {
	w.t.Helper()
	w.must(w.call("nothing", object{}))
	return w.page.Events()
}

// wantEvents checks what the page has got.
func (w *window) wantEvents(want ...string) {
	w.t.Helper()
	got := []string{}
	for _, e := range w.events() {
		got = append(got, show(e))
	}
	if !slices.Equal(got, append([]string{}, want...)) {
		w.t.Fatalf("window %q got %q, want %q", w.label, got, want)
	}
}

// show writes an event as [subs] payload.
func show(e transporttest.Event) string {
	subs, _ := json.Marshal(e.Subs)
	if e.Binary {
		return string(subs) + " bytes " + string(e.Payload)
	}
	return string(subs) + " " + string(e.Payload)
}

type object map[string]any

// wantCode checks a rejection.
func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var e *transport.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want code %q", err, code)
	}
}

// wantIs checks an error's kind.
func wantIs(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// within is a context for what must happen soon; a test that needs all of it has failed.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// receive takes from a channel what must come soon.
func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-within(t).Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// record is a listener in Go that keeps the payloads it gets; end is what is waited for.
type record struct {
	mu   sync.Mutex
	got  []string
	ends chan struct{}
}

func newRecord() *record { return &record{ends: make(chan struct{}, 100)} }

func (r *record) hear(e bus.Event) {
	text := string(e.Payload)
	if text == `"end"` {
		r.ends <- struct{}{}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, text)
}

// take gives what was heard before the next end.
func (r *record) take(t testing.TB) []string {
	t.Helper()
	receive(t, r.ends)
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// want checks what was heard before the next end.
func (r *record) want(t testing.TB, want ...string) {
	t.Helper()
	if got := r.take(t); !slices.Equal(got, want) {
		t.Fatalf("heard %q, want %q", got, want)
	}
}

// logs is a logger's output.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
	c  chan struct{} // gets one for each line

	logger *slog.Logger // that writes it
}

func newLogs() (*logs, *slog.Logger) {
	l := &logs{c: make(chan struct{}, 1000)}
	l.logger = loglimit.New(slog.New(slog.NewTextHandler(l, nil)))
	return l, l.logger
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c <- struct{}{}
	return l.b.Write(p)
}

// count counts a text in what was logged until now.
func (l *logs) count(text string) int {
	loglimit.Flush(l.logger, time.Minute)
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.b.Bytes(), []byte(text))
}
