//go:build linux && cgo

package webview

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"errors"
	"log/slog"
	"runtime/cgo"
	"unsafe"

	"github.com/tailrace-go/tailrace/internal/loglimit"
)

// The values of gtk.h are those of the Go side: the last ones show it.
var (
	_ = [1]struct{}{}[leadResponse-C.TR_RESPONSE]
	_ = [1]struct{}{}[verdictHold-C.TR_HOLD]
)

// What follows is called by the C side, on the main thread.

// goLeads is asked where a page may go. decision is NULL when nobody waits for the answer.
//
//export goLeads
func goLeads(h C.uintptr_t, c *C.tr_lead, decision *C.tr_decision) C.int {
	l := lead{
		kind: leadKind(c.kind), uri: C.GoString(c.uri), method: C.GoString(c.method),
		disposition: C.GoString(c.disposition), gesture: c.gesture != 0, same: c.same != 0,
		redirect: c.redirect != 0, link: c.link != 0, back: c.back != 0, listed: c.listed != 0,
		mainFrame: c.main_frame != 0, download: c.download != 0,
	}
	return C.int(windowOf(h).leads(l, func(v verdict) { C.tr_decide(decision, C.int(v)) }))
}

// goNavigates is told of each navigation that begins, before anybody decides, with the number of
// its timer and the length of its URL.
//
//export goNavigates
func goNavigates(h C.uintptr_t, timer C.uint, url C.size_t) {
	windowOf(h).navigates(uint32(timer), int(url))
}

// goLeftToOthers is told that handlers of the program's own may make a decision of WebKit's, which
// goDecisionIsOurs or goDecisionEnded ends.
//
//export goLeftToOthers
func goLeftToOthers(h C.uintptr_t, back C.int) C.uintptr_t {
	return C.uintptr_t(cgo.NewHandle(windowOf(h).leaveToOthers(back != 0)))
}

// goDecisionIsOurs is told that the decision has come to the handler of this package.
//
//export goDecisionIsOurs
func goDecisionIsOurs(h C.uintptr_t) { endUnseen(h).isOurs() }

// goDecisionEnded is told that the decision is made, and nobody has it any more.
//
//export goDecisionEnded
func goDecisionEnded(h C.uintptr_t) { endUnseen(h).ended() }

func endUnseen(h C.uintptr_t) *unseen {
	u := cgo.Handle(h).Value().(*unseen)
	cgo.Handle(h).Delete()
	return u
}

// programDecides is a program's own handler of WebKit's decisions. It takes those for which it
// returns true, and makes them by decide on the main thread. For tests.
type programDecides func(uri string, answer bool, decide func(verdict)) (takes bool)

// connect connects the handler to a window's view, until the process ends. Main thread only.
func (f programDecides) connect(window unsafe.Pointer) {
	C.tr_program_policy(window, C.uintptr_t(cgo.NewHandle(f)))
}

//export goProgramDecides
func goProgramDecides(h C.uintptr_t, uri *C.char, kind C.int, p *C.tr_program_decision) C.int {
	f := cgo.Handle(h).Value().(programDecides)
	return cBool(f(C.GoString(uri), kind == C.TR_RESPONSE, func(v verdict) {
		C.tr_program_decide(p, C.int(v))
	}))
}

//export goDownload
func goDownload(h C.uintptr_t, uri *C.char, native *C.tr_download) C.uintptr_t {
	d := windowOf(h).begin(C.GoString(uri), unsafe.Pointer(native))
	if d == nil {
		return 0
	}
	d.handle = uintptr(cgo.NewHandle(d))
	return C.uintptr_t(d.handle)
}

func downloadOf(h C.uintptr_t) *Download { return cgo.Handle(h).Value().(*Download) }

// nobodysLog is the logger of the App that opened a window last. Main thread only.
var nobodysLog *slog.Logger

// goNobodysDownload is told of a download that is refused, as no window has it.
//
//export goNobodysDownload
func goNobodysDownload(uri *C.char) {
	nobodysLog.Warn(
		"webview: refused a download of a window that is closed, or of none: a program "+
			"that begins its own must connect WebKitDownload::decide-destination", "url",
		loglimit.Short(C.GoString(uri)))
}

// download begins a download, as a page would. For tests.
func (n *nativeWindow) download(uri string) {
	s := C.CString(uri)
	defer C.free(unsafe.Pointer(s))
	C.tr_download_begin(n.view, s)
}

//export goDestination
func goDestination(h C.uintptr_t, name, mediaType *C.char, size C.int64_t) {
	downloadOf(h).destination(C.GoString(name), C.GoString(mediaType), int64(size))
}

//export goReceived
func goReceived(h C.uintptr_t, n C.int64_t) { downloadOf(h).received.Add(int64(n)) }

//export goDownloadFailed
func goDownloadFailed(h C.uintptr_t, message *C.char) {
	downloadOf(h).failure = C.GoString(message)
}

//export goDownloaded
func goDownloaded(h C.uintptr_t) {
	d := downloadOf(h)
	cgo.Handle(h).Delete()
	d.over()
}

func (d *Download) cancelNative() {
	if d.native != nil {
		C.tr_download_cancel((*C.tr_download)(d.native))
	}
}

func (d *Download) toNative(path string) {
	if d.native != nil {
		s := C.CString(path)
		defer C.free(unsafe.Pointer(s))
		C.tr_download_to((*C.tr_download)(d.native), s)
	}
}

func (d *Download) forgetNative() {
	if d.native != nil {
		C.tr_download_forget((*C.tr_download)(d.native))
		d.native = nil
		cgo.Handle(d.handle).Delete()
	}
}

// nativeLaunch has the desktop open a URL: GLib finds the program and starts it, without a shell.
// Main thread only.
func nativeLaunch(uri string, failed func(error)) {
	s := C.CString(uri)
	defer C.free(unsafe.Pointer(s))
	C.tr_launch(s, C.uintptr_t(cgo.NewHandle(failed)))
}

//export goLaunched
func goLaunched(h C.uintptr_t, message *C.char) {
	failed := cgo.Handle(h).Value().(func(error))
	cgo.Handle(h).Delete()
	if message != nil {
		failed(errors.New(C.GoString(message)))
	}
}
