//go:build linux && cgo

package webview

/*
#cgo pkg-config: gtk+-3.0 gtk+-unix-print-3.0 webkit2gtk-4.0 gio-unix-2.0
#cgo CFLAGS: -Wall
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"time"
	"unsafe"

	wv "github.com/webview/webview_go"
)

func init() {
	// GTK's thread is the main one, and so is the one of main.main: webview_go does the same.
	runtime.LockOSThread()
}

func nativeSupported() error { return nil }

// nativeInit opens the display, once. Main thread only.
func nativeInit() error {
	C.tr_keep_signals()
	if C.tr_init() == 0 {
		return ErrNoDisplay
	}
	C.tr_extension_connect()
	return nil
}

func onMainThread() bool { return C.tr_on_main() != 0 }

func nativeWake() { C.tr_wake() }

// nativeWakeLater has runTasks called after a while.
func nativeWakeLater(d time.Duration) { C.tr_wake_later(C.uint(d.Milliseconds())) }

// nativeIdle has idled called when the loop has nothing more urgent to do. Any goroutine.
func nativeIdle() { C.tr_idle() }

func nativeRun() { C.tr_main() }

func nativeQuit() { C.tr_main_quit() }

// drainTurns bounds what Run does for the loop after its end: enough for what the closing of
// windows has queued, and not for ever.
const drainTurns = 256

// nativeDrain runs what is ready in the loop.
func nativeDrain() {
	for range drainTurns {
		if C.tr_iterate() == 0 && !runLeft() {
			return
		}
	}
}

// nativeTurn waits until something is ready in the loop, and runs it.
func nativeTurn() { C.tr_turn() }

// nativeWindow is the GTK side of a Window. Main thread only.
type nativeWindow struct {
	own    wv.WebView     // nil: the app made the window itself
	window unsafe.Pointer // GtkWindow
	view   *C.tr_view     // nil: not open
	handle cgo.Handle     // of the Window
	drags  int            // that have begun; for tests
}

// open makes a window. The GtkWindow is ours, with webview_go's view inside: then webview_go
// neither ends the loop when the last window is closed nor runs a nested loop in Destroy.
func (n *nativeWindow) open(w *Window, o WindowOptions) error {
	title := C.CString(shownTitle(o.Title))
	defer C.free(unsafe.Pointer(title))
	n.window = C.tr_window_new(title, C.int(o.Width), C.int(o.Height))
	n.own = wv.NewWindow(false, n.window) // see settings for Debug
	if C.tr_web_view(n.window) != nil {
		C.tr_messages_clear(n.window)
	}
	if err := n.connect(w, n.own); err != nil {
		n.own.Destroy()
		C.tr_window_destroy(n.window)
		return err
	}
	n.prepare(w.app, o)
	if !o.Hidden {
		C.tr_window_show(n.window)
	}
	w.load(o.URL)
	return nil
}

// prepare does what must be done before a window is shown.
func (n *nativeWindow) prepare(a *App, o WindowOptions) {
	if p := a.Window(o.Parent); p != nil && p.native.window != nil {
		C.tr_window_parent(n.window, p.native.window)
	}
	if o.NoFocus {
		C.tr_window_no_focus(n.window)
	}
	if o.Undecorated { // before it has a frame, which would have its part of the size on Wayland
		n.set(flagDecorated, false)
	}
	C.tr_window_realize(n.window)
	if o.Fixed {
		n.set(flagResizable, false)
	}
	scale := n.state().Scale
	if width, height := drawable(o.Width, scale), drawable(o.Height, scale); width < o.Width ||
		height < o.Height {
		n.setSize(width, height)
	}
	for f, on := range map[flag]bool{
		flagMaximized: o.Maximized, flagFullscreen: o.Fullscreen, flagAlwaysOnTop: o.AlwaysOnTop,
	} {
		if on {
			n.set(f, true)
		}
	}
	switch {
	case o.Center:
		n.center()
	case o.Position != nil:
		C.tr_window_place(n.window, C.int(o.Position.X), C.int(o.Position.Y))
	}
}

// attach joins a window of the app.
func (n *nativeWindow) attach(w *Window, from NativeWindow) error {
	n.window = from.Window()
	if C.tr_web_view(n.window) == nil {
		return fmt.Errorf("%w: it holds no web view of webview_go", ErrAttach)
	}
	if C.tr_view_loaded(n.window) != 0 {
		return fmt.Errorf("%w: it has navigated already; attach it before its first page",
			ErrAttach)
	}
	C.tr_messages_guard(n.window)
	from.Init(w.boundScript())
	return n.connect(w, from)
}

// messageHandlers gives the names of all message handlers, in whatever world. For tests.
func messageHandlers() (names []string) {
	for i := range C.TR_HANDLERS {
		names = append(names, C.GoString(C.tr_message_handler(C.int(i))))
	}
	return names
}

func (n *nativeWindow) connect(w *Window, from NativeWindow) error {
	if C.tr_web_view(n.window) == nil {
		return fmt.Errorf("%w: webview_go made no web view", ErrAttach)
	}
	nobodysLog = w.app.log
	n.applySettings(w)
	n.handle = cgo.NewHandle(w)
	n.view = C.tr_view_attach(n.window, C.uintptr_t(n.handle))
	C.tr_register_scheme(n.view)
	messages := C.CString(w.messageScript())
	defer C.free(unsafe.Pointer(messages))
	C.tr_messages_hear(n.view, messages)
	n.watchDocuments(w.app.origins)
	from.Init(w.app.script(w))
	if w.app.options.Debug {
		from.Init(w.rejectionScript())
	}
	return nil
}

// close closes the window: at once if it is ours, else by destroying it, which tells us.
func (n *nativeWindow) close(w *Window) {
	if n.own != nil {
		w.shut("window closed")
		return
	}
	if n.view == nil {
		return
	}
	if keeping.closes(w) {
		C.tr_view_end(n.view)
	}
	C.tr_window_destroy(n.window)
}

// hide takes a window that is being closed from the screen.
func (n *nativeWindow) hide() { C.tr_window_hide(n.window) }

// leave leaves the window's page. Nobody hears of the window's state any more.
func (n *nativeWindow) leave() { C.tr_view_leave(n.view) }

// release gives everything back, with kill by ending the web process. Requests without answer fail.
func (n *nativeWindow) release(kill bool) {
	if n.view == nil {
		return
	}
	C.tr_view_detach(n.view)
	n.handle.Delete()
	if kill {
		C.tr_view_end(n.view)
	}
	if n.own != nil {
		C.tr_window_destroy(n.window)
	}
	// webview_go may have functions queued that use its object. They run before it goes. And the
	// program may destroy its window inside of a signal of GTK's or WebKit's, which a function of
	// ours has brought about and goes on behind.
	C.tr_later(C.uintptr_t(cgo.NewHandle(remains{n.own, n.view})))
	*n = nativeWindow{}
}

// remains is what is left of a window that is closed.
type remains struct {
	own  wv.WebView // nil: the app's
	view *C.tr_view
}

func (n *nativeWindow) limitBodies(bytes int64) {
	if n.view != nil {
		C.tr_view_limit(n.view, C.int64_t(bytes))
	}
}

func (n *nativeWindow) load(uri string) {
	s := C.CString(uri)
	defer C.free(unsafe.Pointer(s))
	C.tr_view_load(n.view, s)
}

func (n *nativeWindow) reload() { C.tr_view_reload(n.view) }

// setApart notes in the history whether what is shown is no page of the app although it has its
// URL; wasApart says what was noted of what has come back from there.
func (n *nativeWindow) setApart(apart bool) {
	set := C.int(0)
	if apart {
		set = 1
	}
	C.tr_view_set_apart(n.view, set)
}

func (n *nativeWindow) wasApart() bool { return C.tr_view_was_apart(n.view) != 0 }

// kill ends the web process, as a crash would.
func (n *nativeWindow) kill() { C.tr_view_kill(n.view) }

// ask asks the window to close, as its button does. For tests.
func (n *nativeWindow) ask() { C.tr_window_close(n.window) }

// iconified tells the window that it was minimized, or is not any more, as a window manager would.
// For tests.
func (n *nativeWindow) iconified(on bool) { C.tr_window_iconified(n.window, cBool(on)) }

// destroy destroys the native window behind the package's back. For tests.
func (n *nativeWindow) destroy() { C.tr_window_destroy(n.window) }

// programDestroys has a handler of the program's own destroy its window inside a signal, see gtk.h.
// For tests. Main thread only.
func programDestroys(window unsafe.Pointer, signal string) {
	s := C.CString(signal)
	defer C.free(unsafe.Pointer(s))
	C.tr_program_destroys(window, s)
}

// nativeNavigation says whether WebKit still keeps the navigation with that timer.
func nativeNavigation(timer uint32) bool { return C.tr_is_navigation_timer(C.uint(timer)) != 0 }

// nativeNavigations counts all that WebKit keeps: each has a timer, and so has each view. For
// tests: it takes the longer the more sources there were.
func nativeNavigations() (n int) {
	for number := uint32(C.tr_next_number()); number > 0; number-- {
		if nativeNavigation(number) {
			n++
		}
	}
	return n
}

// nativeToplevels counts the windows that are shown, dialogs and menus too. For tests.
func nativeToplevels() int { return int(C.tr_toplevels()) }

// click clicks into the page, as the user would. For tests.
func (n *nativeWindow) click(x, y, button int) {
	C.tr_view_click(n.view, C.int(x), C.int(y), C.int(button))
}

// press presses a button in the page, or lets it go. For tests.
func (n *nativeWindow) press(x, y, button int, pressed bool) {
	C.tr_view_button(n.view, C.int(x), C.int(y), C.int(button), cBool(pressed))
}

// key presses a key, of GDK's number, and lets it go. For tests.
func (n *nativeWindow) key(value uint) { C.tr_view_key(n.view, C.uint(value)) }

// blur tells the window that it has lost the keyboard. For tests.
func (n *nativeWindow) blur() { C.tr_window_blur(n.window) }

// dialogs says whether the window has dialogs that are windows of their own. For tests.
func (n *nativeWindow) dialogs() bool { return C.tr_dialogs(n.view) != 0 }

// What follows is called by the C side, on the main thread.

func windowOf(h C.uintptr_t) *Window { return cgo.Handle(h).Value().(*Window) }

//export goTasks
func goTasks(rested C.int) { runTasks(rested != 0) }

//export goIdled
func goIdled() { idled() }

//export goLoadChanged
func goLoadChanged(h C.uintptr_t, event C.int, uri *C.char) {
	windowOf(h).loadChanged(loadEvent(event), C.GoString(uri))
}

// goLoadFailed gives the HTML to show instead of WebKit's error, for free, or NULL. "": what is
// there stays.
//
//export goLoadFailed
func goLoadFailed(h C.uintptr_t, uri, message *C.char) *C.char {
	page, stays := windowOf(h).loadFailed(C.GoString(uri), C.GoString(message))
	if page == "" && !stays {
		return nil
	}
	return C.CString(page)
}

//export goProcessEnded
func goProcessEnded(h C.uintptr_t, reason C.int) { windowOf(h).processEnded(int(reason)) }

// goDestroyed is told that somebody else destroys the view, and is inside a signal. So what
// destroys more waits for the queue.
//
//export goDestroyed
func goDestroyed(h C.uintptr_t) {
	w := windowOf(h)
	if w.native.own == nil {
		w.shut("window closed")
		return
	}
	post(func() { w.shut("window closed") })
}

//export goPageError
func goPageError(h C.uintptr_t, text *C.char) { windowOf(h).pageError(C.GoString(text)) }

//export goPrintFailed
func goPrintFailed(h C.uintptr_t, message *C.char) {
	w := windowOf(h)
	w.app.log.Warn("webview: failed to print", "window", w.label, "error", C.GoString(message))
}

//export goLater
func goLater(h C.uintptr_t) {
	r := cgo.Handle(h).Value().(remains)
	cgo.Handle(h).Delete()
	if r.own != nil {
		r.own.Destroy()
	}
	C.tr_view_free(r.view)
}
