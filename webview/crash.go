package webview

import "github.com/tailrace-go/tailrace/internal/appcode"

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
		w.crashed.Store(nil)
		return
	}
	w.crashed.Store(&fn)
}

// Terminate ends the web process of the window, as a crash would, and with it the page and its
// session. The event and OnCrash tell of it with the reason "terminated". It is for a page that
// hangs: such a page can be closed by Destroy, but Reload and Navigate wait for its script. A
// closed window ignores it.
func (w *Window) Terminate() { w.change("terminate", func() { w.native.Kill() }) }

// crash calls OnCrash's function.
func (w *Window) crash(reason string) {
	fn := w.crashed.Load()
	if fn == nil {
		return
	}
	go func() {
		if f := appcode.Call(func() { (*fn)(reason) }); f != nil {
			w.app.log.Error("webview: the function of OnCrash panicked", "window", w.label, "panic",
				f.Panic,
				"stack", f.Stack)
		}
	}()
}
