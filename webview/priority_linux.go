//go:build linux && cgo

package webview

/*
#include "gtk.h"
*/
import "C"

import (
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/tailrace-go/tailrace/internal/loglimit"
)

// receiver is the name of WebKit's threads in this process that talk with the web processes, one
// each.
const receiver = "ReceiveQueue"

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
		if err != nil || strings.TrimSpace(string(b)) != receiver {
			continue // a thread that ended meanwhile, or another one
		}
		if tid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			C.tr_lower(C.int(tid))
		}
	}
}

// nativeRepair mends what WebKit changes in the process when pages load: signal handlers, at once,
// and scheduling, soon after.
func nativeRepair() {
	repairSignals()
	go lowerReceivers()
}

// repairSignals gives the program its signal handlers back. Main thread only.
func repairSignals() { C.tr_fix_signals(cBool(signal.Ignored(syscall.SIGPIPE))) }

// suspendingSignal gives the signal that JavaScriptCore has for itself.
func suspendingSignal() syscall.Signal { return syscall.Signal(C.tr_suspending()) }

// nativeSignals says what a program can't have of its signals.
func nativeSignals(log *slog.Logger) {
	if text := C.tr_unusable_signal(); text != nil {
		log.Warn("webview: JSC_SIGNAL_FOR_GC is not used, as it is not the number of a signal "+
			"that can be handled: leave it out of the environment",
			"value", loglimit.Short(C.GoString(text)))
	}
	if suspendingSignal() == syscall.SIGUSR1 {
		log.Warn("webview: SIGUSR1 is JavaScriptCore's (JSC_SIGNAL_FOR_GC says so, or this " +
			"WebKitGTK can't have another): the process dies when somebody else sends it")
	}
}
