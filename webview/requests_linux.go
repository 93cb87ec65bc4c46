//go:build linux && cgo

package webview

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import "unsafe"

// The values of gtk.h are those of the Go side: the last one shows it.
var _ = [1]struct{}{}[PermissionClipboard-C.TR_CLIPBOARD]

// What follows is called by the C side, on the main thread.

//export goPermission
func goPermission(h C.uintptr_t, kind C.int, name *C.char, p *C.tr_permission) C.int {
	return C.int(windowOf(h).permission(PermissionKind(kind), C.GoString(name), func(allow bool) {
		C.tr_permit(p, cBool(allow))
	}))
}

//export goAsksPermissions
func goAsksPermissions(h C.uintptr_t) C.int {
	return cBool(windowOf(h).app.options.OnPermission != nil)
}

//export goAuthenticates
func goAuthenticates(h C.uintptr_t, origin *C.char, proxy C.int) C.int {
	return cBool(windowOf(h).authenticates(C.GoString(origin), proxy != 0))
}

//export goRefused
func goRefused(h C.uintptr_t, what *C.char) {
	windowOf(h).refuseAny(C.GoString(what) + ": the user's last click or key was in no document " +
		"of the app's origins")
}

//export goMenuHas
func goMenuHas(h C.uintptr_t, what C.int) C.int {
	o := windowOf(h).app.options
	if what == C.TR_MENU_WINDOWS {
		return cBool(o.OnNewWindow != nil)
	}
	return cBool(o.OnDownload != nil)
}

//export goMenu
func goMenu(h C.uintptr_t, items *C.char) {
	if menuShown != nil {
		menuShown(windowOf(h), C.GoString(items))
	}
}

// menuShown is told the stock actions of a context menu that is about to be shown. For tests.
var menuShown func(w *Window, items string)

// nativeSignalNames gives the signals that this WebKit has, a line each. For tests.
func nativeSignalNames() string {
	s := C.tr_signals()
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}

// automated says whether a driver may drive the window. For tests.
func (n *nativeWindow) automated() bool { return C.tr_automation_allowed(n.view) != 0 }
