//go:build linux && cgo

package webview

import (
	"context"
	"encoding/json"
	"image/color"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/tailrace-go/tailrace/transport"
)

// closeFunc is a resource of the app.
type closeFunc func() error

func (c closeFunc) Close() error { return c() }

// TestResourcesThatPanic: a resource whose Close panics, or ends its goroutine, keeps no other from
// being closed, and the program alive.
func TestResourcesThatPanic(t *testing.T) {
	logger, log := warningLog()
	closed := make(chan string, 10)
	closes := map[string]func() error{
		"panics": func() error { panic("in Close") },
		"exits":  func() error { runtime.Goexit(); return nil },
		"typed":  func() error { panic((*closer)(nil)) },
		"good":   func() error { closed <- "good"; return nil },
	}
	app := newApp(t, Options{Tauri: true, Logger: logger}, func(e *transport.Engine) {
		transport.Handle(e, "hold", func(ctx context.Context, name string) (uint32, error) {
			return AddResource(ctx, closeFunc(closes[name]))
		})
	})
	p := openPage(t, app, WindowOptions{})
	for name, code := range map[string]string{
		"panics": transport.CodeError, "exits": transport.CodePanic,
	} {
		rid, _ := p.invokes("hold", `"`+name+`"`)
		if _, err := p.invokes("plugin:resources|close", `{ rid: `+rid+` }`); err == nil ||
			err.Code != code {
			t.Errorf("closing what %s: %v", name, err)
		}
	}
	for _, name := range []string{"panics", "good", "exits", "good", "typed", "good"} {
		if _, err := p.invokes("hold", `"`+name+`"`); err != nil {
			t.Fatal(err)
		}
	}
	p.Reload()
	for range 3 {
		wait(t, closed, "a good resource's end")
	}
	if _, err := AddResource(t.Context(), closeFunc(closes["panics"])); err == nil ||
		!strings.Contains(err.Error(), "in Close") {
		t.Errorf("outside of a command: %v", err)
	}
	eventually(t, "the log", func() bool {
		return strings.Count(log.String(), "failed to close a resource") == 3
	})
}

// badColor is a colour of the app.
type badColor struct{ main *atomic.Bool }

func (b badColor) RGBA() (red, green, blue, alpha uint32) {
	if onMainThread() {
		b.main.Store(true)
	}
	panic("in RGBA")
}

// badNative is a window of the app's own.
type badNative struct{}

func (badNative) Window() unsafe.Pointer { panic("in Window") }

func (badNative) Init(string) {}

// mainCodec notes when it runs on the main thread.
type mainCodec struct {
	transport.JSONCodec
	main *atomic.Bool
}

func (c mainCodec) Append(dst []byte, v any) ([]byte, error) {
	if onMainThread() {
		c.main.Store(true)
	}
	return c.JSONCodec.Append(dst, v)
}

// TestNothingOfTheAppOnTheMainThread: not its colours, its codec or its logger's handler; and a
// window of its own that panics is an error of Attach.
func TestNothingOfTheAppOnTheMainThread(t *testing.T) {
	var main atomic.Bool
	log := handlerFunc(func(slog.Record) {
		if onMainThread() {
			main.Store(true)
		}
	})
	app := newApp(t,
		Options{Logger: slog.New(log), Engine: transport.Options{Codec: mainCodec{main: &main}}},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Width: 300, Height: 200})
	sizes := p.hear(EventResize)
	p.SetBackground(badColor{&main})
	p.SetBackground(color.Black)
	if err := p.SetSize(301, 201); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, sizes, "the new size"); got != `{"width":301,"height":201}` {
		t.Errorf("the size is %s", got)
	}
	if err := p.Emit("e", map[string]int{"by": 1}); err != nil { // the test's own goroutine
		t.Fatal(err)
	}
	err := app.call(func() error {
		_, err := app.Attach("bad", badNative{})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "in Window") {
		t.Errorf("Attach of a window that panics: %v", err)
	}
	openPage(t, app, WindowOptions{Label: "bad"}) // the label is free
	if main.Load() {
		t.Error("a function of the app ran on the main thread")
	}
}

// handlerFunc is a handler of package slog.
type handlerFunc func(slog.Record)

func (f handlerFunc) Enabled(context.Context, slog.Level) bool {
	f(slog.Record{})
	return true
}

func (f handlerFunc) WithAttrs([]slog.Attr) slog.Handler { f(slog.Record{}); return f }

func (f handlerFunc) WithGroup(string) slog.Handler { f(slog.Record{}); return f }

func (f handlerFunc) Handle(_ context.Context, r slog.Record) error { f(r); return nil }

