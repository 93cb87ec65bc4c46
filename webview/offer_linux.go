//go:build linux && cgo

package webview

/*
#include <glib.h>
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

// goExtend is called by the C side, on the main thread, when a web process is about to start.
//
//export goExtend
func goExtend(context unsafe.Pointer) {
	directory, origins, ok := sharing.prepare()
	if !ok {
		return
	}
	path := C.CString(directory)
	defer C.free(unsafe.Pointer(path))
	list := make([]*C.char, len(origins)+1) // one more, so that there is a first
	for i, o := range origins {
		list[i] = C.CString(o)
		defer C.free(unsafe.Pointer(list[i]))
	}
	names := (**C.char)(C.malloc(C.size_t(len(list)) * C.size_t(unsafe.Sizeof(list[0]))))
	defer C.free(unsafe.Pointer(names))
	copy(unsafe.Slice(names, len(list)), list)
	C.tr_extension_set(context, path, names, C.size_t(len(origins)))
}

// offer hands duplicates of the files to the extension in the page's web process.
func (n *nativeWindow) offer(session string, files []*os.File) error {
	if n.view == nil {
		return ErrClosed
	}
	fds := make([]C.int, 0, len(files))
	for _, f := range files {
		c, err := f.SyscallConn() // Fd would make it blocking
		if err == nil {
			err = c.Control(func(fd uintptr) { fds = append(fds, C.int(fd)) })
		}
		if err != nil {
			return fmt.Errorf("webview: failed to offer shared memory: %w", err)
		}
	}
	id := C.CString(session)
	defer C.free(unsafe.Pointer(id))
	if text := C.tr_view_offer(n.view, id, &fds[0], C.size_t(len(fds))); text != nil {
		defer C.g_free(C.gpointer(unsafe.Pointer(text)))
		return fmt.Errorf("webview: failed to offer shared memory: %w",
			errors.New(C.GoString(text)))
	}
	return nil
}
