//go:build linux && cgo

package webview

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// askOnMain calls askApp on the main thread. The answers come to the channel.
func askOnMain(t *testing.T, w *Window, ask func() string) (<-chan string, bool) {
	t.Helper()
	answers, asked := make(chan string, 1), false
	err := w.app.call(func() error {
		asked = askApp(w, "OnTest", "refused", ask, func(answer string) {
			if syscall.Gettid() != syscall.Getpid() {
				answer += ", which is told on another thread"
			}
			answers <- answer
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return answers, asked
}

// TestAskApp is about what askApp promises.
func TestAskApp(t *testing.T) {
	logger, log := warningLog()
	app := newApp(t, Options{Logger: logger, KeepRunning: true}, caller)
	p := openPage(t, app, WindowOptions{})
	for _, c := range []struct {
		name, want, logged string
		ask                func() string
	}{
		{"returns", "yes", "", func() string { return "yes" }},
		{"panics", "refused", `panicked" window=` + p.Label() + ` panic=why`, func() string {
			panic("why")
		}},
		{"ends its goroutine", "refused", "panic=runtime.Goexit", func() string {
			runtime.Goexit()
			return "yes"
		}},
	} {
		answers, asked := askOnMain(t, p.Window, c.ask)
		if !asked {
			t.Fatalf("a function that %s is not asked", c.name)
		}
		if got := wait(t, answers, "the answer"); got != c.want {
			t.Errorf("a function that %s: %q, want %q", c.name, got, c.want)
		}
		if c.logged != "" && !strings.Contains(log.String(), c.logged) {
			t.Errorf("a function that %s: the log has no %q: %s", c.name, c.logged, log)
		}
	}

	// The main thread goes on while the functions stand still, and one too many is not called.
	goOn := make(chan none)
	var all []<-chan string
	for range maxAsked {
		answers, asked := askOnMain(t, p.Window, func() string { <-goOn; return "late" })
		if !asked {
			t.Fatalf("%d functions are asked at once, want %d", len(all), maxAsked)
		}
		all = append(all, answers)
	}
	if _, asked := askOnMain(t, p.Window, func() string { t.Error("called"); return "" }); asked {
		t.Errorf("more than %d functions are asked at once", maxAsked)
	}
	// Answers of a window that is closed come all the same, and the places are free again.
	p.Destroy()
	wait(t, p.Done(), "the window's end")
	close(goOn)
	for _, answers := range all {
		if got := wait(t, answers, "a late answer"); got != "late" {
			t.Errorf("a late answer: %q", got)
		}
	}
	answers, asked := askOnMain(t, p.Window, func() string { return "again" })
	if !asked || wait(t, answers, "an answer") != "again" {
		t.Error("nothing is asked any more")
	}

	// After Run nobody is told.
	over := &Window{app: &App{over: make(chan struct{}), log: app.log}}
	close(over.app.over)
	synctest.Test(t, func(*testing.T) { // it waits for the goroutine
		ask := func() string { return "" }
		if !askApp(over, "OnTest", "", ask, func(string) { t.Error("told after Run") }) {
			t.Error("not asked")
		}
	})
	if err := app.call(func() error { return nil }); err != nil { // all that was posted has run
		t.Fatal(err)
	}
}
