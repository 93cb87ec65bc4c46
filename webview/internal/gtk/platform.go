//go:build linux && cgo

// Package gtk shows pages by WebKitGTK in windows of GTK 3, through webview_go. It is the only
// package that links them, and all of the library's C is here. Package native imports it.
//
// The Go files are in pairs with C files of the same name, which gtk.h declares:
//
//	platform.go, loop.c, process.c   what is one for the process: the loop, signals, scheduling
//	view.go, view.c                  a window's view, and its end
//	window.go, window.c, screen.c    a window's state and size; monitors, the pointer, the theme
//	scheme.go, scheme.c, body.c      requests over the scheme, their bodies and their answers
//	policy.go, policy.c, download.c  where pages lead, and downloads
//	asks.go, dialogs.c, requests.c   what WebKit asks on behalf of a page
//	scripts.go, scripts.c            scripts of ours, evaluation, what documents tell
//	extension.go                     what the web process loads; extensiondir has it on the disk
//	probe.go, probe.c                what only tests need
package gtk

/*
#cgo pkg-config: gtk+-3.0 gtk+-unix-print-3.0 webkit2gtk-4.0 gio-unix-2.0
#cgo CFLAGS: -Wall
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// platform implements view.Platform.
type platform struct{}

var _ view.Platform = platform{}

func init() {
	// GTK's thread is the main one, and so is the one of main.main: webview_go does the same.
	runtime.LockOSThread()
	mainloop.Use(loop{})
	view.Register(platform{})
}

// Init implements view.Platform.
func (platform) Init() error {
	C.tr_keep_signals()
	if C.tr_init() == 0 {
		return view.ErrNoDisplay
	}
	C.tr_extension_connect()
	return nil
}

// OnMainThread implements view.Platform.
func (platform) OnMainThread() bool { return C.tr_on_main() != 0 }

// Run implements view.Platform.
func (platform) Run() { C.tr_main() }

// Quit implements view.Platform.
func (platform) Quit() { C.tr_main_quit() }

// Turn implements view.Platform.
func (platform) Turn() { C.tr_turn() }

// drainTurns bounds what Drain does: enough for what the closing of windows has queued, and not for
// ever.
const drainTurns = 256

// Drain implements view.Platform.
func (platform) Drain() {
	for range drainTurns {
		if C.tr_iterate() == 0 && !mainloop.RunLeft() {
			return
		}
	}
}

// Keeps implements view.Platform.
func (platform) Keeps(timer uint32) bool { return C.tr_is_navigation_timer(C.uint(timer)) != 0 }

// Extension implements view.Platform.
func (platform) Extension() view.Extension { return &sharing }

// loop implements mainloop.Driver.
type loop struct{}

// Wake implements mainloop.Driver.
func (loop) Wake() { C.tr_wake() }

// WakeLater implements mainloop.Driver.
func (loop) WakeLater(d time.Duration) { C.tr_wake_later(C.uint(d.Milliseconds())) }

// Idle implements mainloop.Driver.
func (loop) Idle() { C.tr_idle() }

//export goTasks
func goTasks(rested C.int) { mainloop.RunTasks(rested != 0) }

//export goIdled
func goIdled() { mainloop.Idled() }

// Receiver is the name of WebKit's threads in this process that talk with the web processes, one
// each.
const Receiver = "ReceiveQueue"

// lowerReceivers takes WebKit's receiving threads out of real-time scheduling.
//
// WebKit runs them at SCHED_RR where it may (as root, or by rtkit). While data streams into as many
// windows as there are cores, they then take all cores from the main thread, for which they work,
// and from every other program: the machine stands still until the kernel's limit for real-time
// threads ends that, 0.95 s of each second. Measured on 2 cores with 2 windows, 100,000 messages of
// 128 B into each: 1.3 to 5.1 s with real-time scheduling, 0.25 to 0.5 s without. One window alone
// is not slower without.
//
// It reads /proc, so it runs off the main thread.
func lowerReceivers() {
	names, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil || strings.TrimSpace(string(b)) != Receiver {
			continue // a thread that ended meanwhile, or another one
		}
		if tid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			C.tr_lower(C.int(tid))
		}
	}
}

// Repair implements view.Platform: signal handlers at once, and scheduling soon after.
func (platform) Repair() {
	repairSignals()
	go lowerReceivers()
}

// repairSignals gives the program its signal handlers back. Main thread only.
func repairSignals() { C.tr_fix_signals(cBool(signal.Ignored(syscall.SIGPIPE))) }

// SuspendingSignal gives the signal that JavaScriptCore has for itself.
func SuspendingSignal() syscall.Signal { return syscall.Signal(C.tr_suspending()) }

// Signals implements view.Platform.
func (platform) Signals(log *slog.Logger) {
	if text := C.tr_unusable_signal(); text != nil {
		log.Warn(
			"webview: JSC_SIGNAL_FOR_GC is not used, as it is not the number of a signal that "+
				"can be handled: leave it out of the environment", "value",
			loglimit.Short(C.GoString(text)))
	}
	if SuspendingSignal() == syscall.SIGUSR1 {
		log.Warn("webview: SIGUSR1 is JavaScriptCore's (JSC_SIGNAL_FOR_GC says so, or this " +
			"WebKitGTK can't have another): the process dies when somebody else sends it")
	}
}
