//go:build linux && cgo

package webview

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// The values of gtk.h are those of the Go side: the last ones show it.
var (
	_ = [1]struct{}{}[DialogPrint-C.TR_PRINT]
	_ = [1]struct{}{}[dialogHold-C.TR_DIALOG_HOLD]
)

// watchDocuments has every document tell whether it is of the app's own origins.
func (n *nativeWindow) watchDocuments(g origins) {
	watch := C.CString(g.forDocuments(watchScript))
	defer C.free(unsafe.Pointer(watch))
	dialogs := C.CString(g.forDocuments(dialogsScript))
	defer C.free(unsafe.Pointer(dialogs))
	C.tr_documents_watch(n.view, watch, dialogs)
}

// nativeSoon has f called behind all messages of web processes that have come. Main thread only.
func nativeSoon(f func()) { C.tr_soon(C.uintptr_t(cgo.NewHandle(f))) }

// foreign says whether a document of another origin is or was in the page. Of a window that is not
// open nobody knows.
func (n *nativeWindow) foreign() bool { return n.view == nil || C.tr_foreign(n.view) != 0 }

// answerDialog answers a question of goDialog, unless it is over.
func (n *nativeWindow) answerDialog(question int64, a DialogAction, text string) {
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	C.tr_dialog_answer(n.view, C.int64_t(question), C.int(a), s)
}

func (n *nativeWindow) print() { C.tr_print(n.view) }

// showsDialog says whether WebKit shows a script's dialog. For tests.
func (n *nativeWindow) showsDialog() bool { return C.tr_shows_dialog(n.view) != 0 }

// dialogHeight gives the height that the dialog wants, in pixels. For tests.
func (n *nativeWindow) dialogHeight() int { return int(C.tr_dialog_height(n.view)) }

// What follows is called by the C side, on the main thread.

//export goSoon
func goSoon(h C.uintptr_t) {
	f := cgo.Handle(h).Value().(func())
	cgo.Handle(h).Delete()
	f()
}

//export goDialog
func goDialog(h C.uintptr_t, kind C.int, message, text *C.char, question C.int64_t) C.int {
	w := windowOf(h)
	d := Dialog{
		Window: w, Kind: DialogKind(kind), Message: C.GoString(message), Default: C.GoString(text),
	}
	return C.int(w.dialog(d, int64(question)))
}

//export goPrint
func goPrint(h C.uintptr_t) { windowOf(h).prints() }

//export goDialogRefused
func goDialogRefused(h C.uintptr_t, kind C.int) { windowOf(h).dialogRefused(DialogKind(kind)) }
