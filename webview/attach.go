package webview

import (
	"fmt"
	"unsafe"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

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
		w.attached = true
		var err error
		if f := appcode.Call(func() {
			err = w.native.Attach((*host)(w), n, w.viewOptions())
		}); f != nil {
			return fmt.Errorf("%w: the window's methods %w", ErrAttach, f)
		}
		return err
	})
}
