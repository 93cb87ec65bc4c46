// Package view is the border between a window of package webview and what shows its page.
//
// A [Platform] is a system's way to show pages: GTK with WebKitGTK, say. It registers itself in an
// init function; package webview asks for it when an App is made. A [View] is one window with one
// web view; it tells its [Host], the window of package webview, what happens there. What crosses is
// plain: texts, numbers, and the types of this package.
//
// # Goroutines
//
// All methods of a View and a Host are called on the main thread, unless they say otherwise. A
// Platform's say themselves. A [Responder] and a [Body] may be used on any goroutine.
package view

import (
	"errors"
	"image"
	"log/slog"
)

// Platform shows pages on a system.
type Platform interface {
	// Init opens the display, once. The error wraps ErrNoDisplay. Main thread only.
	Init() error
	// OnMainThread says whether this is the main thread. Any goroutine.
	OnMainThread() bool
	// Run runs the main loop until Quit. Main thread only, as Turn, Drain and Quit.
	Run()
	// Quit ends the innermost Run, if there is one.
	Quit()
	// Turn waits until something is ready in the loop, and does it.
	Turn()
	// Drain does what is ready in the loop, within a bound.
	Drain()
	// Repair mends what the system changes in the process as pages load: signal handlers,
	// scheduling. Main thread only.
	Repair()
	// Signals logs what the program can't have of its signals. Any goroutine.
	Signals(log *slog.Logger)

	// NewView gives a view that is not open yet: no window, no web process. Any goroutine.
	NewView() View

	// SetTheme changes the look of all windows. Main thread only.
	SetTheme(t Theme)
	// Pointer gives the pointer's place on the screen. Main thread only.
	Pointer() image.Point
	// Launch has the desktop open a URL; failed is called on the main thread, if it can't. Main
	// thread only.
	Launch(uri string, failed func(error))
	// Soon has f called on the main thread, behind all that web processes have said so far. Main
	// thread only.
	Soon(f func())
	// Keeps says whether there still is a navigation with that timer. Main thread only.
	Keeps(timer uint32) bool

	// Extension gives what web processes get of shared memory, or nil: the system has no such
	// thing.
	Extension() Extension
}

// Extension is what the web processes of this program load, so that pages get shared memory. Any
// goroutine may call its methods.
type Extension interface {
	// Allow adds origins whose pages may use it.
	Allow(origins []string)
	// Hold counts a window in; Release counts it out. With the last one the file goes.
	Hold()
	Release() error
	// Remove takes the file off the disk.
	Remove() error
	// Missing says why a page has none.
	Missing() error
}

// Errors of platforms. Package webview exports both.
var (
	ErrNoDisplay = errors.New("webview: no display: set DISPLAY or WAYLAND_DISPLAY, or run under " +
		"xvfb-run")
	ErrAttach = errors.New("webview: window can't be attached")
)

// registered is the platform of this program.
var registered Platform

// Register makes p the platform of this program. It is called by an init function, once.
func Register(p Platform) {
	if registered != nil {
		panic("view: a platform is registered already")
	}
	registered = p
}

// Registered gives the platform of this program, or nil: the program shows no windows.
func Registered() Platform { return registered }
