//go:build linux && cgo

package snippets

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program is what a page snippet stands for: its place in the documents, our program that makes the
// same calls, and the effect that both have.
type program struct {
	name string // of the file in the folder pages
	place
	missing []closing
	effect  func(*run)
}

// programs are the page snippets, in the documents' order.
var programs = []program{
	{"listen", place{"import { listen } from '@tauri-apps/api/event';", "});"}, nil, listens},
	{"window-listen", place{"import { getCurrentWebviewWindow } from " +
		"'@tauri-apps/api/webviewWindow';", "});"}, nil, listensAsWindow},
	{"unlisten", place{"import { listen } from '@tauri-apps/api/event';", "unlisten();"}, nil,
		unlistens},
	{"once", place{"import { once } from '@tauri-apps/api/event';", "appWebview.once('ready', () " +
		"=> {});"}, nil, listensOnce},
	{"channel", place{"import { invoke, Channel } from '@tauri-apps/api/core';", "});"}, nil,
		receives},
	{"v1-events", place{"import { emit, listen } from '@tauri-apps/api/event'",
		"theMessage: 'Tauri is awesome!',"}, []closing{
		{"// event.payload is the payload object", "})"},
		{"theMessage: 'Tauri is awesome!',", "})"},
	}, emits},
	{"v1-window", place{"import { appWindow, WebviewWindow } from '@tauri-apps/api/window'",
		"const webview = new WebviewWindow('window')"}, nil, emitsAsWindow},
}

// twin is a snippet in Rust and the example of package webview that does the same.
type twin struct {
	place
	example string
}

// twins are the snippets in Rust, in the documents' order.
var twins = []twin{
	{place{"use tauri::{AppHandle, Emitter};", "}"}, "App_Emit"},
	{place{"use tauri::{AppHandle, Emitter};", "}"}, "App_EmitTo"},
	{place{"use tauri::{AppHandle, Emitter, EventTarget};", "}"}, "App_EmitFilter"},
	{place{"use tauri::{AppHandle, Emitter};", "}"}, "App_Emit_payload"},
	{place{"use tauri::Listener; #[cfg_attr(mobile, tauri::mobile_entry_point)]", "}"},
		"App_Listen"},
	{place{"use tauri::{Listener, Manager};", "}"}, "Window_Listen"},
	{place{"// unlisten outside of the event handler scope:", "});"}, "App_Unlisten"},
	{place{"app.once(\"ready\", |event| {", "});"}, "App_Once"},
	{place{"use tauri::{AppHandle, ipc::Channel};", "}"}, "_channel"},
	{place{"use tauri::Manager;", "  })"}, "Window_Eval"},
	{place{"use tauri::Manager;", `.expect("failed to run app");`}, "App_ListenAny"},
	{place{"use tauri::{Manager, Window};", `.expect("failed to run app");`}, "Caller"},
}

// The documents hold seven page snippets and twelve in Rust, and no other code.
func TestDocuments(t *testing.T) {
	docs, absent := documents(t)
	if absent != "" {
		t.Log(absent)
	}
	if len(programs) != 7 || len(twins) != 12 {
		t.Errorf("the tables have %d page programs and %d twins, not 7 and 12", len(programs),
			len(twins))
	}
	examples := exampleNames(t, filepath.Join(root, "webview"))
	var rustPlaces []place
	for _, twin := range twins {
		rustPlaces = append(rustPlaces, twin.place)
		if !examples[twin.example] {
			t.Errorf("package webview has no example %s with an output", twin.example)
		}
	}
	if absent != "" {
		return
	}
	for _, s := range seedSnippets(t, docs) {
		t.Logf("%s: lines %d to %d", s.document, s.from, s.to)
	}
	inRust, err := locate(docs, &rust, rustPlaces)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range inRust {
		t.Logf("%s: lines %d to %d: Example%s", s.document, s.from, s.to, twins[i].example)
	}
}

// seedSnippets are the documents' page snippets, in the order of programs.
func seedSnippets(t *testing.T, docs []document) []snippet {
	t.Helper()
	var places []place
	for _, p := range programs {
		places = append(places, p.place)
	}
	found, err := locate(docs, &page, places)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// exampleNames are the examples of a package's tests that have an output, so that they run.
func exampleNames(t *testing.T, folder string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder, "example*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	fset := token.NewFileSet()
	for _, name := range files {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	for _, e := range doc.Examples(parsed...) {
		names[e.Name] = e.Output != ""
	}
	return names
}

// source is the TypeScript of one program.
type source struct {
	name string // of the sub-test
	text string
	*program
}

// sources are our programs and, where the documents are, theirs.
func sources(t *testing.T) (all []source) {
	t.Helper()
	for i := range programs {
		p := &programs[i]
		text, err := os.ReadFile(filepath.Join("pages", p.name+".ts"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{"own/" + p.name, string(text), p})
	}
	docs, absent := documents(t)
	if absent != "" {
		t.Log(absent)
		return all
	}
	for i, s := range seedSnippets(t, docs) {
		p := &programs[i]
		for _, c := range p.missing {
			t.Logf("%s:%d: cut off, and added: %s behind %q", s.document, s.from, c.brackets,
				strings.TrimSpace(c.behind))
		}
		text, err := s.closed(p.missing)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{"seed/" + p.name, text, p})
	}
	return all
}
