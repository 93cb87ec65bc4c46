// Package docs tests that what the documents and the comments name exists.
package docs

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// names are the words that the sources have outside of their comments, by which file they were seen
// first.
type names map[string]string

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

func (n names) add(file, text string) {
	for _, w := range word.FindAllString(text, -1) {
		if _, known := n[w]; !known {
			n[w] = file
		}
	}
}

// goNames adds the identifiers and the literals of a Go file.
func (n names) goNames(t *testing.T, name string, source []byte) {
	set := token.NewFileSet()
	var s scanner.Scanner
	s.Init(set.AddFile(name, -1, len(source)), source, nil, 0)
	for {
		_, tok, literal := s.Scan()
		if tok == token.EOF {
			return
		}
		n.add(name, literal)
	}
}

// comment matches those of C and TypeScript; what it takes of a string besides does no harm here.
var comment = regexp.MustCompile(`(?s:/\*.*?\*/)|(?m:(?:^|\s)//.*$)`)

// eachFile calls f for the files of the tree that people write.
func eachFile(t *testing.T, f func(name string, source func() []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if base == "node_modules" || base == "dist" || base == "build" || base == "testdata" ||
				path != root && strings.HasPrefix(base, ".") && base != ".ci" {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(name), func() []byte {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return b
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources reads all names.
func sources(t *testing.T) names {
	n := names{}
	eachFile(t, func(name string, source func() []byte) {
		switch filepath.Ext(name) {
		case ".go":
			if !strings.HasPrefix(name, "internal/docs/") { // its words are not there because of it
				n.goNames(t, name, source())
			}
		case ".ts", ".js", ".mjs", ".c", ".h", ".html", ".css":
			n.add(name, comment.ReplaceAllString(string(source()), " "))
		case "", ".json", ".sh", ".pml", ".mod", ".ltl":
			n.add(name, string(source()))
		}
		n.add(name, name)
	})
	return n
}

// foreign are words of others, which no source of ours has.
var foreign = regexp.MustCompile(`^(` + strings.Join([]string{
	"WebKit.*", "Gtk.*", "Gdk.*", "JavaScript.*", "TypeScript", "BigInt", "SyntaxError",
	"WebAssembly",
	"AbortSignal", "StrictMode", "CoDel", "GiB", "webkit_.*", "WEBKIT_.*", "showModalDialog",
	// Rust's
	"emit_(all|filter)", "listen_(any|global)", "once_(any|global)", "get_(webview_)?window",
	"webview_window", "[Ss]erialize",
	"FALLOC_FL_PUNCH_HOLE", "MADV_REMOVE", "perf", "sched", "u64", "wantsAt", "node16", "nodenext",
	"withGlobalTauri",
	// frameworks' of pages
	"markRaw", "shallowRef",
	// what browsers and package http have
	"ETag", "Hijack", "JSC_useSharedArrayBuffer", "MediaSource", "decodeAudioData", "formData",
	"Root",
	"WithoutCancel", "unload",
}, "|") + `)$`)

// pattern is one that selects tests or benchmarks by parts of their names.
var pattern = regexp.MustCompile(`-(?:run|bench) '?[^'\s]+'?`)

// inFence are the blocks of code in a document, which other tests compile or run; spans are what it
// names within a text.
var (
	inFence = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	span    = regexp.MustCompile("`([^`\n]+)`")
)

// TestDocuments: the words in the code spans of the documents are names that the sources have.
func TestDocuments(t *testing.T) {
	known := sources(t)
	eachFile(t, func(name string, source func() []byte) {
		if filepath.Ext(name) != ".md" {
			return
		}
		text := pattern.ReplaceAllString(inFence.ReplaceAllString(string(source()), ""), "")
		for _, s := range span.FindAllStringSubmatch(text, -1) {
			for _, w := range word.FindAllString(s[1], -1) {
				if len(w) > 2 && known[w] == "" && !foreign.MatchString(w) {
					t.Errorf("%s: there is no %s, in `%s`", name, w, s[1])
				}
			}
		}
	})
}

// camel is a word that can only be an exported name.
var camel = regexp.MustCompile(`\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+\b`)

// TestComments: what looks like an exported name in a comment of Go's is a name that the sources
// have.
func TestComments(t *testing.T) {
	known := sources(t)
	eachFile(t, func(name string, source func() []byte) {
		if filepath.Ext(name) != ".go" || strings.HasPrefix(name, "internal/docs/") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, source(),
			parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range f.Comments {
			for _, w := range camel.FindAllString(pattern.ReplaceAllString(g.Text(), ""), -1) {
				if known[w] == "" && !foreign.MatchString(w) {
					t.Errorf("%s: there is no %s: %.60q", name, w, g.Text())
				}
			}
		}
	})
}
