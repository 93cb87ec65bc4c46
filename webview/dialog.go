package webview

import "github.com/tailrace-go/tailrace/webview/internal/view"

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
		if !w.closed.Load() { // else it is over
			w.native.AnswerDialog(question, view.DialogAction(a), text)
		}
	})
}

// prints is told that one of our documents is to be printed. Nobody waits. Main thread only.
func (w *Window) prints() {
	if w.ending.Load() {
		return
	}
	d := Dialog{Window: w, Kind: DialogPrint}
	print := func(a DialogAction, _ string) {
		if a == DialogShow && !w.closed.Load() && !w.ending.Load() {
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
