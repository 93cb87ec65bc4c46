//go:build linux && cgo

package gtk

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	wv "github.com/webview/webview_go"

	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// View implements view.View. Its methods beyond that are for tests.
type View struct {
	host   view.Host
	own    wv.WebView     // nil: the program made the window itself
	window unsafe.Pointer // GtkWindow
	view   *C.tr_view     // nil: not open
	handle cgo.Handle     // of the View
	drags  int            // that have begun; for tests
}

var _ view.View = (*View)(nil)

// NewView implements view.Platform.
func (platform) NewView() view.View { return &View{} }

// Open implements view.View. The GtkWindow is ours, with webview_go's view inside: then webview_go
// neither ends the loop when the last window is closed nor runs a nested loop in Destroy.
func (v *View) Open(h view.Host, o view.Options) error {
	title := C.CString(o.Title)
	defer C.free(unsafe.Pointer(title))
	v.window = C.tr_window_new(title, C.int(o.Width), C.int(o.Height))
	v.own = wv.NewWindow(false, v.window) // for Debug there is a setting
	if C.tr_web_view(v.window) != nil {
		C.tr_messages_clear(v.window)
	}
	if err := v.connect(h, v.own, o); err != nil {
		v.own.Destroy()
		C.tr_window_destroy(v.window)
		return err
	}
	v.prepare(o)
	if !o.Hidden {
		C.tr_window_show(v.window)
	}
	return nil
}

// prepare does what must be done before a window is shown.
func (v *View) prepare(o view.Options) {
	if p, ok := o.Parent.(*View); ok && p.window != nil {
		C.tr_window_parent(v.window, p.window)
	}
	if o.NoFocus {
		C.tr_window_no_focus(v.window)
	}
	if o.Undecorated { // before it has a frame, which would have its part of the size on Wayland
		v.Set(view.Decorated, false)
	}
	C.tr_window_realize(v.window)
	if o.Fixed {
		v.Set(view.Resizable, false)
	}
	scale := v.State().Scale
	width, height := view.Drawable(o.Width, scale), view.Drawable(o.Height, scale)
	if width < o.Width || height < o.Height {
		v.SetSize(width, height)
	}
	for _, f := range o.Flags {
		v.Set(f, true)
	}
	switch {
	case o.Center:
		v.Center()
	case o.Position != nil:
		v.SetPosition(o.Position.X, o.Position.Y)
	}
}

// Attach implements view.View.
func (v *View) Attach(h view.Host, from view.Native, o view.Options) error {
	v.window = from.Window()
	if C.tr_web_view(v.window) == nil {
		return fmt.Errorf("%w: it holds no web view of webview_go", view.ErrAttach)
	}
	if C.tr_view_loaded(v.window) != 0 {
		return fmt.Errorf("%w: it has navigated already; attach it before its first page",
			view.ErrAttach)
	}
	C.tr_messages_guard(v.window)
	from.Init(o.Scripts.Bound)
	return v.connect(h, from, o)
}

// connect has the host hear of the view, and the view's pages get their scripts.
func (v *View) connect(h view.Host, from view.Native, o view.Options) error {
	if C.tr_web_view(v.window) == nil {
		return fmt.Errorf("%w: webview_go made no web view", view.ErrAttach)
	}
	nobodysLog = o.Logger
	for name, on := range o.Settings {
		v.SetSetting(name, on)
	}
	v.host = h
	v.handle = cgo.NewHandle(v)
	v.view = C.tr_view_attach(v.window, C.uintptr_t(v.handle))
	C.tr_register_scheme(v.view)
	messages, watch, dialogs := C.CString(o.Scripts.Messages), C.CString(o.Scripts.Watch),
		C.CString(o.Scripts.Dialogs)
	defer C.free(unsafe.Pointer(messages))
	defer C.free(unsafe.Pointer(watch))
	defer C.free(unsafe.Pointer(dialogs))
	C.tr_messages_hear(v.view, messages)
	C.tr_documents_watch(v.view, watch, dialogs)
	for _, script := range o.Scripts.Page {
		from.Init(script)
	}
	return nil
}