// TestLogStandsStillBesideWindows: a handler of the app's logger that stands still from the first
// record on holds up no window, no page, no channel, and neither the change from shared memory to
// the scheme. It may call what waits for the main thread.
func TestLogStandsStillBesideWindows(t *testing.T) {
	release := make(chan struct{})
	var p atomic.Pointer[testPage]
	var asked sync.Once
	log := handlerFunc(func(slog.Record) {
		if p := p.Load(); p != nil {
			asked.Do(func() { _, _ = p.State() })
		}
		<-release
	})
	app := newApp(t, Options{Tauri: true, Logger: slog.New(log)}, func(e *transport.Engine) {
		transport.Handle(e, "count",
			func(ctx context.Context, a struct{ C *transport.Channel[int] }) (int, error) {
				for n := range 1000 {
					if err := a.C.Send(ctx, n); err != nil {
						return 0, err
					}
				}
				return 1000, nil
			})
	})
	page := openPage(t, app, WindowOptions{})
	p.Store(page)
	for range 2 {
		var n int
		page.run(`let n = 0; await tailrace.invoke('count', { C: new tailrace.Channel(() => n++) });
			return n`, &n)
		if n != 1000 {
			t.Errorf("%d messages", n)
		}
		if s := page.pages.current.Load().shared; s != nil {
			s.Down("a test") // which is logged
		}
	}
	if _, err := page.State(); err != nil {
		t.Error(err)
	}
	page.Reload()
	page.waitLoaded()
	page.ready()
	if v, err := page.EvalResult(testContext(t), `6*7`); err != nil || string(v) != "42" {
		t.Errorf("%s, %v", v, err)
	}
	close(release)
}

// panickyPolicy panics about a window.
type panickyPolicy struct{}

func (panickyPolicy) Check(q transport.Permission) error {
	if q.Action == transport.ActionWindow && q.Name == "secret" {
		panic("in Check")
	}
	return nil
}

// TestWindowPolicyPanics: a policy that panics denies, and what a page may not act on is left out
// of lists.
func TestWindowPolicyPanics(t *testing.T) {
	app := newApp(t,
		Options{Tauri: true, Policy: panickyPolicy{}, Logger: slog.New(slog.DiscardHandler)},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	openPage(t, app, WindowOptions{Label: "secret"})
	list, failed := p.invokes("plugin:window|get_all_windows", `{}`)
	var labels []string
	if err := json.Unmarshal([]byte(list), &labels); err != nil || failed != nil ||
		!slices.Equal(labels, []string{"main"}) {
		t.Errorf("%s, %v", list, failed)
	}
	if _, err := p.invokes("plugin:window|title", `{ label: 'secret' }`); err == nil ||
		err.Code != transport.CodeDenied {
		t.Errorf("%v", err)
	}
}

// filePolicy panics about one file, and has an error that does about another.
type filePolicy struct{}

func (filePolicy) Check(q transport.Permission) error {
	switch filepath.Base(q.Name) {
	case "panics.txt":
		panic("in Check")
	case "error.txt":
		return (*fs.PathError)(nil)
	}
	return nil
}

// TestFilePolicyPanics: a policy that panics about a file of the system denies it.
func TestFilePolicyPanics(t *testing.T) {
	dir := t.TempDir()
	logger, log := warningLog()
	options := Options{LocalFiles: []string{dir}, Policy: filePolicy{}, Logger: logger}
	app := newApp(t, options, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	for name, want := range map[string]int{"panics.txt": 403, "error.txt": 403, "plain.txt": 200} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var got int
		file := jsString(filepath.Join(dir, name))
		p.run(`return (await fetch('`+filePath+`' + encodeURIComponent(`+file+`))).status`, &got)
		if got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if n := strings.Count(log.String(), "policy panicked, which denies"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, log)
	}
}

// TestCallbacksOfWindowsThatPanic: with a value that can't be shown, and by an end of the
// goroutine.
func TestCallbacksOfWindowsThatPanic(t *testing.T) {
	app := newApp(t, Options{Logger: slog.New(slog.DiscardHandler)}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	for _, bad := range []func(){func() { panic((*closer)(nil)) }, runtime.Goexit} {
		called := make(chan string, 1)
		p.OnCrash(func(reason string) {
			called <- reason
			bad()
		})
		p.Terminate()
		wait(t, called, "the crash")
		p.Reload()
		p.waitLoaded()
	}
	asked := make(chan bool, 1)
	p.OnCloseRequested(func() bool {
		asked <- true
		panic((*closer)(nil))
	})
	p.Window.Close()
	wait(t, asked, "the question")
	wait(t, p.Done(), "the end of a window whose function does not refuse")
}
