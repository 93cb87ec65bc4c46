//go:build linux && cgo

package snippets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository's folder.
const root = "../../.."

// document is one seed document, as lines.
type document struct {
	name  string
	lines []string
}

// documents reads the seed documents. Where they are not, the second result says so.
func documents(t *testing.T) (docs []document, absent string) {
	t.Helper()
	folder, named := os.LookupEnv("SEED_DOCS")
	if !named {
		folder = filepath.Join(root, "..", "shared", "seed-docs")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, fmt.Sprintf("the seed documents are not here: there is no folder %s, and "+
			"SEED_DOCS names no other; the programs of our own that make the same calls run",
			folder)
	}
	if err != nil {
		t.Fatalf("the seed documents: %v", err)
	}
	for _, f := range files { // sorted by name
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, document{f.Name(), strings.Split(string(text), "\n")})
	}
	return docs, ""
}

// language is how snippets of one language are told from the text around them, since the documents'
// fences are unbalanced or missing.
type language struct {
	name  string
	begin *regexp.Regexp // a line that can begin a snippet, if no code stands before it
}

var (
	page = language{"page", regexp.MustCompile(`^import \{.*\} from '@tauri-apps/api/`)}
	rust = language{"Rust", regexp.MustCompile(`^(use tauri::|// unlisten outside|app\.)`)}
)

// code matches a line of code of either language; prose and fences are none.
var code = regexp.MustCompile(`[;{}),]$|^\s*(import|use|const|let|type|//)\b|^\s*//|^#\[`)

func isCode(line string) bool { return code.MatchString(line) && !isHeading(line) }

func isHeading(line string) bool {
	return strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "#[")
}

func isFence(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "```") }

// begin is the place of a snippet's first line.
type begin struct {
	document int
	line     int
	language *language
}

// begins finds where snippets begin: at a line that can begin one, with no code before it but blank
// lines.
func begins(docs []document) (found []begin) {
	for d, doc := range docs {
		before := ""
		for i, line := range doc.lines {
			for _, l := range []*language{&page, &rust} {
				if l.begin.MatchString(line) && !isCode(before) {
					found = append(found, begin{d, i, l})
				}
			}
			if strings.TrimSpace(line) != "" {
				before = line
			}
		}
	}
	return found
}

// place is the first and the last line of a snippet, as its document has them.
type place struct {
	first, last string
}

// closing is a bracket that a document cut off, and the line behind which it belongs.
type closing struct {
	behind, brackets string
}

// snippet is one that was found.
type snippet struct {
	document string
	from, to int // lines, from 1
	lines    []string
}

// locate takes the snippets of one language out of the documents. It fails if there are others than
// those of places, or if code is left outside of them.
func locate(docs []document, l *language, places []place) ([]snippet, error) {
	all := begins(docs)
	var found []snippet
	for n, b := range all {
		if b.language != l {
			continue
		}
		lines := docs[b.document].lines
		limit := len(lines)
		if n+1 < len(all) && all[n+1].document == b.document {
			limit = all[n+1].line
		}
		at := fmt.Sprintf("%s:%d", docs[b.document].name, b.line+1)
		if len(found) == len(places) {
			return nil, fmt.Errorf("%s: a %s snippet too many: %q", at, l.name, lines[b.line])
		}
		p := places[len(found)]
		if lines[b.line] != p.first {
			return nil, fmt.Errorf("%s: %s snippet %d begins with %q, not %q", at, l.name,
				len(found)+1, lines[b.line], p.first)
		}
		end := limit
		for end > b.line && lines[end-1] != p.last {
			end--
		}
		if end == b.line {
			return nil, fmt.Errorf("%s: %s snippet %d has no last line %q", at, l.name, len(found)+
				1, p.last)
		}
		if i := slices.IndexFunc(lines[b.line:end], isFence); i >= 0 {
			return nil, fmt.Errorf("%s: a fence inside %s snippet %d, %d lines behind its first",
				at, l.name, len(found)+1, i)
		}
		if i := slices.IndexFunc(lines[end:limit], isCode); i >= 0 {
			return nil, fmt.Errorf("%s: code behind the end of %s snippet %d: %q", at, l.name,
				len(found)+1, lines[end+i])
		}
		found = append(found, snippet{docs[b.document].name, b.line + 1, end, lines[b.line:end]})
	}
	if len(found) != len(places) {
		return nil, fmt.Errorf("the documents have %d %s snippets, not %d", len(found), l.name,
			len(places))
	}
	return found, nil
}

var onlyBrackets = regexp.MustCompile(`^[)\]}]+$`)

// closed gives the snippet's text with the brackets that its document cut off.
func (s snippet) closed(missing []closing) (string, error) {
	lines := slices.Clone(s.lines)
	for _, c := range missing {
		at := slices.Index(lines, c.behind)
		if at < 0 || !onlyBrackets.MatchString(c.brackets) {
			return "", fmt.Errorf("%s:%d: can't add %q behind %q", s.document, s.from, c.brackets,
				c.behind)
		}
		lines = slices.Insert(lines, at+1, c.brackets)
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// Documents that have more, fewer or other snippets than the table are noticed.
func TestLocate(t *testing.T) {
	places := []place{
		{"import { a } from '@tauri-apps/api/a';", "});"},
		{"import { b } from '@tauri-apps/api/b'",
			"b()"},
	}
	text := "# Title (of it)\n\nSome text, on lines\nthat end with words:\n```\n\nimport { a } " +
		"from '@tauri-apps/api/a';\na({\n});\n```\n" +
		"\nText.\n\nimport { b } from '@tauri-apps/api/b'\n\n// a comment\nb()\n\nMore " +
		"text.\n\nuse tauri::Manager;\n"
	try := func(change func(string) string) error {
		_, err := locate([]document{{"doc", strings.Split(change(text), "\n")}}, &page, places)
		return err
	}
	replace := func(old, by string) func(string) string {
		return func(s string) string {
			if strings.Count(s, old) != 1 {
				t.Fatalf("%q is not there once", old)
			}
			return strings.Replace(s, old, by, 1)
		}
	}
	if err := try(func(s string) string { return s }); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(string) string{
		"a page snippet too many": replace("More text.\n", "More text.\n\nimport { c } from "+
			"'@tauri-apps/api/c';\nc();\n"),
		"have 1 page snippets, not 2": replace("import { b } from '@tauri-apps/api/b'\n\n// a "+
			"comment\nb()", "Text"),
		"page snippet 2 begins with": replace("import { b }", "import { c }"),
		"has no last line":           replace("b()\n", "c()\n"),
		"a fence inside":             replace("a({\n", "a({\n```\n"),
		"code behind the end":        replace("More text.", "const more = 1;"),
	} {
		if err := try(change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
	s := snippet{"doc", 1, 2, []string{"a({", "b: 1,"}}
	if text, err := s.closed([]closing{{"b: 1,", "})"}}); text != "a({\nb: 1,\n})\n" || err != nil {
		t.Errorf("closed: %q, %v", text, err)
	}
	for _, wrong := range []closing{{"c", "})"}, {"b: 1,", "}); c()"}, {"b: 1,", ""}} {
		if _, err := s.closed([]closing{wrong}); err == nil {
			t.Errorf("%q was added", wrong.brackets)
		}
	}
}
