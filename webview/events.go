package webview

import (
	"context"
	"fmt"

	"github.com/tailrace-go/tailrace/bus"
)

// Bus gives the app's event bus, which has more than the methods here.
func (a *App) Bus() *bus.Bus { return a.bus }

// Emit emits an event to everybody: all windows' pages and Go's listeners. See bus.Bus.Emit.
func (a *App) Emit(name string, payload any) error { return a.bus.Emit(name, payload) }

// EmitTo emits an event to a target. See bus.Bus.EmitTo.
func (a *App) EmitTo(t bus.Target, name string, payload any) error {
	return a.bus.EmitTo(t, name, payload)
}

// EmitFilter emits an event to the targets that accept says yes to. See bus.Bus.EmitFilter.
func (a *App) EmitFilter(name string, payload any, accept func(bus.Target) bool) error {
	return a.bus.EmitFilter(name, payload, accept)
}

// EmitContext is Emit, but waits for room. Not on the main goroutine (ErrMainThread).
func (a *App) EmitContext(ctx context.Context, name string, payload any) error {
	return a.EmitToContext(ctx, bus.Any, name, payload)
}

// EmitToContext is EmitTo, but waits for room. Not on the main goroutine (ErrMainThread).
func (a *App) EmitToContext(ctx context.Context, t bus.Target, name string, payload any) error {
	if err := mayWait("EmitContext"); err != nil {
		return err
	}
	return a.bus.EmitToContext(ctx, t, name, payload)
}

// EmitSticky is EmitTo, and gives the event to later listeners, too. See bus.Bus.EmitSticky.
func (a *App) EmitSticky(t bus.Target, name string, payload any) error {
	return a.bus.EmitSticky(t, name, payload)
}

// Listen calls fn for each event for the App, or for everybody. See bus.Bus.Listen.
func (a *App) Listen(name string, fn func(bus.Event)) (bus.ID, error) {
	return a.bus.Listen(bus.App, name, fn)
}

// Once is Listen for one event.
func (a *App) Once(name string, fn func(bus.Event)) (bus.ID, error) {
	return a.bus.Once(bus.App, name, fn)
}

// ListenAny calls fn for each event, whatever its target.
func (a *App) ListenAny(name string, fn func(bus.Event)) (bus.ID, error) {
	return a.bus.Listen(bus.Any, name, fn)
}

// OnceAny is ListenAny for one event.
func (a *App) OnceAny(name string, fn func(bus.Event)) (bus.ID, error) {
	return a.bus.Once(bus.Any, name, fn)
}

// Unlisten ends a listener, of a window too. It says whether there was one.
func (a *App) Unlisten(id bus.ID) bool { return a.bus.Unlisten(id) }

// Emit emits an event to whatever has this window's label, and to those who listen to everything.
func (w *Window) Emit(name string, payload any) error {
	return w.app.bus.EmitTo(bus.AnyLabel(w.label), name, payload)
}

// EmitContext is Emit, but waits for room. Not on the main goroutine (ErrMainThread).
func (w *Window) EmitContext(ctx context.Context, name string, payload any) error {
	return w.app.EmitToContext(ctx, bus.AnyLabel(w.label), name, payload)
}

// Listen calls fn for each event for this window, or for everybody. It goes on through reloads, and
// ends after the window's tauri://destroyed.
func (w *Window) Listen(name string, fn func(bus.Event)) (bus.ID, error) {
	return w.app.bus.Listen(bus.WebviewWindow(w.label), name, fn)
}

// Once is Listen for one event.
func (w *Window) Once(name string, fn func(bus.Event)) (bus.ID, error) {
	return w.app.bus.Once(bus.WebviewWindow(w.label), name, fn)
}

// Unlisten ends a listener. It says whether there was one.
func (w *Window) Unlisten(id bus.ID) bool { return w.app.bus.Unlisten(id) }

var (
	_ bus.Listener = (*App)(nil)
	_ bus.Listener = (*Window)(nil)
)

// mayWait refuses to wait for a page on the thread that it needs.
func mayWait(what string) error {
	if onMainThread() {
		return fmt.Errorf("%w: %s (%w)", ErrMainThread, what, bus.ErrUIThread)
	}
	return nil
}
