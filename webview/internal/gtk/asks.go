//go:build linux && cgo

package gtk

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// The values of gtk.h are those of the Go side: the last ones show it.
var (
	_ = [1]struct{}{}[view.DialogPrint-C.TR_PRINT]
	_ = [1]struct{}{}[view.DialogHold-C.TR_DIALOG_HOLD]
	_ = [1]struct{}{}[view.PermissionClipboard-C.TR_CLIPBOARD]
	_ = [1]struct{}{}[view.MenuDownloads-C.TR_MENU_DOWNLOADS]
)

// Soon implements view.Platform.
func (platform) Soon(f func()) { C.tr_soon(C.uintptr_t(cgo.NewHandle(f))) }

// foreign says whether a document of another origin is or was in the page. Of a window that is not
// open nobody knows.
func (v *View) Foreign() bool { return v.view == nil || C.tr_foreign(v.view) != 0 }

// answerDialog answers a question of goDialog, unless it is over.
func (v *View) AnswerDialog(question int64, a view.DialogAction, text string) {
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	C.tr_dialog_answer(v.view, C.int64_t(question), C.int(a), s)
}

func (v *View) Print() { C.tr_print(v.view) }

//export goSoon
func goSoon(h C.uintptr_t) {
	f := cgo.Handle(h).Value().(func())
	cgo.Handle(h).Delete()
	f()
}

//export goDialog
func goDialog(h C.uintptr_t, kind C.int, message, text *C.char, question C.int64_t) C.int {
	return C.int(hostOf(h).Dialog(view.DialogKind(kind), C.GoString(message), C.GoString(text),
		int64(question)))
}

//export goPrint
func goPrint(h C.uintptr_t) { hostOf(h).Prints() }

//export goDialogRefused
func goDialogRefused(h C.uintptr_t, kind C.int) { hostOf(h).DialogRefused(view.DialogKind(kind)) }

//export goPermission
func goPermission(h C.uintptr_t, kind C.int, name *C.char, p *C.tr_permission) C.int {
	return C.int(hostOf(h).Permission(view.PermissionKind(kind), C.GoString(name),
		func(allow bool) {
			C.tr_permit(p, cBool(allow))
		}))
}

//export goAsksPermissions
func goAsksPermissions(h C.uintptr_t) C.int {
	return cBool(hostOf(h).AsksPermissions())
}

//export goAuthenticates
func goAuthenticates(h C.uintptr_t, origin *C.char, proxy C.int) C.int {
	return cBool(hostOf(h).Authenticates(C.GoString(origin), proxy != 0))
}

//export goRefused
func goRefused(h C.uintptr_t, what *C.char) {
	hostOf(h).Refused(C.GoString(what))
}

//export goMenuHas
func goMenuHas(h C.uintptr_t, what C.int) C.int {
	return cBool(hostOf(h).MenuHas(view.MenuItems(what)))
}

//export goPrintFailed
func goPrintFailed(h C.uintptr_t, message *C.char) { hostOf(h).PrintFailed(C.GoString(message)) }
