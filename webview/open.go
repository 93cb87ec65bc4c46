package webview

import "fmt"

// Open makes a window and begins to load its URL. It returns when the window exists, not
// when the page has loaded. Before Run, only the main goroutine gets its window at once: another
// one waits until Run has begun. Errors: ErrLabel, ErrClosed, ErrWindows, ErrNoDisplay, a URL,
// size, position or parent that is wrong.
func (a *App) Open(o WindowOptions) (*Window, error) {
	o, err := o.withDefaults(a.origins)
	if err != nil {
		return nil, err
	}
	return a.add(o, func(w *Window) error { return w.native.open(w, o) })
}

// add makes a window by create, which runs on the main thread.
func (a *App) add(o WindowOptions, create func(*Window) error) (*Window, error) {
	w, err := a.reserve(o)
	if err != nil {
		return nil, err
	}
	called := false
	err = a.call(func() error {
		called = true
		return a.build(w, create)
	})
	if err != nil {
		if !called {
			a.giveUp(w)
		}
		return nil, err
	}
	return w, nil
}

// reserve takes the label for a window that is yet to be built. From then on events are kept for it.
func (a *App) reserve(o WindowOptions) (*Window, error) {
	w := newWindow(a, o.Label)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closing:
		return nil, fmt.Errorf("%w: the App has ended", ErrClosed)
	case a.windows[o.Label] != nil:
		return nil, fmt.Errorf("%w: %q", errTaken, o.Label)
	case o.Parent != "" && a.windows[o.Parent] == nil:
		return nil, fmt.Errorf("%w: %q", errNoParent, o.Parent)
	case len(a.order) >= a.options.MaxWindows:
		return nil, fmt.Errorf("%w: %d are open", ErrWindows, len(a.order))
	}
	a.windows[o.Label] = w
	a.order = append(a.order, w)
	w.events = a.bus.Open(o.Label)
	return w, nil
}

// build makes the native part of a window, and gives the window up if that fails. Main thread only.
func (a *App) build(w *Window, create func(*Window) error) error {
	err := nativeInit()
	if err == nil {
		err = create(w)
	}
	if err != nil {
		w.closed.Store(true)
		a.giveUp(w)
		return err
	}
	w.built = true
	w.last = w.native.state()
	a.mu.Lock()
	a.opened = true
	a.mu.Unlock()
	w.tellAll(EventWindowCreated, labelled{Label: w.label})
	w.tellAll(EventWebviewCreated, labelled{Label: w.label})
	early := w.early
	w.early = nil
	for _, f := range early {
		w.post(f)
	}
	return nil
}

// giveUp forgets a window that was not built.
func (a *App) giveUp(w *Window) {
	a.remove(w)
	w.events.Close()
	close(w.done)
}

// remove forgets a window, and ends Run after the last one.
func (a *App) remove(w *Window) {
	a.mu.Lock()
	delete(a.windows, w.label)
	for i, other := range a.order {
		if other == w {
			a.order = append(a.order[:i:i], a.order[i+1:]...)
			break
		}
	}
	last := len(a.order) == 0 && a.opened && !a.options.KeepRunning
	a.mu.Unlock()
	if last && a.running.Load() {
		a.Quit()
	}
}
