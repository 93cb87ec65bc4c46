package webview

import (
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Errors of this package wrap these; test with errors.Is.
var (
	// ErrNoCarrier comes from New in a program that can show no pages: it does not import package
	// native, or the system has no way into them.
	ErrNoCarrier = errors.New("webview: no carrier: windows need the import of " +
		"github.com/tailrace-go/tailrace/webview/native, and Linux with WebKitGTK and cgo: " +
		"build with CGO_ENABLED=1, a C++ compiler, pkg-config and the package " +
		"libwebkit2gtk-4.0-dev, or libwebkit2gtk-4.1-dev with an alias for pkg-config, which the " +
		"README has")
	// ErrClosed is transport.ErrClosed: a window or an App that is closed, or closing; a page that
	// is gone.
	ErrClosed = transport.ErrClosed
	// ErrLabel is a label that is taken, or has characters other than letters, digits and - / : _
	ErrLabel = errors.New("webview: label can't be used")
	// ErrMainThread is a call from the wrong thread: Run belongs to the main goroutine, and
	// what waits for a page must not be called on it: that is bus.ErrUIThread, too.
	ErrMainThread = errors.New("webview: wrong thread")
	// ErrRunning is a second Run.
	ErrRunning = errors.New("webview: Run may be called once, and by one App at a time")
	// ErrNoDisplay means that GTK found neither an X nor a Wayland display. Set DISPLAY,
	// or run under xvfb-run.
	ErrNoDisplay = view.ErrNoDisplay
	// ErrWindows is a window too many: Options.MaxWindows.
	ErrWindows = errors.New("webview: too many windows")
	// ErrResources is a page that holds Options.MaxResources already: it must close some.
	ErrResources = tauri.ErrResources
	// ErrAttach is a window that can't be attached.
	ErrAttach = view.ErrAttach
)

// What a page gets in Tauri's words.
var (
	errTaken    = fmt.Errorf("%w: such a window is open already", ErrLabel)
	errNoParent = errors.New("webview: the parent window is not open")
)
