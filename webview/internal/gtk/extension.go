//go:build linux && cgo

package gtk

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
	"slices"
	"sync"
	"unsafe"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/shm/extension"
	"github.com/tailrace-go/tailrace/webview/internal/gtk/extensiondir"
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

// Offer hands duplicates of the files to the extension in the page's web process.
func (v *View) Offer(session string, files []*os.File) error {
	if v.view == nil {
		return transport.ErrClosed
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
	if text := C.tr_view_offer(v.view, id, &fds[0], C.size_t(len(fds))); text != nil {
		defer C.g_free(C.gpointer(unsafe.Pointer(text)))
		return fmt.Errorf("webview: failed to offer shared memory: %w",
			errors.New(C.GoString(text)))
	}
	return nil
}

// Library gives the extension for this machine, nil if there is none. Tests have their own.
var Library = extension.Library

// sharing is what the web processes of this program get of shared memory: they all load one
// extension. WebKit asks for it whenever it starts one.
//
// The extension lies on disk from the first web process on, while a window is open: Run's end and
// the last window take it away, and a later web process has it unpacked again.
var sharing = sharedExtension{places: func() []string { return extensiondir.Places(os.Getenv) }}

type sharedExtension struct {
	places func() []string

	mu        sync.Mutex              // guards what follows
	origins   []string                // of the Apps whose pages may use it
	windows   int                     // that are open
	directory *extensiondir.Directory // nil: not unpacked
	failed    error                   // why it was not unpacked the last time
}

// ErrNoExtension is a web process that has not loaded the extension though it was there.
var ErrNoExtension = errors.New("webview: the web process has not loaded the extension (it began " +
	"before the App, or its sandbox keeps the file from it)")

// Allow adds an App's origins. Web processes that are started later serve them.
func (x *sharedExtension) Allow(origins []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, o := range origins {
		if !slices.Contains(x.origins, o) {
			x.origins = append(x.origins, o)
		}
	}
}

// prepare unpacks the extension for a web process that is about to start. directory is "" when
// there is none to load. ok false: no App wants one, and the program may have its own.
func (x *sharedExtension) prepare() (directory string, origins []string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.origins) == 0 {
		return "", nil, false
	}
	if x.directory == nil {
		if x.directory, x.failed = extensiondir.Unpack(Library(),
			x.places()); x.failed != nil {
			return "", nil, true
		}
	}
	return x.directory.Path(), slices.Clone(x.origins), true
}

// Missing says why a page has no extension.
func (x *sharedExtension) Missing() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed != nil {
		return x.failed
	}
	return ErrNoExtension
}

// Hold counts a window in.
func (x *sharedExtension) Hold() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.windows++
}

// Release counts a window out. With the last one the extension goes.
func (x *sharedExtension) Release() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.windows--
	if x.windows > 0 {
		return nil
	}
	return x.remove()
}

// Remove takes the extension off the disk.
func (x *sharedExtension) Remove() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.remove()
}

// remove is Remove. The caller holds mu.
func (x *sharedExtension) remove() error {
	d := x.directory
	if d == nil {
		return nil
	}
	x.directory = nil
	return d.Remove()
}
