//go:build linux && cgo

package gtk

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"errors"
	"runtime/cgo"
	"unsafe"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// The values of gtk.h are those of the Go side: the last ones show it.
var (
	_ = [1]struct{}{}[view.EvalAside-C.TR_ASIDE]
	_ = [1]struct{}{}[view.EvalGone-C.TR_GONE]
)

// Eval implements view.View. It runs a script in the page, whatever its Content-Security-Policy
// says, and calls done, on the main thread.
func (v *View) Eval(js string, form view.EvalForm, done func(view.EvalOutcome, string)) {
	s := C.CString(js)
	defer C.free(unsafe.Pointer(s))
	C.tr_view_eval(v.view, s, C.size_t(len(js)), C.int(form), C.uintptr_t(cgo.NewHandle(done)))
}

// goEvaluated is called by the C side, on the main thread. The value went through JavaScriptCore in
// this process, which may have put its signal handlers in place.
//
//export goEvaluated
func goEvaluated(h C.uintptr_t, outcome C.int, text *C.char) {
	repairSignals()
	handle := cgo.Handle(h)
	done := handle.Value().(func(view.EvalOutcome, string))
	handle.Delete()
	done(view.EvalOutcome(outcome), C.GoString(text))
}

// Snapshot implements view.View.
func (v *View) Snapshot(result chan<- view.Snapshot) {
	C.tr_view_snapshot(v.view, C.uintptr_t(cgo.NewHandle(result)))
}

// goSnapshot is called by the C side, on the main thread.
//
//export goSnapshot
func goSnapshot(h C.uintptr_t, pix unsafe.Pointer, width, height, stride C.int, message *C.char) {
	handle := cgo.Handle(h)
	result := handle.Value().(chan<- view.Snapshot)
	handle.Delete()
	if pix == nil {
		result <- view.Snapshot{Err: errors.New(C.GoString(message))}
		return
	}
	result <- view.Snapshot{Pix: C.GoBytes(pix, stride*height), Width: int(width),
		Height: int(height),
		Stride: int(stride)}
}

// Ping implements view.View.
func (v *View) Ping(pong func()) {
	if v.view == nil {
		pong()
		return
	}
	C.tr_view_ping(v.view, C.uintptr_t(cgo.NewHandle(pong)))
}

// goPong is called by the C side, on the main thread.
//
//export goPong
func goPong(h C.uintptr_t) {
	pong := cgo.Handle(h).Value().(func())
	cgo.Handle(h).Delete()
	pong()
}

// SetSetting sets a property of the view's WebKitSettings, if that WebKit has it.
func (v *View) SetSetting(name string, on bool) {
	key, value := C.CString(name), C.CString(settingText(on))
	defer C.free(unsafe.Pointer(key))
	defer C.free(unsafe.Pointer(value))
	C.tr_setting_set(v.window, key, value)
}

func settingText(on bool) string {
	if on {
		return "TRUE"
	}
	return "FALSE"
}