// Own implements view.View.
func (v *View) Own() bool { return v.own != nil }

// IsOpen implements view.View.
func (v *View) IsOpen() bool { return v.view != nil }

// End implements view.View.
func (v *View) End() { C.tr_view_end(v.view) }

// Destroy implements view.View.
func (v *View) Destroy() { C.tr_window_destroy(v.window) }

// Hide implements view.View.
func (v *View) Hide() { C.tr_window_hide(v.window) }

// Leave implements view.View.
func (v *View) Leave() { C.tr_view_leave(v.view) }

// Release implements view.View.
func (v *View) Release(kill bool) {
	if v.view == nil {
		return
	}
	C.tr_view_detach(v.view)
	v.handle.Delete()
	if kill {
		C.tr_view_end(v.view)
	}
	if v.own != nil {
		C.tr_window_destroy(v.window)
	}
	// webview_go may have functions queued that use its object. They run before it goes. And the
	// program may destroy its window inside of a signal of GTK's or WebKit's, which a function of
	// ours has brought about and goes on behind.
	C.tr_later(C.uintptr_t(cgo.NewHandle(remains{v.own, v.view})))
	*v = View{}
}

// remains is what is left of a window that is closed.
type remains struct {
	own  wv.WebView // nil: the program's
	view *C.tr_view
}

// LimitBodies implements view.View.
func (v *View) LimitBodies(bytes int64) {
	if v.view != nil {
		C.tr_view_limit(v.view, C.int64_t(bytes))
	}
}

// Load implements view.View.
func (v *View) Load(uri string) {
	s := C.CString(uri)
	defer C.free(unsafe.Pointer(s))
	C.tr_view_load(v.view, s)
}

// Reload implements view.View.
func (v *View) Reload() { C.tr_view_reload(v.view) }

// SetApart implements view.View.
func (v *View) SetApart(apart bool) { C.tr_view_set_apart(v.view, cBool(apart)) }

// WasApart implements view.View.
func (v *View) WasApart() bool { return C.tr_view_was_apart(v.view) != 0 }

// Kill implements view.View.
func (v *View) Kill() { C.tr_view_kill(v.view) }

// What follows is called by the C side, on the main thread.

func hostOf(h C.uintptr_t) view.Host { return cgo.Handle(h).Value().(*View).host }

//export goLoadChanged
func goLoadChanged(h C.uintptr_t, event C.int, uri *C.char) {
	hostOf(h).LoadChanged(view.LoadEvent(event), C.GoString(uri))
}

// goLoadFailed gives the HTML to show instead of WebKit's error, for free, or NULL. "": what is
// there stays.
//
//export goLoadFailed
func goLoadFailed(h C.uintptr_t, uri, message *C.char) *C.char {
	page, stays := hostOf(h).LoadFailed(C.GoString(uri), C.GoString(message))
	if page == "" && !stays {
		return nil
	}
	return C.CString(page)
}

//export goProcessEnded
func goProcessEnded(h C.uintptr_t, reason C.int) { hostOf(h).ProcessEnded(int(reason)) }

// goDestroyed is told that somebody else destroys the view, and is inside a signal. So what
// destroys more waits for the queue.
//
//export goDestroyed
func goDestroyed(h C.uintptr_t) {
	v := cgo.Handle(h).Value().(*View)
	host := v.host
	if v.own == nil {
		host.Shut()
		return
	}
	mainloop.Post(host.Shut)
}

//export goPageError
func goPageError(h C.uintptr_t, text *C.char) { hostOf(h).PageError(C.GoString(text)) }

//export goLater
func goLater(h C.uintptr_t) {
	r := cgo.Handle(h).Value().(remains)
	cgo.Handle(h).Delete()
	if r.own != nil {
		r.own.Destroy()
	}
	C.tr_view_free(r.view)
}
