package webview

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/jssource"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Eval has the page run a script in the global scope, in order with the window's events and other
// evals; it does not wait for that. While the window has no page that is ready, before the first
// one and between two, scripts are kept for the next one, in their order among the events, up to
// Options.Bus.PendingBytes. A page whose Content-Security-Policy forbids eval gets the script
// natively, in the same place. What the script throws is logged, and shows in the page as an
// uncaught error.
//
// Errors: bus.ErrFull, bus.ErrClosed, bus.ErrForeign (the page is not the app's), or a
// *transport.Error with CodeDenied.
func (w *Window) Eval(js string) error { return w.events.Eval(js) }

// EvalContext is Eval, but waits for room. Don't call it on the main goroutine (ErrMainThread).
func (w *Window) EvalContext(ctx context.Context, js string) error {
	if err := mayWait("EvalContext"); err != nil {
		return err
	}
	return w.events.EvalContext(ctx, js)
}

// EvalResult has the page run a script and waits for its value, as JSON; a promise is awaited. It
// waits until the page is ready, too. Don't call it on the main goroutine (ErrMainThread). A script
// that throws gives a *transport.Error with the code "eval", the message, and name and stack as its
// detail.
//
// Natively (see Eval) the value is that of the last statement, if that is an expression, and null
// otherwise. Functions that are async or generators don't stay in the global scope, which those of
// an eval do; var and other functions stay in both, and let, const and class in neither.
func (w *Window) EvalResult(ctx context.Context, js string) (json.RawMessage, error) {
	if err := mayWait("EvalResult"); err != nil {
		return nil, err
	}
	return w.events.EvalResult(ctx, js)
}

// Evals of a page whose Content-Security-Policy forbids eval. WebKit runs a script from outside as
// a program in the global scope of the document that the web process has when it gets there, and
// that may be another one than Go knows of. So there are four fences:
//
//  1. Nothing is sent while a document may be taking the page's place: see heldEvals.
//  2. A script is read first in a world of its own, where it does not run, and of which no document
//     sees anything. So what does not parse is never run, and no error event quotes it.
//     That world knows the document's true origin, too: a sandboxed one has our address, but not
//     our origin.
//  3. The program asks for the document's location, which no document can forge, by an operator.
//     It asks for its origin, too; a sandboxed file of ours can forge that, and is kept out by 1.
//  4. The script stands in a block. Otherwise its functions would be there before that question.
//
// No value comes back from the program: WebKit would rebuild it in this process, whatever its size
// is. The page's client is called with a function that gives the value, and answers over its
// session, as it does for scripts that it may evaluate itself.

// CodeEval is the code of EvalResult's errors.
const CodeEval = "eval"

// hook is the page's function that is told that a native script ran.
const hook = `globalThis[Symbol.for('tailrace.native')]`

// nativeEval runs a script for a page. Any goroutine.
func (w *Window) nativeEval(p *page, id uint32, js string, expectResult bool) {
	w.post(func() {
		if w.pages.current.Load() != p {
			return
		}
		e := &nativeScript{
			window: w, page: p, id: id, js: strings.ToValidUTF8(js, "\ufffd"), result: expectResult,
		}
		e.own, e.number = origin.IsDocumentOf(w.nav.shown.origin), literal(id)
		e.whenSettled(e.read)
	})
}

// nativeScript is one script on its way. Main thread only.
type nativeScript struct {
	window *Window
	page   *page
	id     uint32
	js     string
	result bool

	own    string // a condition: the document is of the page's origin
	number string // the script's id, in scripts
}

// wanted says whether the page is there still. If not, its session is over and answers for the
// script, which belongs to no other page.
func (e *nativeScript) wanted() bool { return e.window.pages.current.Load() == e.page }

// reading is what is found when a script is read.
type reading struct {
	Own   bool   // the document is of the page's origin
	Error string // the script does not parse
	// Where the expression begins and ends that gives its value, in UTF-16. -1: there is none.
	Value, End int
}

// read has the script read in the world of its own, and then run.
func (e *nativeScript) read() {
	if !e.wanted() {
		return
	}
	// In that world the document's own origin is the true one.
	script := "const own=" + e.own + ",js=" + literal(e.js) +
		",declares=" + literal(jssource.IsDeclaration(e.js)) + ";" + jssource.Reader
	e.window.native.Eval(script, view.EvalAside, func(o view.EvalOutcome, text string) {
		var r reading
		var answer string
		switch {
		case !e.wanted():
		case o != view.EvalValue || json.Unmarshal([]byte(text), &answer) != nil ||
			json.Unmarshal([]byte(answer), &r) != nil:
			e.fail(text)
		case !r.Own: // another document is there, of which Go will hear
		case r.Error != "":
			e.whenSettled(func() { e.tell(jssource.Thrown{Name: "SyntaxError", Message: r.Error}) })
		default:
			e.whenSettled(func() { e.run(r.Value, r.End) })
		}
	})
}

