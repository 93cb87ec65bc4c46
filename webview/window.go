package webview

import (
	"context"
	"fmt"
	"image"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/carrier/shm"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// Window is one window with one page at a time.
type Window struct {
	app       *App
	label     string
	words     string // the event of its pages' last words
	inspector bool   // set before anybody else has the window
	done      chan struct{}
	closed    atomic.Bool
	page      atomic.Pointer[page]
	leaving   atomic.Pointer[page]                // the one before, whose last commands still run
	events    *bus.Page                           // the bus's end of the window
	refuses   atomic.Pointer[func() bool]         // OnCloseRequested's
	crashed   atomic.Pointer[func(reason string)] // OnCrash's
	missed    atomic.Bool                         // the last window event did not reach everybody
	served    *serving.Viewer                     // what serves it its pages
	access    access                              // of its page's commands to the main thread

	// Main thread only.
	native  view.View
	built   bool
	holds   bool     // the extension must stay on disk for it
	early   []func() // what was posted before it was built
	loading string   // own origin of the document that loads, or ""
	// own origin of the document that is shown, or "": a foreign one, or none
	origin  string
	address string // own origin of its URL, or ""
	// own origin of the answer that the main frame has got, until another load starts
	answered  string
	apart     bool   // that is no page of the app's
	restoring string // where to in the history, until that starts
	restored  string // then, until it is shown or has failed
	sentOn    string // where in the app a server has sent on what loads
	failed    string // what has failed last, until another document is shown
	// Go has navigated since the last document was committed, and that has not failed
	steered   bool
	target    string                 // where to, until that is shown or has failed; "": nowhere
	begun     bool                   // a load has begun since Go has navigated
	leading   bool                   // the main frame loads, and shows nothing of it yet
	dead      bool                   // its web process has ended since
	outgrown  bool                   // it is to end, as WebKit keeps too much of its navigations
	led       string                 // what the app has loaded last, until that starts
	byApp     bool                   // what loads, or is shown, was loaded by the app
	approving origin.Site            // to which the app lets the page go, until that starts
	approved  origin.Site            // then, until something else starts
	shown     origin.Site            // of the document that is shown, when it is one of http
	home      string                 // the last document that was ours or loaded by the app
	strayed   bool                   // the page went elsewhere
	deciding  int                    // functions of the app that are asked: askApp
	downloads map[*Download]struct{} // those that go on
	pointers  allowance              // its page moves the pointer
	links     pace                   // scripts click them
	// the app made the window, and may navigate by what it made it with
	attached   bool
	last       State // as its events have told it
	resizes    throttle
	moves      throttle
	low, high  image.Point // bounds of the size
	asking     bool        // OnCloseRequested's function is being asked
	ending     atomic.Bool // it is being closed: its page is left
	unanswered unanswered
	dev        *devWait // for the development server; nil: it is there
	former     former
	documents  uint64   // that were committed
	hellos     uint64   // that were said
	loads      uint64   // steps of navigations that were told
	changing   bool     // a document was allowed that may take the shown one's place
	returning  int      // navigations in the history that may have begun
	heldEvals  []func() // native evals that wait for its end
	// hears what loadChanged has heard, if it is there: tests use it
	onLoad func(view.LoadEvent)
}

func newWindow(a *App, label string) *Window {
	w := &Window{
		app: a, label: label, words: newWordsEvent(), done: make(chan struct{}),
		access: newAccess(), native: a.platform.NewView(),
	}
	w.served = w.viewer(nil)
	w.resizes.after, w.moves.after = w.after, w.after
	return w
}

// page is the connection with one document.
type page struct {
	window    *Window
	session   *transport.Session
	pulls     *pulls.Carrier
	shared    *shm.Carrier // nil: the scheme alone
	resources tauri.Resources
	most      int64   // bytes of a request's body
	last      *uint64 // the number of its last batch, once the page has said that it is being left
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
func (w *Window) Done() <-chan struct{} { return w.done }

// Session gives the session with the page that the window shows, or nil: the page has not
// connected yet, is of a foreign origin, or is gone.
func (w *Window) Session() *transport.Session {
	p := w.page.Load()
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
	if !w.closed.Load() {
		mainloop.PostTask(mainloop.Task{F: w.guarded(f)})
	}
}

// change is post for one of the app's own changes, of which the last one of its kind is enough.
func (w *Window) change(kind any, f func()) {
	if !w.closed.Load() {
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
		case w.closed.Load():
		case !w.built:
			w.early = append(w.early, f)
		default:
			f()
		}
	}
}

// read calls f on the main thread and waits for it, unless the window is closed.
func (w *Window) read(f func()) error {
	return w.app.call(func() error {
		if w.closed.Load() || !w.built {
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
	if !w.closed.CompareAndSwap(false, true) {
		return
	}
	w.endSession(reason)
	w.served.Gone(true)
	w.stopDevWait()
	w.endDownloads()
	if e := w.app.platform.Extension(); e != nil && w.holds {
		w.app.noExtension(e.Release())
	}
	end := keeping.closes(w)
	if w.built {
		w.native.Release(end)
		w.tell(EventDestroyed, nil)
	}
	w.early = nil
	w.events.Close()
	w.app.remove(w)
	close(w.done)
}
