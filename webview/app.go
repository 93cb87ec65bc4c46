package webview

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// App is a set of windows with one engine. Several Apps may live in one process; they
// share the main thread, so that one of them calls Run.
type App struct {
	options Options
	origins origin.Set
	engine  *transport.Engine
	log     *slog.Logger
	pages   *serving.Pages
	bus     *bus.Bus

	logged   loglimit.Once // what is logged once
	opening  atomic.Int64  // windows that were opened for pages
	platform view.Platform
	desktop  desktop
	quit     atomic.Bool
	running  atomic.Bool
	over     chan struct{} // closed when Run has returned
	windows  windowList
}

// desktop opens URLs for an App.
type desktop struct {
	launch   func(uri string, failed func(error)) // tests have their own
	launches allowance                            // main thread only
}

// windowList is an App's windows, and what the App does with them.
type windowList struct {
	mu      sync.Mutex // guards what follows
	byLabel map[string]*Window
	order   []*Window // in the order of opening; without the inspector
	figures *Window   // the inspector, while it is open
	opened  bool      // a window was opened once
	ran     bool      // Run was called
	closing bool      // no window may be opened any more
}

// inRun keeps two Apps from running the same main thread.
var inRun atomic.Bool

// New makes an App. It opens no window yet. Any goroutine may call it; the main
// goroutine, if the error for a missing display is to come from here.
func New(o Options) (*App, error) {
	o, g, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	var engine *transport.Engine
	pages, err := o.pagesOf(func(q transport.Permission) error { return engine.Check(q) })
	if err != nil {
		return nil, fmt.Errorf("webview: %w", err)
	}
	platform := view.Registered()
	if platform == nil {
		return nil, ErrNoCarrier
	}
	if onMainThread() {
		if err := platform.Init(); err != nil {
			return nil, err
		}
	}
	platform.Signals(o.Logger)
	o.Engine.Policy = appPolicy{o.Policy, !o.tauri()}
	engine, err = transport.NewEngine(o.Engine)
	if err != nil {
		return nil, fmt.Errorf("webview: %w", err)
	}
	if o.SharedBytes, err = withDefaultShared(o.SharedBytes, engine.Options()); err != nil {
		return nil, err
	}
	a := &App{
		options:  o,
		origins:  g,
		engine:   engine,
		pages:    pages,
		log:      o.Logger,
		over:     make(chan struct{}),
		windows:  windowList{byLabel: map[string]*Window{}},
		desktop:  desktop{launch: platform.Launch},
		platform: platform,
	}
	if a.bus, err = bus.New(engine, o.Bus); err != nil {
		return nil, fmt.Errorf("webview: %w", err)
	}
	if o.tauri() {
		registerTauri(a)
	}
	registerInspector(a)
	if e := platform.Extension(); e != nil && o.Carrier != CarrierScheme {
		e.Allow(g.List())
	}
	return a, nil
}

// Engine gives the engine, on which commands are registered.
func (a *App) Engine() *transport.Engine { return a.engine }

// Window gives the window of that label, or nil.
func (a *App) Window(label string) *Window {
	a.windows.mu.Lock()
	defer a.windows.mu.Unlock()
	return a.open(label)
}

// open gives the window of that label, unless it is being shut. The caller holds mu.
func (a *App) open(label string) *Window {
	w := a.windows.byLabel[label]
	if w == nil || w.inspector || w.life.closed.Load() {
		return nil
	}
	return w
}

// Windows gives the open windows in the order of their opening.
func (a *App) Windows() []*Window {
	a.windows.mu.Lock()
	defer a.windows.mu.Unlock()
	var all []*Window
	for _, w := range a.windows.order {
		if !w.life.closed.Load() {
			all = append(all, w)
		}
	}
	return all
}

// Run drives the main thread until the last window is closed (see Options.KeepRunning), Quit or
// Shutdown. It closes the windows that are left, and is over for good then. Main goroutine only,
// once. Errors: ErrMainThread, ErrRunning, ErrNoDisplay.
func (a *App) Run() error {
	if !onMainThread() {
		return fmt.Errorf("%w: Run must be called from the main goroutine", ErrMainThread)
	}
	if !inRun.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer inRun.Store(false)
	a.windows.mu.Lock()
	if a.windows.ran {
		a.windows.mu.Unlock()
		return ErrRunning
	}
	a.windows.ran = true
	nothing := a.windows.opened && len(a.windows.order) == 0 && !a.options.KeepRunning
	a.windows.mu.Unlock()
	if err := a.platform.Init(); err != nil {
		return err
	}
	a.running.Store(true)
	// webview_go ends the loop by itself when the last window that it made is closed;
	// ours ends only by Quit.
	for !nothing && !a.quit.Load() {
		a.platform.Run()
	}
	a.running.Store(false)
	a.windows.mu.Lock()
	a.windows.closing = true
	a.windows.mu.Unlock()
	a.endWindows()
	a.platform.Drain()
	if e := a.platform.Extension(); e != nil {
		a.noExtension(e.Remove())
	}
	close(a.over)
	for _, l := range []*slog.Logger{a.log, a.engine.Options().Logger} {
		loglimit.Flush(l, logGrace) // the program may end now
	}
	return nil
}

