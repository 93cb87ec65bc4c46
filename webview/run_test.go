//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	wv "github.com/webview/webview_go"
)

// scenarios are programs with a loop of their own. Each runs in a process of its own, on the main
// goroutine.
var scenarios = map[string]func() error{
	"last window ends Run": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		go func() {
			<-loaded
			w.Close()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		if _, err := app.Open(WindowOptions{}); !errors.Is(err, ErrClosed) {
			return fmt.Errorf("Open after Run: %v", err)
		}
		if err := app.Run(); !errors.Is(err, ErrRunning) {
			return fmt.Errorf("second Run: %v", err)
		}
		<-w.Done()
		return nil
	},
	"calls after Run": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		go func() {
			<-loaded
			app.Quit()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		d := &Download{window: w, done: make(chan struct{})}
		for range 10_000 {
			w.SetTitle("closed")
			w.Show()
			w.Focus()
			w.Center()
			w.Reload()
			w.Close()
			w.Destroy()
			w.Terminate()
			w.SetBackground(color.White)
			err := errors.Join(w.Navigate("index.html"), w.SetSize(10, 10), w.SetPosition(1, 1),
				w.SetZoom(1), w.SetSizeBounds(image.Pt(1, 1), image.Pt(2, 2)))
			if err != nil {
				return err
			}
			app.SetTheme(ThemeDark)
			app.Quit()
			d.Cancel()
			failed := make(chan error, 1)
			go func() { // State runs at once on this one
				_, err := w.State()
				failed <- err
			}()
			if err := <-failed; !errors.Is(err, ErrClosed) {
				return fmt.Errorf("State of a closed window: %v", err)
			}
		}
		if n, _ := mainloop.Waiting(); n > 0 {
			return fmt.Errorf("%d functions wait for a loop that is gone", n)
		}
		return nil
	},
	"the user closes the window": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		go func() {
			<-loaded
			w.post(w.gtk().Ask)
		}()
		return app.Run()
	},
	"Open waits for Run": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		failed := make(chan error, 1)
		go func() {
			w, err := app.Open(WindowOptions{})
			if err == nil {
				<-loaded
				w.Close()
			}
			failed <- err
		}()
		if err := app.Run(); err != nil {
			return err
		}
		return <-failed
	},
	"Quit before Run": func() error {
		app, _, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		app.Quit()
		if err := app.Run(); err != nil {
			return err
		}
		<-w.Done()
		return nil
	},
	"window closed before Run": func() error {
		app, _, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		w.Close()
		return app.Run()
	},
	"Shutdown ends Run": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		app.options.KeepRunning = true
		if _, err := app.Open(WindowOptions{}); err != nil {
			return err
		}
		failed := make(chan error, 1)
		go func() {
			<-loaded
			failed <- app.Shutdown(context.Background())
		}()
		if err := app.Run(); err != nil {
			return err
		}
		return <-failed
	},
	"attached window with its own loop": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		own := wv.New(false)
		w, err := app.Attach("main", own)
		if err != nil {
			return err
		}
		own.Navigate(Origin + "/index.html")
		failed := make(chan error, 1)
		go func() {
			<-loaded
			failed <- app.Shutdown(context.Background())
		}()
		own.Run()
		own.Destroy()
		<-w.Done()
		return <-failed
	},
	"destroyed by its maker": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		own := wv.New(false)
		w, err := app.Attach("main", own)
		if err != nil {
			return err
		}
		if err := w.Navigate("index.html"); err != nil {
			return err
		}
		go func() {
			<-loaded
			own.Terminate()
		}()
		own.Run()
		session := w.Session()
		own.Destroy()
		<-w.Done()
		<-session.Done()
		return nil
	},
	"a window of webview_go does not end Run": func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		own := wv.New(false)
		w, err := app.Attach("attached", own)
		if err != nil {
			return err
		}
		other, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		failed := make(chan error, 1)
		go func() {
			<-loaded
			w.Close()
			<-w.Done()
			// The other page still answers.
			_, err := other.EvalResult(context.Background(), "1")
			other.Close()
			failed <- err
		}()
		if err := app.Run(); err != nil {
			return err
		}
		own.Destroy()
		return <-failed
	},
	"Open from many goroutines while Run ends": openWhileRunEnds,
	"Run ends before a window is built":        runEndsBeforeBuild,
	"Run without setup": func() error {
		assets := fstest.MapFS{
			"index.html": {
				Data: []byte(blank + `<script>tailrace.invoke('plugin:window|destroy')</script>`),
			},
		}
		return Run(Options{Assets: assets, Tauri: true}, WindowOptions{}, nil)
	},
	"signals are the program's":   signalsStay,
	"handlers run on their stack": handlersOnTheirStack,
	"silent":                      silent,
	"no display": func() error {
		os.Unsetenv("DISPLAY")
		if _, err := New(Options{}); !errors.Is(err, ErrNoDisplay) {
			return fmt.Errorf("New gave %v", err)
		}
		return nil
	},
}

// scenarioApp makes an App whose page calls a command when it has loaded.
func scenarioApp() (*App, <-chan struct{}, error) { return scenarioAppOf(Options{}) }

func scenarioAppOf(o Options) (*App, <-chan struct{}, error) {
	if o.Assets == nil {
		o.Assets = fstest.MapFS{
			"index.html": {Data: []byte(blank + `<script>tailrace.invoke('loaded')</script>`)},
		}
	}
	app, err := New(o)
	if err != nil {
		return nil, nil, err
	}
	loaded := make(chan struct{}, 16)
	transport.Handle(app.Engine(), "loaded", func(context.Context, none) (none, error) {
		loaded <- struct{}{}
		return none{}, nil
	})
	return app, loaded, nil
}

// scenarioWindow makes an App with a window.
func scenarioWindow(o Options) (*App, *Window, error) {
	o.Assets = testFiles()
	app, err := New(o)
	if err != nil {
		return nil, nil, err
	}
	w, err := app.Open(WindowOptions{})
	return app, w, err
}

const scenarioVariable = "TAILRACE_TEST_SCENARIO"

// arranged are scenarios that need an environment of their test, which runs them.
var arranged = map[string]func() error{}

func runScenario(name string) {
	scenario := scenarios[name]
	if scenario == nil {
		scenario = arranged[name]
	}
	if err := scenario(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// startScenario runs a scenario in a process of its own, and gives what it printed and how it
// ended.
func startScenario(t *testing.T, name string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(testContext(t), self)
	c.Env = append(os.Environ(), scenarioVariable+"="+name)
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestRun(t *testing.T) {
	for name := range scenarios {
		t.Run(name, func(t *testing.T) {
			if out, err := startScenario(t, name); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
