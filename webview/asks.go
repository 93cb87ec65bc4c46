package webview

import (
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// maxAsked bounds the functions of the app that are asked at once about one window. What is more is
// refused.
const maxAsked = 32

// asks is what a window's page wants of the app and of the desktop. Main thread only.
type asks struct {
	deciding  int                    // functions of the app that are asked: askApp
	downloads map[*Download]struct{} // those that go on
	pointers  allowance              // the page moves the pointer
	links     pace                   // scripts click them
}

// askApp asks a function of the app about w, and says false when that is one too many: then nothing
// is called. Main thread only; it does not wait.
//
//   - ask runs on a goroutine of its own, as long as it likes, and calls the app's function, which
//     is that of the named field of Options.
//   - then runs later, on the main thread, and gets what ask has returned. When ask panics, or ends
//     its goroutine, that is logged, and then gets refused.
//   - The window may be closed by then, or what was asked about be over: then is called all the
//     same, since it may have something to release, and has to look itself.
//   - Once Run has returned, then is not called any more.
func askApp[T any](w *Window, field string, refused T, ask func() T, then func(T)) bool {
	if w.asks.deciding >= maxAsked {
		return false
	}
	w.asks.deciding++
	go func() {
		answer, returned := refused, false
		defer func() { // whatever the app's function does, it was asked
			w.app.post(func() {
				w.asks.deciding--
				then(answer)
			})
		}()
		defer appcode.Catch(&returned, func(f *appcode.Failure) {
			w.app.log.Error("webview: the function of "+field+" panicked", "window", w.label,
				"panic", f.Panic, "stack", f.Stack)
		})
		answer = ask()
		returned = true
	}()
	return true
}

// DialogKind is what a page shows to its user.
type DialogKind int

// The kinds.
const (
	DialogAlert   DialogKind = iota + 1 // alert
	DialogConfirm                       // confirm
	DialogPrompt                        // prompt
	// DialogBeforeUnload is the question whether the page may be left, for which its listener to
	// beforeunload asks. A window that is closed does not ask it.
	DialogBeforeUnload
	DialogPrint // print
)

// String gives the name of the page's function or event.
func (k DialogKind) String() string {
	switch k {
	case DialogAlert:
		return "alert"
	case DialogConfirm:
		return "confirm"
	case DialogPrompt:
		return "prompt"
	case DialogBeforeUnload:
		return "beforeunload"
	case DialogPrint:
		return "print"
	}
	return "unknown"
}

// Dialog is a dialog that a document of the app's own origins wants.
type Dialog struct {
	// Window is the page's window.
	Window *Window
	// Kind says which one.
	Kind DialogKind
	// Message is the text of an alert, confirm or prompt: 4,096 UTF-16 units at most, and then "…".
	// Words of over 80 characters have a zero-width space after each 80.
	Message string
	// Default stands in the field of a prompt; bounded as Message.
	Default string
}

// DialogAction is what becomes of a Dialog.
type DialogAction int

// The actions.
const (
	// DialogShow shows WebKit's dialog, and GTK's for printing.
	DialogShow DialogAction = iota
	// DialogAccept answers in the user's place: confirm gives true, prompt the text, a page is
	// left. alert and print are over.
	DialogAccept
	// DialogRefuse answers likewise: confirm gives false, prompt null, a page stays. alert and
	// print are over.
	DialogRefuse
)

// dialog is told of a dialog of one of our documents, which waits. Main thread only.
func (w *Window) dialog(d Dialog, question int64) DialogAction {
	if w.app.options.OnDialog == nil {
		return DialogShow
	}
	return w.askDialog(d, func(a DialogAction, text string) {
		if !w.life.closed.Load() { // else it is over
			w.native.AnswerDialog(question, view.DialogAction(a), text)
		}
	})
}

// prints is told that one of our documents is to be printed. Nobody waits. Main thread only.
func (w *Window) prints() {
	if w.life.ending.Load() {
		return
	}
	d := Dialog{Window: w, Kind: DialogPrint}
	print := func(a DialogAction, _ string) {
		if a == DialogShow && !w.life.closed.Load() && !w.life.ending.Load() {
			w.native.Print()
		}
	}
	if w.app.options.OnDialog == nil {
		print(DialogShow, "")
		return
	}
	w.askDialog(d, print)
}

// askDialog asks the app, and calls then on the main thread. Main thread only.
func (w *Window) askDialog(d Dialog, then func(DialogAction, string)) DialogAction {
	type answer struct {
		action DialogAction
		text   string
	}
	asked := askApp(w, "OnDialog", answer{action: DialogRefuse}, func() (a answer) {
		a.action, a.text = w.app.options.OnDialog(d)
		return a
	}, func(a answer) {
		if a.action < DialogShow || a.action > DialogRefuse {
			a.action = DialogRefuse
		}
		then(a.action, a.text)
	})
	if !asked {
		w.app.log.Warn("webview: refused one dialog too many", "window", w.label, "kind", d.Kind)
		return DialogRefuse
	}
	return DialogAction(view.DialogHold)
}

// dialogRefused is told of a dialog that no document of ours wants. Main thread only.
func (w *Window) dialogRefused(k DialogKind) {
	w.app.log.Warn(
		"webview: refused a dialog: no document of the app's origins has opened it by its "+
			"own window's function", "window", w.label, "kind", k)
}

// PermissionKind is what a page wants to have.
type PermissionKind int

// The kinds.
const (
	// PermissionOther is one that this package has no name for; see Permission.Name.
	PermissionOther            PermissionKind = iota
	PermissionGeolocation                     // where the user is
	PermissionNotifications                   // to show notifications
	PermissionCamera                          // getUserMedia of video
	PermissionMicrophone                      // getUserMedia of audio
	PermissionCameraMicrophone                // getUserMedia of both
	PermissionScreen                          // getDisplayMedia
	PermissionDevices                         // enumerateDevices: cameras and microphones by name
	PermissionPointerLock                     // to hide the user's pointer and keep it
	PermissionStorage                         // cookies of another site in a frame
	PermissionClipboard                       // to read what the user has copied
)

// Permission is what a page asks for.
type Permission struct {
	// Window is the page's window.
	Window *Window
	// Kind says what.
	Kind PermissionKind
	// Name is WebKit's name of the request's type, "WebKitGeolocationPermissionRequest".
	Name string
	// Foreign says that it may be a document of another origin that asks: one is or was in the page
	// since it was loaded, in a frame, or is the page itself. WebKit does not tell which frame it
	// is. When it is false, a document of ours asks.
	Foreign bool
}

// permission is told what a page asks for; settle gets the answer, if the verdict is to hold it.
// Main thread only.
func (w *Window) permission(k PermissionKind, name string, settle func(allow bool)) view.Verdict {
	p := Permission{Window: w, Kind: k, Name: name, Foreign: w.native.Foreign()}
	if w.app.options.OnPermission == nil {
		w.denied("a permission (there is no Options.OnPermission)", p)
		return view.Refuse
	}
	asked := askApp(w, "OnPermission", false, func() bool { return w.app.options.OnPermission(p) },
		func(allow bool) {
			if !allow {
				w.denied("a permission", p)
			}
			settle(allow)
		})
	if !asked {
		w.denied("one permission too many", p)
		return view.Refuse
	}
	return view.Hold
}

func (w *Window) denied(what string, p Permission) {
	w.app.log.Warn("webview: refused "+what, "window", w.label, "permission", p.Name, "foreign",
		p.Foreign)
}

// authenticates says whether WebKit asks the user for a password. origin is the server's, as WebKit
// has it. Main thread only.
func (w *Window) authenticates(origin string, proxy bool) bool {
	if !proxy && w.app.origins.FromDev(origin) {
		return true
	}
	w.refuseAny("to ask the user for a password", "origin", loglimit.Short(origin), "proxy", proxy)
	return false
}

// refuseAny logs what was refused. Main thread only.
func (w *Window) refuseAny(what string, args ...any) {
	w.app.log.Warn("webview: refused "+what, append([]any{"window", w.label}, args...)...)
}
