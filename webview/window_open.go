package webview

import (
	"fmt"
	"net/http"
	"unsafe"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// Open makes a window and begins to load its URL. It returns when the window exists, not when the
// page has loaded. Before Run, only the main goroutine gets its window at once: another one waits
// until Run has begun. A label is free from its window's tauri://destroyed on. Errors: ErrLabel,
// ErrClosed, ErrWindows, ErrNoDisplay, a URL, size, position or parent that is wrong.
func (a *App) Open(o WindowOptions) (*Window, error) {
	o, err := o.withDefaults(a.origins)
	if err != nil {
		return nil, err
	}
	return a.add(o, func(w *Window) error { return w.open(o) })
}

// add makes a window by create, which runs on the main thread.
func (a *App) add(o WindowOptions, create func(*Window) error) (*Window, error) {
	w, err := a.reserve(o)
	if err != nil {
		return nil, err
	}
	// When the App ends first, build is not called: the end of Run has shut the window, as it has
	// all that have a label.
	if err := a.call(func() error { return a.build(w, create) }); err != nil {
		return nil, err
	}
	return w, nil
}

// reserve takes the label for a window that is yet to be built. From then on events are kept for
// it, and shut ends it.
//
// A label whose window is being closed is free in a moment, or when its page has been left: that is
// waited for, except on the main thread, which closes windows.
func (a *App) reserve(o WindowOptions) (*Window, error) {
	for {
		w, shutting, err := a.tryReserve(o)
		if shutting == nil || onMainThread() {
			return w, err
		}
		<-shutting.life.done
	}
}

// tryReserve is reserve that does not wait. shutting is the window that has the label still.
func (a *App) tryReserve(o WindowOptions) (w, shutting *Window, err error) {
	a.windows.mu.Lock()
	defer a.windows.mu.Unlock()
	old := a.windows.byLabel[o.Label]
	switch {
	case a.windows.closing:
		return nil, nil, fmt.Errorf("webview: the App has ended: %w", ErrClosed)
	case o.Label == InspectorLabel && !o.inspector:
		return nil, nil, fmt.Errorf("%w: %q is the inspector's", ErrLabel, o.Label)
	case old != nil:
		if !old.life.closed.Load() && !old.life.ending.Load() {
			old = nil
		}
		return nil, old, fmt.Errorf("%w: %q", errTaken, o.Label)
	case o.Parent != "" && a.open(o.Parent) == nil:
		return nil, nil, fmt.Errorf("%w: %q", errNoParent, o.Parent)
	case a.taken() >= a.options.MaxWindows && !o.inspector:
		return nil, nil, fmt.Errorf("%w: %d are open", ErrWindows, a.taken())
	}
	w = newWindow(a, o.Label)
	a.windows.byLabel[o.Label] = w
	if w.inspector = o.inspector; w.inspector {
		w.served = w.viewer(http.HandlerFunc(inspectorPage))
		a.windows.figures = w
	} else {
		a.windows.order = append(a.windows.order, w)
	}
	w.events = a.bus.Open(o.Label)
	w.events.SetForeign(w.inspector)
	return w, nil, nil
}

// taken counts the windows that take a place of Options.MaxWindows. One that is being shut takes
// none: who has heard of its end may open another one. The caller holds mu.
func (a *App) taken() (n int) {
	for _, w := range a.windows.order {
		if !w.life.closed.Load() {
			n++
		}
	}
	return n
}

// build makes the native part of a window, and shuts the window if that fails. A window that was
// shut first, as Run ended, gets none. Main thread only.
func (a *App) build(w *Window, create func(*Window) error) error {
	if w.life.closed.Load() {
		return fmt.Errorf("webview: the App has ended: %w", ErrClosed)
	}
	err := a.platform.Init()
	if err == nil {
		if e := a.platform.Extension(); e != nil {
			e.Hold()
			w.life.holds = true
		}
		err = create(w)
	}
	if err != nil {
		w.shut("window failed to open")
		return err
	}
	w.life.built = true
	w.told.last = w.state()
	a.windows.mu.Lock()
	a.windows.opened = a.windows.opened || !w.inspector
	a.windows.mu.Unlock()
	w.tellAll(EventWindowCreated, labelled{Label: w.label})
	w.tellAll(EventWebviewCreated, labelled{Label: w.label})
	early := w.life.early
	w.life.early = nil
	for _, f := range early {
		w.post(f)
	}
	return nil
}

// remove forgets a window, and ends Run after the last one.
func (a *App) remove(w *Window) {
	a.windows.mu.Lock()
	delete(a.windows.byLabel, w.label)
	if w.inspector {
		a.windows.figures = nil
	}
	for i, other := range a.windows.order {
		if other == w {
			a.windows.order = append(a.windows.order[:i:i], a.windows.order[i+1:]...)
			break
		}
	}
	last := len(a.windows.order) == 0 && a.windows.opened && !a.options.KeepRunning
	a.windows.mu.Unlock()
	if last && a.running.Load() {
		a.Quit()
	}
}

// NativeWindow is a window that the app made itself with webview_go, whose WebView
// implements this.
type NativeWindow interface {
	// Window gives the native window's handle.
	Window() unsafe.Pointer
	// Init adds a script that runs at the beginning of each page.
	Init(js string)
}

// Attach joins a window that the app made itself with webview_go. It must not have navigated yet:
// its first page may then be tailrace://localhost/index.html, or what Window.Navigate resolves.
// The window stays its maker's, who calls Run (or App.Run) and Destroy. Its maker may navigate
// unseen by this package, so that a page of ours that comes back from WebKit's cache of the
// history behind a foreign one is not trusted: it gets no session until Navigate or Reload loads
// it again.
//
// Its maker may decide navigations in a handler of WebKit's decide-policy, too. Evals of a page
// whose policy forbids eval wait while it has a decision that may replace the page, so it must make
// each and then give it back (g_object_unref).
//
// Functions that its maker adds by Bind, before or after, can be called by documents of the app's
// own origins in the main frame, and by nobody else: webview_go's message handler, by which any
// frame could end the program, is taken away from pages. A call has at most MaxBoundCall
// characters, or throws in the page. Scripts that were added by Init before this call can't call
// such functions while they run.
//
// Attach sets what docs/webkit.md says of WebKit's settings, the clipboard off for instance, but
// leaves the inspector as its maker has it. What its maker sets later stays.
//
// Main goroutine only. Errors: ErrLabel, ErrClosed, ErrMainThread, ErrAttach.
func (a *App) Attach(label string, n NativeWindow) (*Window, error) {
	if err := checkLabel(label); err != nil {
		return nil, err
	}
	if n == nil {
		return nil, fmt.Errorf("%w: it is nil", ErrAttach)
	}
	if !onMainThread() {
		return nil, fmt.Errorf("%w: Attach belongs to the main goroutine, as webview_go does",
			ErrMainThread)
	}
	return a.add(WindowOptions{Label: label}, func(w *Window) error {
		w.life.attached = true
		var err error
		if f := appcode.Call(func() {
			err = w.native.Attach((*host)(w), n, w.viewOptions())
		}); f != nil {
			return fmt.Errorf("%w: the window's methods %w", ErrAttach, f)
		}
		return err
	})
}