// run runs the script, and has the page told.
func (e *nativeScript) run(value, end int) {
	if !e.wanted() {
		return
	}
	js, last := e.js+"\n", ""
	at, end := jssource.FromUTF16(js, value), jssource.FromUTF16(js, end)
	if e.result && at >= 0 && end >= at && !jssource.IsDeclaration(js[at:]) {
		js, last = js[:at], ",()=>("+js[at:end]+"\n)"
	}
	program := e.guarded("try{" + js + ";" + hook + "?.(" + e.number + last + ")}catch(e){" +
		hook + "?.(" + e.number + ",()=>{throw e})}")
	if jssource.IsStrict(e.js) {
		program = "'use strict';" + program
	}
	e.window.native.Eval(program, view.EvalProgram, func(o view.EvalOutcome, text string) {
		switch {
		case !e.wanted() || o == view.EvalValue:
		case o == view.EvalThrown: // it parses, and can't be declared there, or not as a program
			e.whenSettled(func() { e.tell(jssource.ParseThrown(text)) })
		default:
			e.fail(text)
		}
	})
}

// tell tells the page that the script can't run.
func (e *nativeScript) tell(t jssource.Thrown) {
	if e.wanted() {
		parts := literal(t)
		e.window.native.Eval(e.guarded(hook+"?.("+e.number+",null,"+parts+")"), view.EvalProgram,
			func(view.EvalOutcome, string) {})
	}
}

// guarded gives a program of statements that run in a document of the page's origin only, while its
// client waits for a script. They begin in its first line. Its value is always the same.
func (e *nativeScript) guarded(statements string) string {
	return "if(" + e.own + "&&" + hook + "){" + statements + "}0"
}

// fail ends a script of which the page can't be told.
func (e *nativeScript) fail(text string) {
	e.page.session.NativeEvaluated(e.id, nil, &transport.Error{
		Code: CodeEval, Message: "the script could not be evaluated natively: " + text,
	})
}

// heldEvals are a window's native evals that wait for the end of a navigation. Main thread only.
type heldEvals struct {
	changing  bool // a document was allowed that may take the shown one's place
	returning int  // navigations in the history that may have begun
	held      []func()
}

// maxHeldEvals bounds the scripts that wait until a navigation is over. A page asks for one at a
// time, if it keeps to the rules.
const maxHeldEvals = 64

// whenSettled runs f when no document may be taking the place of the one that is shown: now, or
// when the navigation is over. f asks whether the page is there still.
func (e *nativeScript) whenSettled(f func()) {
	switch w := e.window; {
	case !w.evals.changing:
		f()
	case len(w.evals.held) < maxHeldEvals:
		w.evals.held = append(w.evals.held, f)
	case e.wanted():
		e.fail("too many scripts wait for the end of a navigation")
	}
}

// changes notes, before WebKit gets a view.Verdict, whether another document may now take the place
// of the one that is shown, until WebKit tells how its load went on: that is so when the main frame
// may have its answer. What WebKit has in its cache of the history has no answer: see
// leaveToOthers. Main thread only.
func (w *Window) changes(l view.Lead, v view.Verdict) view.Verdict {
	if v == view.Allow && l.MainFrame {
		w.evals.changing = true
	}
	return v
}

// unseen is a decision of WebKit's that the program's own handlers may make, of which this package
// is not told: to show the answer that the main frame has, or to go back in the history. Main
// thread only.
type unseen struct {
	window *Window
	back   bool
	began  bool   // nothing else had another document take the page's place
	loads  uint64 // then
}

// leaveToOthers notes such a decision. It comes before all handlers, as one that is called before
// ours may keep the decision to itself; and again, for the history, behind our own, as one that is
// called later may do so, too.
func (w *Window) leaveToOthers(back bool) *unseen {
	u := &unseen{window: w, back: back, began: !w.evals.changing, loads: w.nav.loads}
	w.evals.changing = true
	if back {
		w.evals.returning++
	}
	return u
}

// IsOurs notes that no handler has made the decision before ours.
func (u *unseen) IsOurs() {
	w := u.window
	switch {
	case u.back:
		w.returned()
	case u.began && w.nav.loads == u.loads && w.evals.returning == 0:
		w.settled()
	}
}

// ended is called when the decision was made. Nothing comes of one for the history if it is that of
// a frame: then WebKit tells nothing more. But when the web process has answered a question that it
// got after the decision, it has told of the main frame's load, if there is one. Of an answer
// WebKit always tells what became of it.
func (u *unseen) Ended() {
	if w := u.window; u.back {
		w.post(func() { w.native.Ping(w.returned) })
	}
}

// returned notes that a navigation in the history has begun, or won't.
func (w *Window) returned() {
	if w.evals.returning--; w.evals.returning == 0 && !w.nav.load.leading {
		w.settled()
	}
}

// settled runs what waits for the end of a navigation. Main thread only.
func (w *Window) settled() {
	held := w.evals.held
	w.evals.changing, w.evals.held = false, nil
	for _, f := range held {
		f()
	}
}
