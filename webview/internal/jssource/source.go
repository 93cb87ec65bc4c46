// Package jssource tells of a script's source what a native eval must know of it, without running
// it: whether it begins with a declaration or in strict mode, and what WebKit says of one that it
// does not run. It knows no more of the language than that; Reader has WebKit parse.
package jssource

import (
	"strconv"
	"strings"
)

// Reader is a script that reads the script js, which it does not run. It is the rest of a
// function's body, behind the constants own, js and declares. It returns the JSON of {Own, Error,
// Value, End}: own; why js does not parse, if it does not; and where the expression begins and ends
// that gives its value, in UTF-16, or -1.
//
// A script's value is that of its last statement, if that is an expression. Where that begins is
// not looked for with a parser of ours: a place is one if what stands before it parses, is complete
// there, and what stands behind it parses as an expression.
const Reader = `
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

// FromUTF16 gives the place in s of what is at n in its UTF-16; -1 for one that is not there.
func FromUTF16(s string, n int) int {
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

// Thrown is why a script can't run.
type Thrown struct {
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
	Stack   string `json:"stack,omitempty"`
}

// ParseThrown reads WebKit's message: "<URL>:<line>:<column>: <name>: <message>", where name or
// place may be missing. The place becomes the stack.
func ParseThrown(text string) Thrown {
	var t Thrown
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

// IsDeclaration says whether a script begins with a block or with the declaration of a function or
// class.
func IsDeclaration(js string) bool {
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

// IsStrict says whether a script begins with the directive of strict mode.
func IsStrict(js string) bool {
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
