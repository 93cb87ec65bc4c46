package webview

import (
	"bytes"
	"html"
	"iter"
	"strings"
)

// tag is a start tag of an HTML document.
type tag struct {
	name       string // in lower case
	begin, end int    // its place: from < to behind >
	attributes []byte // as they stand there
}

// rawText are the elements whose content has no tags.
var rawText = map[string]bool{"script": true, "style": true, "textarea": true, "title": true,
	"xmp": true, "iframe": true, "noembed": true, "noframes": true, "noscript": true}

// tags gives the start tags of a document in their order. It knows comments, declarations and
// elements with raw text; it is a reader for well-formed documents, not a parser that repairs.
func tags(b []byte) iter.Seq[tag] {
	return func(yield func(tag) bool) {
		for at := 0; ; {
			i := bytes.IndexByte(b[at:], '<')
			if i < 0 || at+i+1 >= len(b) {
				return
			}
			begin := at + i
			rest := b[begin:]
			switch c := rest[1]; {
			case bytes.HasPrefix(rest, []byte("<!--")):
				at = skipComment(b, begin+4)
			case c == '/' && len(rest) > 2 && isLetter(rest[2]):
				at = startTag(b, begin+1).end // an end tag may have attributes, too
			case c == '!' || c == '?' || c == '/':
				at = skip(b, begin+2, ">")
			case isLetter(c):
				t := startTag(b, begin)
				if !yield(t) {
					return
				}
				at = t.end
				if rawText[t.name] {
					at = skipRaw(b, at, t.name)
				}
			default:
				at = begin + 1
			}
		}
	}
}

// skip gives the place behind the next end, or the document's end.
func skip(b []byte, from int, end string) int {
	i := bytes.Index(b[from:], []byte(end))
	if i < 0 {
		return len(b)
	}
	return from + i + len(end)
}

// skipComment gives the place behind a comment whose text begins there: it ends with -->, --!>, or
// at once with > or ->.
func skipComment(b []byte, from int) int {
	switch rest := b[from:]; {
	case bytes.HasPrefix(rest, []byte(">")):
		return from + 1
	case bytes.HasPrefix(rest, []byte("->")):
		return from + 2
	}
	for at := from; ; at++ {
		at = skip(b, at, "--")
		switch rest := b[at:]; {
		case len(rest) == 0:
			return at
		case rest[0] == '>':
			return at + 1
		case bytes.HasPrefix(rest, []byte("!>")):
			return at + 2
		}
		at -= 2 // the second of these dashes may be the first of two
	}
}

// skipRaw gives the place of an element's end tag.
func skipRaw(b []byte, from int, name string) int {
	for at := from; ; {
		i := bytes.Index(b[at:], []byte("</"))
		if i < 0 {
			return len(b)
		}
		at += i
		if rest := b[at+2:]; len(rest) >= len(name) && strings.EqualFold(string(rest[:len(name)]),
			name) {
			return at
		}
		at += 2
	}
}

// startTag reads the tag that begins there.
func startTag(b []byte, begin int) tag {
	i := begin + 1
	for i < len(b) && !isSpace(b[i]) && b[i] != '>' && b[i] != '/' {
		i++
	}
	t := tag{name: strings.ToLower(string(b[begin+1 : i])), begin: begin}
	attributes := i
	const (
		name     = iota // of an attribute, or between two
		before          // its value
		unquoted        // value
	)
	at, named, quote := name, false, byte(0)
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				at, named, quote = name, false, 0
			}
		case c == '>':
			t.attributes, t.end = b[attributes:i], i+1
			return t
		case at == before && (c == '"' || c == '\''):
			quote = c
		case at == before && !isSpace(c):
			at = unquoted
		case at == unquoted && isSpace(c):
			at, named = name, false
		case at == name && c == '=' && named:
			at = before
		case at == name && !isSpace(c):
			named = c != '/'
		}
	}
	t.attributes, t.end = b[attributes:], len(b)
	return t
}

// asciiSpace is what HTML takes for space.
const asciiSpace = " \t\r\n\f"

func isSpace(c byte) bool { return strings.IndexByte(asciiSpace, c) >= 0 }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// attribute gives an attribute's value, or "".
func (t tag) attribute(name string) string {
	rest := string(t.attributes)
	for {
		rest = strings.TrimLeft(rest, asciiSpace+"/")
		if rest == "" {
			return ""
		}
		n := strings.IndexAny(rest, asciiSpace+"=/")
		if n < 0 {
			n = len(rest)
		}
		n = max(n, 1) // a name may begin with =
		key := rest[:n]
		rest = strings.TrimLeft(rest[n:], asciiSpace)
		value := ""
		if after, ok := strings.CutPrefix(rest, "="); ok {
			value, rest = attributeValue(strings.TrimLeft(after, asciiSpace))
		}
		if strings.EqualFold(key, name) {
			return html.UnescapeString(value)
		}
	}
}

// attributeValue cuts a value off.
func attributeValue(s string) (value, rest string) {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		value, rest, _ = strings.Cut(s[1:], s[:1])
		return value, rest
	}
	if i := strings.IndexAny(s, asciiSpace); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}
