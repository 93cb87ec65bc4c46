//go:build linux && cgo

package gtk

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"runtime/cgo"
	"strings"
	"unsafe"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// What only tests need. Main thread only.

// Handle gives the GtkWindow.
func (v *View) Handle() unsafe.Pointer { return v.window }

// WebviewGo gives webview_go's object, or nil.
func (v *View) WebviewGo() interface{ Eval(js string) } {
	if v.own == nil {
		return nil
	}
	return v.own
}

// Drags counts the drags that have begun.
func (v *View) Drags() int { return v.drags }

// Ask asks the window to close, as its button does.
func (v *View) Ask() { C.tr_window_close(v.window) }

// Iconified tells the window that it was minimized, or is not any more, as a window manager would.
func (v *View) Iconified(on bool) { C.tr_window_iconified(v.window, cBool(on)) }

// ProgramDestroys has a handler of the program's own destroy its window inside a signal, see gtk.h.
func ProgramDestroys(window unsafe.Pointer, signal string) {
	s := C.CString(signal)
	defer C.free(unsafe.Pointer(s))
	C.tr_program_destroys(window, s)
}

// Navigations counts all that WebKit keeps: each has a timer, and so has each view. It takes the
// longer the more sources there were.
func Navigations() (n int) {
	for number := uint32(C.tr_next_number()); number > 0; number-- {
		if (platform{}).Keeps(number) {
			n++
		}
	}
	return n
}

// Toplevels counts the windows that are shown, dialogs and menus too.
func Toplevels() int { return int(C.tr_toplevels()) }

// MessageHandlers gives the names of all message handlers, in whatever world.
func MessageHandlers() (names []string) {
	for i := range C.TR_HANDLERS {
		names = append(names, C.GoString(C.tr_message_handler(C.int(i))))
	}
	return names
}

// Click clicks into the page, as the user would.
func (v *View) Click(x, y, button int) {
	C.tr_view_click(v.view, C.int(x), C.int(y), C.int(button))
}

// Press presses a button in the page, or lets it go.
func (v *View) Press(x, y, button int, pressed bool) {
	C.tr_view_button(v.view, C.int(x), C.int(y), C.int(button), cBool(pressed))
}

// Key presses a key, of GDK's number, and lets it go.
func (v *View) Key(value uint) { C.tr_view_key(v.view, C.uint(value)) }

// Blur tells the window that it has lost the keyboard.
func (v *View) Blur() { C.tr_window_blur(v.window) }

// Dialogs says whether the window has dialogs that are windows of their own.
func (v *View) Dialogs() bool { return C.tr_dialogs(v.view) != 0 }

// ShowsDialog says whether WebKit shows a script's dialog.
func (v *View) ShowsDialog() bool { return C.tr_shows_dialog(v.view) != 0 }

// DialogHeight gives the height that the dialog wants, in pixels.
func (v *View) DialogHeight() int { return int(C.tr_dialog_height(v.view)) }

//export goMenu
func goMenu(h C.uintptr_t, items *C.char) {
	if MenuShown != nil {
		MenuShown(hostOf(h), C.GoString(items))
	}
}

// MenuShown is told the stock actions of a context menu that is about to be shown.
var MenuShown func(h view.Host, items string)

// SignalNames gives the signals that this WebKit has, a line each.
func SignalNames() string {
	s := C.tr_signals()
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}

// Automated says whether a driver may drive the window.
func (v *View) Automated() bool { return C.tr_automation_allowed(v.view) != 0 }

// ProgramDecides is a program's own handler of WebKit's decisions. It takes those for which it
// returns true, and makes them by decide on the main thread.
type ProgramDecides func(uri string, answer bool, decide func(view.Verdict)) (takes bool)

// Connect connects the handler to a window's view, until the process ends. Main thread only.
func (f ProgramDecides) Connect(window unsafe.Pointer) {
	C.tr_program_policy(window, C.uintptr_t(cgo.NewHandle(f)))
}

//export goProgramDecides
func goProgramDecides(h C.uintptr_t, uri *C.char, kind C.int, p *C.tr_program_decision) C.int {
	f := cgo.Handle(h).Value().(ProgramDecides)
	return cBool(f(C.GoString(uri), kind == C.TR_RESPONSE, func(d view.Verdict) {
		C.tr_program_decide(p, C.int(d))
	}))
}

// Download begins a download, as a page would.
func (v *View) Download(uri string) {
	s := C.CString(uri)
	defer C.free(unsafe.Pointer(s))
	C.tr_download_begin(v.view, s)
}

// Settings gives all properties of a window's WebKitSettings as text; nil: of new ones.
func Settings(window unsafe.Pointer) map[string]string {
	list := C.tr_settings_list(window)
	defer C.free(unsafe.Pointer(list)) // g_free is free
	all := map[string]string{}
	for line := range strings.Lines(C.GoString(list)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all
}
