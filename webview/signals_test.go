//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// What follows are scenarios of TestRun: programs that use signals themselves.

// A program gets every signal that it asked for while WebKit runs scripts and collects garbage in
// this process, and lives.
func signalsStay() error {
	asked := []syscall.Signal{
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGQUIT, syscall.SIGALRM,
		syscall.SIGPIPE, syscall.SIGCHLD, syscall.SIGWINCH, syscall.SIGIO, syscall.Signal(35),
		syscall.Signal(64),
	}
	got := make(chan os.Signal, 100)
	for _, s := range asked {
		signal.Notify(got, s)
	}
	return withScripts(func(app *App, w *Window) error {
		if err := w.callNil(); err != nil {
			return err
		}
	next:
		for i := range 5000 {
			s := asked[i%len(asked)]
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				return err
			}
			for end := time.After(patience / 2); ; {
				select {
				case g := <-got:
					if g == s {
						continue next
					}
					if g != syscall.SIGCHLD { // real ones come, too
						return fmt.Errorf("%v came, %v was sent", g, s)
					}
				case <-end:
					return fmt.Errorf("signal %d, %v, did not come", i, s)
				}
			}
		}
		return w.callNil()
	})
}

// handlersOnTheirStack has every handler run on Go's stack for signals, except the one that
// JavaScriptCore suspends with.
func handlersOnTheirStack() error {
	return withScripts(func(*App, *Window) error { return wrongStack() })
}

const onStack = 0x08000000 // SA_ONSTACK

func wrongStack() error {
	for s := range 65 {
		if d := dispositionOf(s); d.handler > 1 && d.flags&onStack == 0 &&
			syscall.Signal(s) != gtk.SuspendingSignal() {
			return fmt.Errorf("the handler of signal %d runs on any stack", s)
		}
	}
	return nil
}

// withScripts runs f while a page has values taken apart by JavaScriptCore in this process, so that
// it collects garbage here.
func withScripts(f func(*App, *Window) error) error {
	app, loaded, err := scenarioApp()
	if err != nil {
		return err
	}
	transport.Handle(app.Engine(), "nil", func(context.Context, none) (int, error) {
		var p *struct{ n int }
		return p.n, nil
	})
	w, err := app.Open(WindowOptions{})
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() {
		<-loaded
		over := make(chan struct{})
		var load func()
		load = func() {
			w.native.Eval(
				`Array.from({ length: 3000 }, (_, i) => ({ i, text: 'x'.repeat(20) + i }))`,
				view.EvalProgram, func(view.EvalOutcome, string) {
					select {
					case <-over:
					default:
						w.post(load)
					}
				})
		}
		first := make(chan struct{})
		w.post(func() {
			w.native.Eval(`1`, view.EvalProgram, func(view.EvalOutcome, string) {
				load()
				close(first)
			})
		})
		<-first
		result <- f(app, w)
		close(over)
		w.Close()
	}()
	if err := app.Run(); err != nil {
		return err
	}
	return <-result
}

// callNil has the page call a command that dereferences nil, which is an error of that call.
func (w *Window) callNil() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	got, err := w.EvalResult(ctx, `tailrace.invoke('nil').then(() => 'ok', (e) => e.code)`)
	if err != nil || !strings.Contains(string(got), "panic") {
		return fmt.Errorf("a nil dereference in a handler gave %s, %w", got, err)
	}
	return nil
}

// disposition is what the kernel has of a signal's handling.
type disposition struct{ handler, flags, restorer, mask uintptr }

func dispositionOf(s int) (d disposition) {
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(s), 0, uintptr(unsafe.Pointer(&d)),
		unsafe.Sizeof(d.mask), 0, 0)
	return d
}

// A library prints nothing: not at its start, nor at its end, nor where there is no desktop's bus.
func TestPrintsNothing(t *testing.T) {
	for _, bus := range []string{"", "unix:path=/nowhere"} {
		t.Run("bus is "+bus, func(t *testing.T) {
			t.Parallel()
			if out := scenarioOutput(t, "silent", "NO_AT_BRIDGE=",
				"DBUS_SESSION_BUS_ADDRESS="+bus); out != "" {
				t.Errorf("it printed %q", out)
			}
		})
	}
}

// Who sets JavaScriptCore's variable, or has a WebKit that takes SIGUSR1, is told.
func TestSaysWhoHasSIGUSR1(t *testing.T) {
	for number, want := range map[string]bool{"10": true, "40": false} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			out := scenarioOutput(t, "Quit before Run", "JSC_SIGNAL_FOR_GC="+number)
			if got := strings.Contains(out, "SIGUSR1 is JavaScriptCore's"); got != want {
				t.Errorf("logged: %v, want %v:\n%s", got, want, out)
			}
		})
	}
}

// TestNoSignalInVariable: what is no signal in JavaScriptCore's variable is not used, neither here
// nor by JavaScriptCore, and that is logged. Nobody need be told of a variable that is empty.
func TestNoSignalInVariable(t *testing.T) {
	for _, text := range []string{"", "abc", "SIGUSR2", "40x", "0", "-1", "9", "32", "4294967336"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			out := scenarioOutput(t, "suspended by default", "JSC_SIGNAL_FOR_GC="+text)
			logged := strings.Contains(out, "JSC_SIGNAL_FOR_GC is not used") &&
				strings.Contains(out, "value="+text)
			if logged != (text != "") || strings.Contains(out, "ERROR: ") {
				t.Errorf("it printed:\n%s", out)
			}
		})
	}
}

func init() {
	// JavaScriptCore suspends by the signal that it has without the variable.
	arranged["suspended by default"] = func() error {
		return withScripts(func(*App, *Window) error {
			if d := dispositionOf(int(gtk.SuspendingSignal())); d.handler <= 1 {
				return fmt.Errorf("signal %d has no handler", gtk.SuspendingSignal())
			}
			if d := dispositionOf(int(syscall.SIGUSR1)); d.flags&onStack == 0 {
				return errors.New("JavaScriptCore has SIGUSR1")
			}
			return wrongStack()
		})
	}
}

// scenarioOutput runs a scenario with more environment, and gives all that it printed. GTK prints
// that a locale is not installed, and Mesa that the home can't be written: it has ones of its own.
func scenarioOutput(t *testing.T, name string, env ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, self)
	home := t.TempDir()
	c.Env = append(os.Environ(), "LC_ALL=C", "HOME="+home, "XDG_CACHE_HOME="+home+"/.cache")
	c.Env = append(append(c.Env, env...), scenarioVariable+"="+name)
	c.WaitDelay = patience // for WebKit's processes, which have its output, too
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}

// silent is a program that logs nothing.
func silent() error {
	app, loaded, err := scenarioAppOf(Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	w, err := app.Open(WindowOptions{})
	if err != nil {
		return err
	}
	if _, err := app.Open(WindowOptions{Label: "second", Hidden: true}); err != nil {
		return err
	}
	go func() {
		<-loaded
		<-loaded
		w.Close()
		<-w.Done()
		app.Quit()
	}()
	return app.Run()
}
