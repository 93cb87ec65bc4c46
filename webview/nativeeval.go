package webview

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Evals of a page whose Content-Security-Policy forbids eval. WebKit runs a script from outside as
// a program in the global scope of the document that the web process has when it gets there, and
// that may be another one than Go knows of. So there are four fences:
//
//  1. Nothing is sent while a document may be taking the page's place: see Window.changing.
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
		if w.page.Load() != p {
			return
		}
		e := &nativeScript{
			window: w, page: p, id: id, js: strings.ToValidUTF8(js, "\ufffd"), result: expectResult,
		}
		e.own, e.number = origin.IsDocumentOf(w.origin), literal(id)
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
func (e *nativeScript) wanted() bool { return e.window.page.Load() == e.page }

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
		",declares=" + literal(isDeclaration(e.js)) + ";" + readScript
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
			e.whenSettled(func() { e.tell(thrown{Name: "SyntaxError", Message: r.Error}) })
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
	at, end := fromUTF16(js, value), fromUTF16(js, end)
	if e.result && at >= 0 && end >= at && !isDeclaration(js[at:]) {
		js, last = js[:at], ",()=>("+js[at:end]+"\n)"
	}
	program := e.guarded("try{" + js + ";" + hook + "?.(" + e.number + last + ")}catch(e){" +
		hook + "?.(" + e.number + ",()=>{throw e})}")
	if isStrict(e.js) {
		program = "'use strict';" + program
	}
	e.window.native.Eval(program, view.EvalProgram, func(o view.EvalOutcome, text string) {
		switch {
		case !e.wanted() || o == view.EvalValue:
		case o == view.EvalThrown: // it parses, and can't be declared there, or not as a program
			e.whenSettled(func() { e.tell(parseThrown(text)) })
		default:
			e.fail(text)
		}
	})
}