// endWindows closes the windows that are left. It runs the loop while pages are left, which is for
// a bounded time. Main thread only.
func (a *App) endWindows() {
	windows := append(a.Windows(), a.inspector()...)
	for _, w := range windows {
		if w.life.built {
			w.destroy()
		} else {
			w.shut("window closed")
		}
	}
	late := false
	t := time.AfterFunc(2*lastWords, func() { mainloop.PostFirst(func() { late = true }) })
	defer t.Stop()
	for _, w := range windows {
		for !w.life.closed.Load() && !late {
			a.platform.Turn()
		}
		w.shut("window closed")
	}
}

// logGrace is how long Run waits at its end for the app's logger.
const logGrace = time.Second

// Quit ends Run, which closes the windows. What was emitted and evaluated and is not delivered is
// lost: Shutdown delivers it first. Any goroutine may call it, before Run too.
func (a *App) Quit() {
	if a.quit.Swap(true) {
		return
	}
	mainloop.PostFirst(func() { // nothing that waits delays it
		if a.running.Load() {
			a.platform.Quit()
		}
	})
}

// Shutdown delivers what was accepted for the windows, what is kept for a page that is not ready
// too, then closes them and ends Run. No window can be opened from its beginning on. When ctx ends
// first, the windows are closed all the same, and the error says of each window what was not
// delivered: a *bus.WindowError. Give ctx an end, as a page may never be ready. It refuses on the
// main goroutine (ErrMainThread), whose loop is needed for the delivery.
func (a *App) Shutdown(ctx context.Context) error {
	if onMainThread() {
		return fmt.Errorf("%w: call Shutdown from another goroutine than the main one",
			ErrMainThread)
	}
	ctx = contexts.OrBackground(ctx)
	a.windows.mu.Lock()
	a.windows.closing = true
	a.windows.mu.Unlock()
	windows := a.Windows()
	errs := make([]error, len(windows))
	var flushed sync.WaitGroup
	for i, w := range windows {
		flushed.Go(func() {
			if err := w.events.Flush(ctx); err != nil {
				errs[i] = fmt.Errorf("webview: failed to deliver everything: %w", err)
			}
		})
	}
	flushed.Wait()
	for _, w := range windows {
		w.Destroy()
	}
	for _, w := range windows {
		if err := a.await(ctx, w.life.done); err != nil {
			errs = append(errs, fmt.Errorf("webview: window %q: failed to close: %w", w.label, err))
			break
		}
	}
	a.Quit()
	return errors.Join(errs...)
}

// closeGrace is the time that closing gets after a Shutdown's ctx has ended.
const closeGrace = 5 * time.Second

// await waits until done is closed; after the end of ctx a while longer.
func (a *App) await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-a.over:
		return nil
	case <-ctx.Done():
	}
	t := time.NewTimer(closeGrace)
	defer t.Stop()
	select {
	case <-done:
		return nil
	case <-a.over:
		return nil
	case <-t.C:
		return context.Cause(ctx)
	}
}

// call runs f on the main thread and waits for it: at once when this is the main thread. After
// the end of Run it gives ErrClosed, and f does not run.
func (a *App) call(f func() error) error {
	if onMainThread() {
		return f()
	}
	select {
	case <-a.over: // nobody would run it
		return fmt.Errorf("%w: the App has ended", ErrClosed)
	default:
	}
	var claimed atomic.Bool // by who runs f, or by who gives up
	result := make(chan error, 1)
	mainloop.PostTask(mainloop.Task{Barrier: true, F: func() {
		if claimed.CompareAndSwap(false, true) {
			result <- f()
		}
	}})
	select {
	case err := <-result:
		return err
	case <-a.over:
		if claimed.CompareAndSwap(false, true) {
			return fmt.Errorf("webview: the App has ended: %w", ErrClosed)
		}
		return <-result
	}
}

// post is mainloop.Post until Run has returned. After that there may be no loop any more, and f is
// dropped.
func (a *App) post(f func()) { a.postTask(mainloop.Task{F: f}) }

func (a *App) postTask(t mainloop.Task) {
	select {
	case <-a.over:
	default:
		mainloop.PostTask(t)
	}
}

// change is post for one of the app's own changes, whose last one is enough.
func (a *App) change(key any, f func()) { a.postTask(mainloop.Task{F: f, Key: key}) }

// onMainThread says whether this is the main thread, in a program that shows windows.
func onMainThread() bool {
	p := view.Registered()
	return p != nil && p.OnMainThread()
}

// Run is all that a small program needs: it makes an App, has setup register the commands (nil:
// there are none), opens one window, and runs until that is closed. Main goroutine only, once.
// Errors: those of New, App.Open and App.Run.
func Run(o Options, w WindowOptions, setup func(*App)) error {
	app, err := New(o)
	if err != nil {
		return err
	}
	if setup != nil {
		setup(app)
	}
	if _, err := app.Open(w); err != nil {
		return err
	}
	return app.Run()
}
