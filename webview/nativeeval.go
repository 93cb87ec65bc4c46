package webview

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// Evals of a page whose Content-Security-Policy forbids eval. WebKit runs a script from outside in two forms:
//
//   - a program, in the global scope, so that its declarations stay. WebKit tells its value, but not
//     that of a promise, and of an error only the message with its place.
//   - the body of an async function, whose promise is awaited. An error can be caught there.
//
// So a script whose value is wanted is tried as an expression inside a function. If it does not parse, nothing of it ran, and
// it is run as a program. What begins like a declaration or a block means something else as an expression, and is a
// program from the start.

// evalForm is how WebKit runs a script; the values are those of gtk.h.
type evalForm int

const (
	evalProgram evalForm = iota
	evalFunction
)

// evalOutcome is what became of a script; the values are those of gtk.h.
type evalOutcome int

const (
	evalValue  evalOutcome = iota // the text is JSON
	evalThrown                    // the text is a message with its place; a script that does not parse, too
	evalNoJSON                    // the value can't leave the page
	evalGone                      // the page is
)

// Codes of EvalResult's errors: what a script threw, and what can't be told natively.
const (
	CodeEval        = "eval"
	CodeEvalPromise = "eval_promise"
)

// hook is the page's function that is told that a native script ran.
const hook = `globalThis[Symbol.for('tailrace.native')]`

// guard stands before a script, in its first line: a foreign document, to which the view may have gone meanwhile, must not
// get it.
const guard = `if(!` + hook + `)throw 0;`

// nativeEval runs a script for a page. Any goroutine.
func (w *Window) nativeEval(p *page, id uint32, js string, expectResult bool) {
	e := &nativeScript{window: w, page: p, id: id, js: js, result: expectResult}
	w.post(func() {
		if !e.wanted() {
			return
		}
		if expectResult && !isDeclaration(js) {
			e.asExpression()
		} else {
			e.asProgram()
		}
	})
}

// nativeScript is one script on its way. Main thread only.
type nativeScript struct {
	window *Window
	page   *page
	id     uint32
	js     string
	result bool
}

// wanted says whether the page is there still. If not, its session is over and answers for the script, which belongs to no
// other page.
func (e *nativeScript) wanted() bool { return e.window.page.Load() == e.page }

// asExpression runs the script inside a function. The page is told that it ran before a promise is awaited, as is
// the case with eval frames. What the function returns is "=" with the value's JSON, or "!" with the error's.
func (e *nativeScript) asExpression() {
	// The script's function stands where it sees no name of ours.
	body := guard + `
try {
	return '=' + (JSON.stringify(await (run => {
		try { return run.call(globalThis) } finally { try { ` + hook + `(` + e.number() + `) } catch {} }
	})(function () { return (` + e.js + `
) })) ?? 'null');
} catch (e) {
	try { return '!' + JSON.stringify({ name: e?.name, message: String(e instanceof Error ? e.message : e), stack: e?.stack }) }
	catch { return '!{"message":"eval failed"}' }
}`
	e.window.native.eval(body, evalFunction, func(o evalOutcome, text string) {
		var answer string
		switch {
		case !e.wanted():
			return
		case o == evalThrown:
			e.asProgram() // it does not parse
			return
		case o != evalValue || json.Unmarshal([]byte(text), &answer) != nil || answer == "":
			e.answer(nil, errEvalGone(text))
		case answer[0] == '=':
			e.answer(json.RawMessage(answer[1:]), nil)
		default:
			var thrown thrown
			if err := json.Unmarshal([]byte(answer[1:]), &thrown); err != nil {
				thrown.Message = "eval failed"
			}
			e.answer(nil, thrown.err())
		}
	})
}

// asProgram runs the script in the global scope, and tells the page that it ran.
func (e *nativeScript) asProgram() {
	program := guard + e.js
	if isStrict(e.js) {
		program = "'use strict';" + program
	}
	e.window.native.eval(program, evalProgram, func(o evalOutcome, text string) {
		if !e.wanted() {
			return
		}
		var err error
		argument := ""
		switch o {
		case evalThrown:
			thrown := parseThrown(text)
			err = thrown.err()
			b, _ := json.Marshal(thrown) // strings always encode
			argument = "," + string(b)
		case evalNoJSON:
			err = errNoJSON
			if !e.result {
				err = nil
			}
		case evalGone:
			err = errEvalGone(text)
		}
		// The argument is JSON out of encoding/json, which escapes what would end a script.
		e.window.native.eval(hook+`?.(`+e.number()+argument+`)`, evalProgram, func(evalOutcome, string) {})
		if err != nil {
			e.answer(nil, err)
		} else {
			e.answer(json.RawMessage(text), nil)
		}
	})
}

func (e *nativeScript) number() string { return strconv.FormatUint(uint64(e.id), 10) }

func (e *nativeScript) answer(value json.RawMessage, err error) {
	if most := e.window.app.engine.Options().MaxMessage; len(value) > most {
		value, err = nil, &transport.Error{Code: CodeEval, Message: fmt.Sprintf("the script's value is over MaxMessage, %d bytes", most)}
	}
	e.page.session.NativeEvaluated(e.id, value, err)
}

// errNoJSON is a program whose value is a promise, or something else that can't leave the page.
var errNoJSON = &transport.Error{
	Code: CodeEvalPromise,
	Message: "the program's value is a promise, or something else that can't leave the page, whose " +
		"Content-Security-Policy forbids eval: make the script one expression, or let its last statement have a plain value",
}

func errEvalGone(text string) error {
	return &transport.Error{Code: CodeEval, Message: "the script could not be evaluated natively: " + text}
}

// thrown is what a script threw.
type thrown struct {
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
	Stack   string `json:"stack,omitempty"`
}

func (t thrown) err() error {
	return &transport.Error{Code: CodeEval, Message: t.Message, Detail: map[string]string{"name": t.Name, "stack": t.Stack}}
}

// parseThrown reads WebKit's message: "<URL>:<line>:<column>: <name>: <message>", where name or place may be missing. The
// place becomes the stack.
func parseThrown(text string) thrown {
	var t thrown
	if place, rest, ok := strings.Cut(text, ": "); ok && isPlace(place) {
		t.Stack, text = "global code@"+place, rest
	}
	t.Message = text
	if name, message, ok := strings.Cut(text, ": "); ok && strings.HasSuffix(name, "Error") && !strings.ContainsAny(name, " \n") {
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

// isDeclaration says whether a script begins with a block or with the declaration of a function or class.
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
	return rest, !(c == '_' || c == '$' || c == '\\' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
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
