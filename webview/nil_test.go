//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

// forgotten is the context that an app forgot: a nil one.
var forgotten context.Context

// TestNilContext: in every exported function a nil context is one that never ends.
func TestNilContext(t *testing.T) {
	app := newApp(t, Options{}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	apitest.Each(t, ".", []string{"context.Context"}, map[string]func() error{
		"App.EmitContext":    func() error { return app.EmitContext(forgotten, "e", 1) },
		"App.EmitToContext":  func() error { return app.EmitToContext(forgotten, bus.App, "e", 1) },
		"Window.EmitContext": func() error { return p.EmitContext(forgotten, "e", 1) },
		"Window.EvalContext": func() error { return p.EvalContext(forgotten, "1") },
		"Window.EvalResult": func() error {
			_, err := p.EvalResult(forgotten, "1")
			return err
		},
		"Window.Screenshot": func() error {
			_, err := p.Screenshot(forgotten)
			return err
		},
		"App.Shutdown": func() error {
			other := newApp(t, Options{}, func(*transport.Engine) {})
			w, err := other.Open(WindowOptions{Label: "shut"})
			if err != nil {
				return err
			}
			defer func() { <-w.Done() }()
			return other.Shutdown(forgotten)
		},
		"Caller": func() error {
			if w := Caller(forgotten); w != nil {
				return errors.New("a window of no context")
			}
			return nil
		},
		"AddResource": func() error {
			_, err := AddResource(forgotten, &closer{"x", make(chan string, 1), nil})
			if !errors.Is(err, ErrClosed) {
				return err
			}
			return nil
		},
		"ResourceOf": func() error {
			if _, err := ResourceOf[*closer](forgotten, 1); err == nil {
				return errors.New("a resource of no page")
			}
			return nil
		},
	}, func(t *testing.T, call func() error) {
		if err := call(); err != nil {
			t.Error(err)
		}
	})
}

// TestNilArguments: nil where a function or a value is meant is an error that says so, at once, or
// has a sensible meaning.
func TestNilArguments(t *testing.T) {
	app := newApp(t, Options{}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	refused := func(_ bus.ID, err error) error {
		if !errors.Is(err, bus.ErrHandler) {
			t.Errorf("it gave %v", err)
		}
		return err
	}
	apitest.Each(t, ".", apitest.Nilable, map[string]func() error{
		"AddResource": func() error {
			_, err := AddResource(t.Context(), nil)
			return err
		},
		"App.Attach": func() error {
			_, err := app.Attach("nil", nil)
			if !errors.Is(err, ErrAttach) {
				t.Errorf("it gave %v", err)
			}
			return err
		},
		"App.EmitFilter":          func() error { return app.EmitFilter("e", 1, nil) },
		"App.Listen":              func() error { return refused(app.Listen("e", nil)) },
		"App.ListenAny":           func() error { return refused(app.ListenAny("e", nil)) },
		"App.Once":                func() error { return refused(app.Once("e", nil)) },
		"App.OnceAny":             func() error { return refused(app.OnceAny("e", nil)) },
		"Window.Listen":           func() error { return refused(p.Listen("e", nil)) },
		"Window.Once":             func() error { return refused(p.Once("e", nil)) },
		"Window.OnCloseRequested": func() error { p.OnCloseRequested(nil); return nil },
		"Window.OnCrash":          func() error { p.OnCrash(nil); return nil },
		"Window.SetBackground": func() error {
			p.SetBackground(nil)
			return p.EvalContext(t.Context(), "1")
		},
		// a scenario of TestRun, with a main thread of its own
		"Run": func() error { return nil },
	}, func(t *testing.T, f func() error) { apitest.Forgiving(t, "webview", f) })
	if _, err := New(Options{Policy: (*policy.Policy)(nil)}); err == nil {
		t.Error("a nil *policy.Policy was taken for a policy")
	}
	if scenarios["Run without setup"] == nil {
		t.Error("nothing tests Run with a nil setup")
	}
}
