//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
)

// Shutdown delivers what is kept for a page that is not ready, too, or says what it has not
// delivered.
func TestShutdownDeliversWhatIsKept(t *testing.T) {
	const manual = `<!doctype html><html data-tailrace-ready=manual><script>
		tailrace.listen('bye', e => { // so that it is told before the page has handled the event
			const told = new XMLHttpRequest();
			told.open('GET', '/heard-' + e.payload, false);
			told.send();
		})</script>`
	for name, answers := range map[string]bool{"ready late": true, "never ready": false} {
		t.Run(name, func(t *testing.T) {
			files := asked{fstest.MapFS{"index.html": {Data: []byte(manual)}},
				make(chan string, 100)}
			app := newApp(t, Options{KeepRunning: true, Assets: files}, func(*transport.Engine) {})
			p := openPage(t, app, WindowOptions{Label: "main"})
			for i := range 3 {
				if err := app.EmitTo(bus.AnyLabel("main"), "bye", i); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if !answers {
				cancel()
				err := app.Shutdown(ctx)
				if failed := new(bus.WindowError); !errors.As(err, &failed) ||
					failed.Label != "main" ||
					!strings.Contains(err.Error(), "events and scripts that were kept") ||
					!errors.Is(err, context.Canceled) {
					t.Errorf("Shutdown of a page that is not ready: %v", err)
				}
				return
			}
			p.start(`tailrace.ready()`)
			if err := app.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			var heard []string
			for len(files.names) > 0 {
				if name := <-files.names; strings.HasPrefix(name, "heard") &&
					!strings.HasSuffix(name, ".html") {
					heard = append(heard, name)
				}
			}
			if want := []string{"heard-0", "heard-1", "heard-2"}; !slices.Equal(heard, want) {
				t.Errorf("before Shutdown's end the page had %v", heard)
			}
		})
	}
}

// asked tells the names of the files that are opened.
type asked struct {
	fs.FS
	names chan string
}

func (a asked) Open(name string) (fs.File, error) {
	a.names <- name
	return a.FS.Open(name)
}

// Who reopens a window when its last event comes gets the label, and nothing of the window before.
func TestReopenWhenDestroyed(t *testing.T) {
	app := newApp(t, Options{KeepRunning: true}, func(*transport.Engine) {})
	for range 5 {
		w, err := app.Open(WindowOptions{Label: "again", Hidden: true})
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.Listen("ping", func(bus.Event) {
			t.Error("a listener of the window before heard an event of the new one")
		})
		if err != nil {
			t.Fatal(err)
		}
		opened := make(chan *Window, 1)
		if _, err := w.Once(EventDestroyed, func(bus.Event) {
			again, err := app.Open(WindowOptions{Label: "again", Hidden: true})
			if err != nil {
				t.Error(err)
			}
			if app.Unlisten(id) {
				t.Error("the label was free before the listeners had ended")
			}
			opened <- again
		}); err != nil {
			t.Fatal(err)
		}
		w.Destroy()
		again := wait(t, opened, "the new window")
		if again == nil {
			return
		}
		heard := make(chan none)
		if _, err := again.Once("ping", func(bus.Event) { close(heard) }); err != nil {
			t.Fatal(err)
		}
		if err := again.Emit("ping", nil); err != nil {
			t.Error(err)
		}
		wait(t, heard, "the event")
		again.Destroy()
		wait(t, again.Done(), "the window's end")
	}
}

// A window whose last event has come takes no place of Options.MaxWindows.
func TestOpenWhenDestroyed(t *testing.T) {
	app := newApp(t, Options{KeepRunning: true, MaxWindows: 1}, func(*transport.Engine) {})
	w, err := app.Open(WindowOptions{Label: "0", Hidden: true})
	for n := range 20 {
		if err != nil {
			t.Fatal(err)
		}
		opened := make(chan error, 1)
		if _, err := w.Once(EventDestroyed, func(bus.Event) {
			var err error
			w, err = app.Open(WindowOptions{Label: fmt.Sprint(n + 1), Hidden: true})
			opened <- err
		}); err != nil {
			t.Fatal(err)
		}
		w.Destroy()
		err = wait(t, opened, "the new window")
	}
	w.Destroy()
	wait(t, w.Done(), "the last window's end")
}

// What follows are scenarios of TestRun: windows that are opened while Run ends.

// Every Open gives a window that is closed with Run, or ErrClosed.
func openWhileRunEnds() error {
	app, loaded, err := scenarioApp()
	if err != nil {
		return err
	}
	const openers = 24
	if _, err := app.Open(WindowOptions{}); err != nil {
		return err
	}
	type opened struct {
		w   *Window
		err error
	}
	results := make(chan opened, openers)
	start := make(chan struct{})
	for i := range openers {
		go func() {
			<-start
			w, err := app.Open(WindowOptions{Label: strconv.Itoa(i), Hidden: true})
			results <- opened{w, err}
		}()
	}
	go func() {
		<-loaded
		mainloop.Post(func() { app.Quit(); close(start) })
	}()
	if err := app.Run(); err != nil {
		return err
	}
	for range openers {
		switch r := <-results; {
		case r.err == nil:
			<-r.w.Done()
		case !errors.Is(r.err, ErrClosed):
			return r.err
		}
	}
	return nil
}

// A window that has its label and nothing else when Run ends is shut, and not built behind that:
// neither on the goroutine that opens it, whose function does not run any more, nor by a function
// that runs late.
func runEndsBeforeBuild() error {
	app, _, err := scenarioApp()
	if err != nil {
		return err
	}
	o, err := WindowOptions{Label: "late"}.withDefaults(app.origins)
	if err != nil {
		return err
	}
	w, err := app.reserve(o)
	if err != nil {
		return err
	}
	app.Quit()
	if err := app.Run(); err != nil {
		return err
	}
	<-w.Done()
	build := func() error {
		return app.build(w, func(w *Window) error { return w.open(o) })
	}
	waiting := make(chan error)
	go func() { waiting <- app.call(build) }()
	for _, err := range []error{<-waiting, build()} {
		if !errors.Is(err, ErrClosed) || w.gtk().Handle() != nil {
			return fmt.Errorf("a window that is shut was built: %v", err)
		}
	}
	return nil
}
