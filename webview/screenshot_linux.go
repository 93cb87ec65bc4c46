//go:build linux && cgo

package webview

/*
#include "gtk.h"
*/
import "C"

import (
	"errors"
	"runtime/cgo"
	"unsafe"
)

// snapshot has a picture sent to result, which has room for it.
func (n *nativeWindow) snapshot(result chan<- snapshot) {
	C.tr_view_snapshot(n.view, C.uintptr_t(cgo.NewHandle(result)))
}

// goSnapshot is called by the C side, on the main thread.
//
//export goSnapshot
func goSnapshot(h C.uintptr_t, pix unsafe.Pointer, width, height, stride C.int, message *C.char) {
	handle := cgo.Handle(h)
	result := handle.Value().(chan<- snapshot)
	handle.Delete()
	if pix == nil {
		result <- snapshot{err: errors.New(C.GoString(message))}
		return
	}
	result <- snapshot{pix: C.GoBytes(pix, stride*height), width: int(width), height: int(height),
		stride: int(stride)}
}
