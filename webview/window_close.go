package webview

import (
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// life is a window's, from its making to its end.
type life struct {
	done    chan struct{} // closed when the window is closed, and its session has ended
	closed  atomic.Bool
	ending  atomic.Bool                         // it is being closed: its page is left
	refuses atomic.Pointer[func() bool]         // OnCloseRequested's
	crashed atomic.Pointer[func(reason string)] // OnCrash's

	// Main thread only.
	attached   bool // the app made the window, and may navigate by what it made it with
	holds      bool // the extension must stay on disk for it
	built      bool
	early      []func()   // what was posted before it was built
	asking     bool       // OnCloseRequested's function is being asked
	unanswered unanswered // a request to close that the page was told of
}

// Close asks the window to close, as the button in its bar does. It returns at once; Done tells
// when the window is closed.
//
//  1. OnCloseRequested's function may refuse.
//  2. While a page of the window listens to tauri://close-requested, that event is all: the page
//     calls destroy on its window, or does not. (The wrappers of @tauri-apps/api do, unless their
//     handler calls preventDefault.) Without Options.Tauri and ImportMap a page has no command to
//     answer by, and is not asked.
//  3. Otherwise the event is emitted, and the window is destroyed.
//
// A page that never answers can't keep its window: a request that comes Options.CloseTimeout after
// the first unanswered one, or later, destroys the window. A request is forgotten after three times
// that time, since a page that refuses says nothing either. An answer is destroy, or the command
// plugin:window|refuse_close.
//
// What the session has not delivered is lost: Session.Flush before, or use App.Shutdown. What the
// page sends in its pagehide and visibilitychange listeners arrives, see Destroy.
func (w *Window) Close() { w.change("close", w.askToClose) }

// Destroy closes the window without asking. Done tells when that is done. What the session has not
// delivered is lost.
//
// The window is gone from the screen within half a second, and its page is left as by a
// navigation: it gets pagehide and visibilitychange, and what it sends in them arrives before the
// session ends. A page that hangs has two seconds for that. A beforeunload listener keeps no
// window, and asks nobody.
func (w *Window) Destroy() { w.change("destroy", w.destroy) }

// Of a window that is closed. Main thread only; tests give a busy machine more.
var (
	// lastWords bounds how long it waits for its page to be left: for the listeners of a busy page,
	// and not for a page that hangs.
	lastWords = 2 * time.Second
	// lastSight is how long it is still seen if its page takes so long.
	lastSight = 500 * time.Millisecond
)

// destroy closes the window, behind its page's last words. Main thread only.
//
// WebKit gives a page no events, and takes no requests of it, when its view is destroyed. So the
// view shows an empty document first.
func (w *Window) destroy() {
	if w.life.ending.Load() {
		return
	}
	w.life.ending.Store(true)
	if w.finish() {
		return
	}
	w.native.Leave()
	// Not at once: a page that is hidden as it is left gets no visibilitychange.
	time.AfterFunc(lastSight, func() { w.post(w.native.Hide) })
	time.AfterFunc(lastWords, func() {
		w.post(func() {
			// else its page has been left, and has a time of its own
			if w.pages.former.page == nil {
				w.closeNative()
			}
		})
	})
}

// finish closes a window that is being closed, if no page of it is to be heard any more. Main
// thread only.
func (w *Window) finish() bool {
	if !w.life.ending.Load() || w.pages.current.Load() != nil || w.pages.former.page != nil {
		return false
	}
	w.closeNative()
	return true
}

// OnCloseRequested sets the function that is asked when the window shall close, instead of the one
// before; it returns true to refuse. It is called on a goroutine of its own, and may take its time:
// meanwhile further requests are dropped. Nil: never refuse. Destroy and App.Shutdown don't ask.
func (w *Window) OnCloseRequested(refuse func() bool) {
	if refuse == nil {
		w.life.refuses.Store(nil)
		return
	}
	w.life.refuses.Store(&refuse)
}

// askToClose asks Go, then the page. Main thread only.
func (w *Window) askToClose() {
	refuses := w.life.refuses.Load()
	switch {
	case w.life.asking:
	case refuses == nil:
		w.askPage()
	default:
		w.life.asking = true
		go func() {
			refused := false
			defer func() { // whatever the app's function does, it was asked
				w.post(func() {
					w.life.asking = false
					if !refused {
						w.askPage()
					}
				})
			}()
			refused = w.refused(*refuses)
		}()
	}
}

// refused calls the app's function. One that panics, or ends its goroutine, does not refuse.
func (w *Window) refused(refuses func() bool) (refused bool) {
	if f := appcode.Call(func() { refused = refuses() }); f != nil {
		w.app.log.Error("webview: the function of OnCloseRequested panicked", "window", w.label,
			"panic", f.Panic, "stack", f.Stack)
		return false
	}
	return refused
}

// askPage asks the page, if it wants to be asked, or closes. Main thread only.
func (w *Window) askPage() {
	if w.app.options.tauri() && w.app.bus.Listening(w.label, EventCloseRequested) {
		if !w.life.unanswered.again(time.Now(), w.app.options.CloseTimeout) {
			w.tell(EventCloseRequested, nil)
			return
		}
		w.app.log.Warn("webview: the page did not answer the request to close", "window", w.label)
	} else {
		w.tell(EventCloseRequested, nil)
	}
	w.destroy()
}

// unanswered is a request to close that the page has not answered.
type unanswered struct{ since time.Time }

// forgetAfter is how many times the time-out an unanswered request is remembered: long enough for a
// user who insists on closing a window that hangs, short enough that a page that has refused is
// asked again.
const forgetAfter = 3

// again notes one more request, and says whether the page has had its time. A time-out below zero
// never ends.
func (u *unanswered) again(now time.Time, timeout time.Duration) bool {
	age := now.Sub(u.since)
	if timeout < 0 || u.since.IsZero() || age >= forgetAfter*timeout {
		u.since = now
		return false
	}
	return age >= timeout
}

// OnCrash sets the function that is called after the window's web process has ended, instead of the
// one before; nil: none. The reason is that of EventWebviewCrashed: "crashed" (killed, too),
// "memory" or "terminated". Memory is WebKit's own limit of the web process, or that of what it
// keeps in this process for a page that begins ten thousand navigations which come to nothing:
// docs/limits.md has it as maxKept.
//
// The session has ended by then; its channels and commands have an error that says so. The window
// stays open and shows nothing, and what is emitted to it is kept for the next page. The function
// may call Reload or Navigate, which start another web process, or Destroy. A page that crashes as
// soon as it is shown comes here again and again: count.
//
// It is called on a goroutine of its own, so a second crash may call it again while it runs.
func (w *Window) OnCrash(fn func(reason string)) {
	if fn == nil {
		w.life.crashed.Store(nil)
		return
	}
	w.life.crashed.Store(&fn)
}

// Terminate ends the web process of the window, as a crash would, and with it the page and its
// session. The event and OnCrash tell of it with the reason "terminated". It is for a page that
// hangs: such a page can be closed by Destroy, but Reload and Navigate wait for its script. A
// closed window ignores it.
func (w *Window) Terminate() { w.change("terminate", func() { w.native.Kill() }) }

// crash calls OnCrash's function.
func (w *Window) crash(reason string) {
	fn := w.life.crashed.Load()
	if fn == nil {
		return
	}
	go func() {
		if f := appcode.Call(func() { (*fn)(reason) }); f != nil {
			w.app.log.Error("webview: the function of OnCrash panicked", "window", w.label, "panic",
				f.Panic, "stack", f.Stack)
		}
	}()
}
