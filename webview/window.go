package webview

import (
	"context"
	"fmt"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// Window is one window with one page at a time. Each part says who may touch it.
type Window struct {
	app       *App
	label     string
	inspector bool            // set before anybody else has the window
	life      life            // from its making to its end
	events    *bus.Page       // the bus's end of the window
	served    *serving.Viewer // what serves it its pages
	access    access          // of its pages' commands to the main thread
	pages     pages           // the sessions with its documents

	// Main thread only.
	native view.View
	nav    navigation // what it shows, what it loads, and where it was told to go
	evals  heldEvals  // that wait until no document may take the shown one's place
	told   told       // what its events have told
	asks   asks       // what its page wants of the app and the desktop
}

func newWindow(a *App, label string) *Window {
	w := &Window{app: a, label: label, access: newAccess(), native: a.platform.NewView()}
	w.life.done = make(chan struct{})
	w.pages.words = newWordsEvent()
	w.served = w.viewer(nil)
	w.told.resizes.after, w.told.moves.after = w.after, w.after
	return w
}

// Caller gives the window whose page called the command of ctx, or has sent the request of ctx to
// Options.Fallback; or nil.
func Caller(ctx context.Context) *Window {
	ctx = contexts.OrBackground(ctx)
	if w, ok := ctx.Value(windowKey{}).(*Window); ok {
		return w
	}
	s := transport.SessionFrom(ctx)
	if s == nil {
		return nil
	}
	w, _ := s.Owner().(*Window)
	return w
}

// Label gives the window's label.
func (w *Window) Label() string { return w.label }

// Done is closed when the window is closed and its session has ended.
func (w *Window) Done() <-chan struct{} { return w.life.done }

// Session gives the session with the page that the window shows, or nil: the page has not
// connected yet, is of a foreign origin, or is gone.
func (w *Window) Session() *transport.Session {
	p := w.pages.current.Load()
	if p == nil {
		return nil
	}
	select {
	case <-p.session.Done():
		return nil
	default:
		return p.session
	}
}

// Navigate begins to load url, which resolves as WindowOptions.URL does. Another document
// ends the session. A closed window ignores it.
func (w *Window) Navigate(url string) error {
	u, err := w.app.origins.Resolve(url)
	if err != nil {
		return err
	}
	w.change("load", func() { w.load(u) })
	return nil
}

// Reload loads the page again, which ends the session. When the page went to another origin, it
// loads what the window showed before. It also revives a window whose web process has ended, see
// OnCrash; a navigation that the end has interrupted begins again. It waits for the script of a
// page that hangs: see Terminate. A closed window ignores it.
func (w *Window) Reload() { w.change("reload", w.reload) }

// post runs f on the main thread, unless the window is closed by then: a closed window keeps
// nothing. One that is still to be built runs it after that.
func (w *Window) post(f func()) {
	if !w.life.closed.Load() {
		mainloop.PostTask(mainloop.Task{F: w.guarded(f)})
	}
}

// change is post for one of the app's own changes, of which the last one of its kind is enough.
func (w *Window) change(kind any, f func()) {
	if !w.life.closed.Load() {
		mainloop.PostTask(mainloop.Task{F: w.guarded(f), Key: change{w, kind}})
	}
}

// change is the key of a window's changes of one kind.
type change struct {
	window *Window
	kind   any
}

// guarded is f for a window that may be closed by then, or not be built yet.
func (w *Window) guarded(f func()) func() {
	return func() {
		switch {
		case w.life.closed.Load():
		case !w.life.built:
			w.life.early = append(w.life.early, f)
		default:
			f()
		}
	}
}

// read calls f on the main thread and waits for it, unless the window is closed.
func (w *Window) read(f func()) error {
	return w.app.call(func() error {
		if w.life.closed.Load() || !w.life.built {
			return fmt.Errorf("webview: window %q: %w", w.label, ErrClosed)
		}
		f()
		return nil
	})
}

// shut ends a window that has its label, built or not: nothing else does. Main thread only.
//
// Its label is free last: whoever takes it then gets a window that has nothing of this one, neither
// its listeners nor its events.
func (w *Window) shut(reason string) {
	if !w.life.closed.CompareAndSwap(false, true) {
		return
	}
	w.endSession(reason)
	w.served.Gone(true)
	w.stopDevWait()
	w.endDownloads()
	if e := w.app.platform.Extension(); e != nil && w.life.holds {
		w.app.noExtension(e.Release())
	}
	end := keeping.closes(w)
	if w.life.built {
		w.native.Release(end)
		w.tell(EventDestroyed, nil)
	}
	w.life.early = nil
	w.events.Close()
	w.app.remove(w)
	close(w.life.done)
}