// tell tells the page that the script can't run.
func (e *nativeScript) tell(t thrown) {
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

// maxHeldEvals bounds the scripts that wait until a navigation is over. A page asks for one at a
// time, if it keeps to the rules.
const maxHeldEvals = 64

// whenSettled runs f when no document may be taking the place of the one that is shown: now, or
// when the navigation is over. f asks whether the page is there still.
func (e *nativeScript) whenSettled(f func()) {
	switch w := e.window; {
	case !w.changing:
		f()
	case len(w.heldEvals) < maxHeldEvals:
		w.heldEvals = append(w.heldEvals, f)
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
		w.changing = true
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
	u := &unseen{window: w, back: back, began: !w.changing, loads: w.loads}
	w.changing = true
	if back {
		w.returning++
	}
	return u
}

// IsOurs notes that no handler has made the decision before ours.
func (u *unseen) IsOurs() {
	w := u.window
	switch {
	case u.back:
		w.returned()
	case u.began && w.loads == u.loads && w.returning == 0:
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
	if w.returning--; w.returning == 0 && !w.leading {
		w.settled()
	}
}

// settled runs what waits for the end of a navigation. Main thread only.
func (w *Window) settled() {
	held := w.heldEvals
	w.changing, w.heldEvals = false, nil
	for _, f := range held {
		f()
	}
}

// readScript reads the script js, which it does not run, for nativeScript.read: the rest of a
// function's body, behind own, js and declares. A script's value is that of its last statement, if
// that is an expression. Where that begins is not looked for with a parser of ours: a place is one
// if what stands before it parses, is complete there, and what stands behind it parses as an
// expression.
const readScript = `
	const parses = (s) => { try { Function(s); return true } catch { return false } };
	const isValue = (s) => parses('return (' + s + '\n)');
	const isEmpty = (s) => !isValue(s) && parses('return [' + s + '\n]');
	// s ends in code, not in a comment
	const isCode = (s) => parses(s) && !parses(s + ' @');
	// without a comment at the end of its last line
	const bare = (s) => {
		for (let i = s.lastIndexOf('\n') + 1; (i = s.indexOf('//', i)) >= 0; i++) {
			if (isCode(s.slice(0, i))) return s.slice(0, i);
		}
		return s;
	};
	// a statement ends at the end of before, behind which after stands
	const isEnd = (before, after) => {
		const line = before.endsWith('\n'), s = line ? bare(before.trimEnd()) : before;
		return isCode(s) && (parses(s + ' 0') || line && !parses(s + ' ' + after.trim()));
	};
	const find = () => {
		let end = js.length;
		while (end > 0 && ' \t\r\n;'.includes(js[end - 1])) end--;
		if (!declares && isValue(js.slice(0, end))) return [0, end];
		for (let at = end, work = 0; work < 1 << 22; work += js.length + 1024) {
			at = Math.max(...[...';}\n'].map((c) => at > 0 ? js.lastIndexOf(c, at - 1) : -1));
			if (at < 0) break;
			const before = js.slice(0, at + 1), after = js.slice(at + 1, end);
			if (js[at] === ';' && isEmpty(after) && isCode(before)) end = at;
			else if (isValue(after) && isEnd(before, after)) return [at + 1, end];
		}
		return [-1, -1];
	};
	const answer = { Own: own, Value: -1, End: -1 };
	try {
		if (own) {
			Function(js);
			[answer.Value, answer.End] = find();
		}
	} catch (e) { answer.Error = e.message.slice(0, 4096) || 'it does not parse' }
	return JSON.stringify(answer);`

// fromUTF16 gives the place in s of what is at n in its UTF-16; -1 for one that is not there.
func fromUTF16(s string, n int) int {
	for i, r := range s {
		switch {
		case n == 0:
			return i
		case n < 0:
			return -1
		}
		n--
		if r > 0xffff {
			n--
		}
	}
	if n == 0 {
		return len(s)
	}
	return -1
}

// thrown is why a script can't run.
type thrown struct {
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
	Stack   string `json:"stack,omitempty"`
}

// parseThrown reads WebKit's message: "<URL>:<line>:<column>: <name>: <message>", where name or
// place may be missing. The place becomes the stack.
func parseThrown(text string) thrown {
	var t thrown
	if place, rest, ok := strings.Cut(text, ": "); ok && isPlace(place) {
		t.Stack, text = "global code@"+place, rest
	}
	t.Message = text
	if name, message, ok := strings.Cut(text, ": "); ok && strings.HasSuffix(name, "Error") &&
		!strings.ContainsAny(name, " \n") {
		t.Name, t.Message = name, message
	} else if strings.HasSuffix(text, "Error") && !strings.ContainsAny(text, " \n") {
		t.Name, t.Message = text, ""
	}
	return t
}

// isPlace says whether a text ends like a place in a script: ":<line>:<column>".
func isPlace(text string) bool {
	for range 2 {
		i := strings.LastIndexByte(text, ':')
		if i < 0 {
			return false
		}
		if _, err := strconv.ParseUint(text[i+1:], 10, 32); err != nil {
			return false
		}
		text = text[:i]
	}
	return true
}

// isDeclaration says whether a script begins with a block or with the declaration of a function or
// class.
func isDeclaration(js string) bool {
	js = withoutSpace(js)
	if rest, ok := word(js, "async"); ok {
		js = withoutSpace(rest)
		_, ok = word(js, "function")
		return ok
	}
	_, function := word(js, "function")
	_, class := word(js, "class")
	return function || class || strings.HasPrefix(js, "{")
}

// isStrict says whether a script begins with the directive of strict mode.
func isStrict(js string) bool {
	js = withoutSpace(js)
	return strings.HasPrefix(js, `"use strict"`) || strings.HasPrefix(js, `'use strict'`)
}

// word cuts a word off.
func word(js, w string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(js, w)
	if !ok || rest == "" {
		return rest, ok
	}
	c := rest[0]
	return rest, !(c == '_' || c == '$' || c == '\\' || c >= 0x80 || '0' <= c && c <= '9' ||
		'a' <= c|0x20 && c|0x20 <= 'z')
}

// withoutSpace cuts off white space and comments.
func withoutSpace(js string) string {
	for {
		js = strings.TrimLeft(js, " \t\v\f\r\n\u00a0\ufeff\u2028\u2029")
		switch {
		case strings.HasPrefix(js, "//"):
			i := strings.IndexAny(js, "\r\n\u2028\u2029")
			if i < 0 {
				return ""
			}
			js = js[i:]
		case strings.HasPrefix(js, "/*"):
			_, rest, ok := strings.Cut(js, "*/")
			if !ok {
				return ""
			}
			js = rest
		default:
			return js
		}
	}
}
