//go:build linux && cgo

package webview

import (
	"errors"
	"os"
	"slices"
	"sync"

	"github.com/tailrace-go/tailrace/transport/carrier/shm/extension"
)

// extensionLibrary gives the extension for this machine, nil if there is none. Tests have their
// own.
var extensionLibrary = extension.Library

// What the rest of the package calls, on every platform.
func allowExtension(origins []string) { sharing.allow(origins) }
func missingExtension() error         { return sharing.missing() }
func holdExtension()                  { sharing.hold() }
func releaseExtension() error         { return sharing.drop() }
func removeExtension() error          { return sharing.clear() }

// sharing is what the web processes of this program get of shared memory: they all load one
// extension. WebKit asks for it whenever it starts one.
//
// The extension lies on disk from the first web process on, while a window is open: Run's end and
// the last window take it away, and a later web process has it unpacked again.
var sharing = sharedExtension{places: func() []string { return extensionPlaces(os.Getenv) }}

type sharedExtension struct {
	places func() []string

	mu        sync.Mutex          // guards what follows
	origins   []string            // of the Apps whose pages may use it
	windows   int                 // that are open
	directory *extensionDirectory // nil: not unpacked
	failed    error               // why it was not unpacked the last time
}

// errNoExtension is a web process that has not loaded the extension though it was there.
var errNoExtension = errors.New("webview: the web process has not loaded the extension (it began " +
	"before the App, or its sandbox keeps the file from it)")

// allow adds an App's origins. Web processes that are started later serve them.
func (x *sharedExtension) allow(origins []string) {
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
		if x.directory, x.failed = unpackExtension(extensionLibrary(),
			x.places()); x.failed != nil {
			return "", nil, true
		}
	}
	return x.directory.path, slices.Clone(x.origins), true
}

// missing says why a page has no extension.
func (x *sharedExtension) missing() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed != nil {
		return x.failed
	}
	return errNoExtension
}

// hold counts a window in.
func (x *sharedExtension) hold() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.windows++
}

// drop counts a window out. With the last one the extension goes.
func (x *sharedExtension) drop() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.windows--
	if x.windows > 0 {
		return nil
	}
	return x.remove()
}

// clear takes the extension off the disk.
func (x *sharedExtension) clear() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.remove()
}

// remove is clear. The caller holds mu.
func (x *sharedExtension) remove() error {
	d := x.directory
	if d == nil {
		return nil
	}
	x.directory = nil
	return d.remove()
}
