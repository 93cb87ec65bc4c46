package serving

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/client"
)

// tauriPath is where the modules under Tauri's names are served.
const tauriPath = ControlPath + "tauri/"

// tauriModules are the modules that the import map names.
var tauriModules = []string{
	"app", "core", "dpi", "event", "path", "webview", "webviewWindow", "window",
}

// importMap is the script element that maps @tauri-apps/api/<name> to our modules, which are served
// at an origin.
func importMap(origin string) []byte {
	imports := map[string]string{"@tauri-apps/api": origin + tauriPath + "index.js"}
	for _, name := range tauriModules {
		imports["@tauri-apps/api/"+name] = origin + tauriPath + name + ".js"
	}
	b, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil {
		panic(err) // strings always encode
	}
	return slices.Concat([]byte(`<script type="importmap">`), b, []byte("</script>"))
}

// tauriModule answers with one of the modules, if the app has asked for them; false: the path is
// none of theirs.
func (a *assets) tauriModule(rw http.ResponseWriter, r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, tauriPath)
	if !ok {
		return false
	}
	source := client.TauriModules[name]
	switch {
	case source == nil:
		http.Error(rw, "not found", http.StatusNotFound)
	case !a.modules:
		http.Error(rw, "not found: the modules under Tauri's names are there only with "+
			"webview.Options.Tauri or ImportMap", http.StatusNotFound)
	default:
		a.module(rw, r, source)
	}
	return true
}

// document answers with an HTML document that has the import map. It has no ranges: they would be
// those of another text. false: the file is no HTML document, or too large for that.
func (a *assets) document(rw http.ResponseWriter, r *http.Request, info fs.FileInfo,
	content io.Reader) (bool, error) {
	ext := strings.ToLower(path.Ext(info.Name()))
	if !a.importMap || ext != ".html" && ext != ".htm" || info.Size() > a.maxUnseekable {
		return false, nil
	}
	b, err := a.readAll(rw, content)
	if err != nil {
		return false, err
	}
	if at, ok := importMapPlace(b); ok {
		b = slices.Concat(b[:at], a.script, b[at:])
	}
	rw.Header().Set("Content-Type", contentTypes[ext])
	rw.Header().Set("Content-Length", strconv.Itoa(len(b)))
	rw.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, err = rw.Write(b)
		if err != nil {
			return true, nil // the page does not want it any more
		}
	}
	return true, nil
}

// importMapPlace finds where an import map may stand in a document: at the beginning of the head,
// or before the first element if no head is written. false: it has one already.
func importMapPlace(b []byte) (at int, ok bool) {
	at = -1
	for t := range tags(b) {
		switch t.name {
		case "script":
			if strings.EqualFold(strings.Trim(t.attribute("type"), asciiSpace), "importmap") {
				return 0, false
			}
			if at < 0 {
				at = t.begin
			}
		case "html":
		case "head":
			if at < 0 {
				at = t.end
			}
		default:
			if at < 0 {
				at = t.begin
			}
		}
	}
	if at < 0 {
		at = len(b)
	}
	return at, true
}

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
