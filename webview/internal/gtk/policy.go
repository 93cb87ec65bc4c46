//go:build linux && cgo

package gtk

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
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// The values of gtk.h are those of the Go side: the last ones show it.
var (
	_ = [1]struct{}{}[view.LeadResponse-C.TR_RESPONSE]
	_ = [1]struct{}{}[view.Hold-C.TR_HOLD]
)

// What follows is called by the C side, on the main thread.

// goLeads is asked where a page may go. decision is NULL when nobody waits for the answer.
//
//export goLeads
func goLeads(h C.uintptr_t, c *C.tr_lead, decision *C.tr_decision) C.int {
	l := view.Lead{
		Kind: view.LeadKind(c.kind), URI: C.GoString(c.uri), Method: C.GoString(c.method),
		Disposition: C.GoString(c.disposition), Gesture: c.gesture != 0, Same: c.same != 0,
		Redirect: c.redirect != 0, Link: c.link != 0, Back: c.back != 0, Listed: c.listed != 0,
		MainFrame: c.main_frame != 0, Download: c.download != 0,
	}
	return C.int(hostOf(h).Leads(l, func(d view.Verdict) { C.tr_decide(decision, C.int(d)) }))
}

// goNavigates is told of each navigation that begins, before anybody decides, with the number of
// its timer and the length of its URL.
//
//export goNavigates
func goNavigates(h C.uintptr_t, timer C.uint, url C.size_t) {
	hostOf(h).Navigates(uint32(timer), int(url))
}

// goLeftToOthers is told that handlers of the program's own may make a decision of WebKit's, which
// goDecisionIsOurs or goDecisionEnded ends.
//
//export goLeftToOthers
func goLeftToOthers(h C.uintptr_t, back C.int) C.uintptr_t {
	return C.uintptr_t(cgo.NewHandle(hostOf(h).LeftToOthers(back != 0)))
}

// goDecisionIsOurs is told that the decision has come to the handler of this package.
//
//export goDecisionIsOurs
func goDecisionIsOurs(h C.uintptr_t) { endDecision(h).IsOurs() }

// goDecisionEnded is told that the decision is made, and nobody has it any more.
//
//export goDecisionEnded
func goDecisionEnded(h C.uintptr_t) { endDecision(h).Ended() }

func endDecision(h C.uintptr_t) view.Decision {
	d := cgo.Handle(h).Value().(view.Decision)
	cgo.Handle(h).Delete()
	return d
}

// download is one of WebKit's that goes on. Main thread only.
type download struct {
	native *C.tr_download // nil: it is over
	host   view.DownloadHost
	handle cgo.Handle
	failed string // what WebKit says
}

var _ view.Download = (*download)(nil)

//export goDownload
func goDownload(h C.uintptr_t, uri *C.char, native *C.tr_download) C.uintptr_t {
	d := &download{native: native}
	if d.host = hostOf(h).Download(C.GoString(uri), d); d.host == nil {
		return 0
	}
	d.handle = cgo.NewHandle(d)
	return C.uintptr_t(d.handle)
}

func downloadOf(h C.uintptr_t) *download { return cgo.Handle(h).Value().(*download) }

//export goDestination
func goDestination(h C.uintptr_t, name, mediaType *C.char, size C.int64_t) {
	downloadOf(h).host.Destination(C.GoString(name), C.GoString(mediaType), int64(size))
}

//export goReceived
func goReceived(h C.uintptr_t, n C.int64_t) { downloadOf(h).host.Received(int64(n)) }

//export goDownloadFailed
func goDownloadFailed(h C.uintptr_t, message *C.char) {
	downloadOf(h).failed = C.GoString(message)
}

//export goDownloaded
func goDownloaded(h C.uintptr_t) {
	d := downloadOf(h)
	d.handle.Delete()
	d.native = nil
	d.host.Over(d.failed)
}

// Cancel implements view.Download.
func (d *download) Cancel() {
	if d.native != nil {
		C.tr_download_cancel(d.native)
	}
}

// To implements view.Download.
func (d *download) To(path string) {
	if d.native != nil {
		s := C.CString(path)
		defer C.free(unsafe.Pointer(s))
		C.tr_download_to(d.native, s)
	}
}

// Forget implements view.Download.
func (d *download) Forget() {
	if d.native != nil {
		C.tr_download_forget(d.native)
		d.native = nil
		d.handle.Delete()
	}
}

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

// Launch implements view.Platform: GLib finds the program and starts it, without a shell.
func (platform) Launch(uri string, failed func(error)) {
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
