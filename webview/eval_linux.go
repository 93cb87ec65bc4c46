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
	_ = [1]struct{}{}[evalAside-C.TR_ASIDE]
	_ = [1]struct{}{}[evalGone-C.TR_GONE]
)

// eval runs a script in the page, whatever its Content-Security-Policy says, and calls done, on the
// main thread.
func (n *nativeWindow) eval(js string, form evalForm, done func(evalOutcome, string)) {
	s := C.CString(js)
	defer C.free(unsafe.Pointer(s))
	C.tr_view_eval(n.view, s, C.size_t(len(js)), C.int(form), C.uintptr_t(cgo.NewHandle(done)))
}

// goEvaluated is called by the C side, on the main thread. The value went through JavaScriptCore in
// this process, which may have put its signal handlers in place.
//
//export goEvaluated
func goEvaluated(h C.uintptr_t, outcome C.int, text *C.char) {
	repairSignals()
	handle := cgo.Handle(h)
	done := handle.Value().(func(evalOutcome, string))
	handle.Delete()
	done(evalOutcome(outcome), C.GoString(text))
}
