package loglimit

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// app is a handler of the app whose methods do what the test says.
type app struct {
	mu      *sync.Mutex
	got     *[]string
	enabled func() bool
	with    func()
	handle  func(slog.Record)
}

func newApp() app {
	return app{
		mu: new(sync.Mutex), got: new([]string),
		enabled: func() bool {
			return true
		}, with: func() {},
		handle: func(slog.Record) {},
	}
}

func (a app) Enabled(context.Context, slog.Level) bool { return a.enabled() }
func (a app) WithAttrs([]slog.Attr) slog.Handler       { a.with(); return a }
func (a app) WithGroup(string) slog.Handler            { a.with(); return a }
func (a app) Handle(_ context.Context, r slog.Record) error {
	a.handle(r)
	text := r.Message
	r.Attrs(func(at slog.Attr) bool { text += " " + at.String(); return true })
	a.mu.Lock()
	defer a.mu.Unlock()
	*a.got = append(*a.got, text)
	return nil
}

// hostile has methods that panic.
type hostile struct{}

func (hostile) Error() string        { panic(hostile{}) }
func (hostile) LogValue() slog.Value { panic("in LogValue") }

type valuer struct{ to any }

func (v valuer) LogValue() slog.Value { return slog.AnyValue(v.to) }

// nilError is an error that needs more than a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// TestValuesThatPanic: values of a record whose methods panic don't take the record with them, and
// what a value resolves to is cut like others.
func TestValuesThatPanic(t *testing.T) {
	a := newApp()
	l := New(slog.New(a))
	l.Info("m", "error", (*nilError)(nil), "value", hostile{},
		"joined", errors.Join(errors.New("one"), (*nilError)(nil)), "n", 1)
	l.Info("long", "error", valuer{errors.New(strings.Repeat("x", 10*Text))})
	Flush(l, time.Minute)
	if len(*a.got) != 2 || !strings.Contains((*a.got)[0], "nilError") ||
		!strings.Contains((*a.got)[0], "LogValue panicked") ||
		!strings.HasSuffix((*a.got)[0], "n=1") {
		t.Fatalf("got %q", *a.got)
	}
	if n := len((*a.got)[1]); n > Text+100 {
		t.Errorf("a resolved error of %d bytes", n)
	}
}

// TestHandlersThatPanic: a handler of which any method panics, or ends the goroutine, loses that
// record and no other; how many were lost is told.
func TestHandlersThatPanic(t *testing.T) {
	for _, exits := range []bool{false, true} {
		bad := func() {
			if exits {
				runtime.Goexit()
			}
			panic("in the handler")
		}
		for name, set := range map[string]func(*app, *bool){
			"Enabled": func(a *app, do *bool) {
				a.enabled = func() bool {
					if *do {
						bad()
					}
					return true
				}
			},
			"Handle": func(a *app, do *bool) {
				a.handle = func(slog.Record) {
					if *do {
						bad()
					}
				}
			},
			"WithAttr": func(a *app, do *bool) {
				a.with = func() {
					if *do {
						bad()
					}
				}
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				a, do := newApp(), true
				set(&a, &do)
				l := New(slog.New(a)).With("a", 1).WithGroup("g")
				for range 3 {
					l.Error("lost")
				}
				synctest.Wait() // what tells of it is lost, too
				do = false
				l.Error("first")
				l.Error("second")
				synctest.Wait()
				want := []string{"first", "second", lostMessage + " lost=3"}
				if !slices.Equal(*a.got, want) {
					t.Errorf("%s, exits %v: got %q, want %q", name, exits, *a.got, want)
				}
			})
		}
	}
}

// TestHandlerStandsStill: nobody waits for a handler that stands still. As many records wait as the
// bound says, and those beyond are counted and told.
func TestHandlerStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp()
		release, held := make(chan struct{}), true
		a.handle = func(slog.Record) {
			if held {
				<-release
			}
		}
		l := New(slog.New(a))
		l.Info("first")
		synctest.Wait()
		began := time.Now()
		const more = 7
		for i := range Queued + more {
			l.Info("m", WindowKey, i)
		}
		if time.Since(began) != 0 {
			t.Error("a call waited")
		}
		if Flush(l, time.Second) {
			t.Error("all was handed over to a handler that stands still")
		}
		held = false
		close(release)
		if !Flush(l, time.Second) || !Flush(l, 0) {
			t.Error("not all was handed over")
		}
		if got := *a.got; len(got) != 1+Queued+1 || got[1] != "m window=0" ||
			got[Queued] != "m window=255" || got[Queued+1] != lostMessage+" lost=7" {
			t.Errorf("%d records: %q … %q", len(got), got[:2], got[len(got)-2:])
		}
	})
}

// TestHandlerLogs: a handler that logs by the same logger does not stop it, and does not keep it
// busy for ever.
func TestHandlerLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp()
		var l *slog.Logger
		a.handle = func(slog.Record) { l.Info("again") }
		l = New(slog.New(a))
		l.Info("once")
		synctest.Wait()
		if n := len(*a.got); n != 1+Per {
			t.Errorf("%d records", n)
		}
	})
}
