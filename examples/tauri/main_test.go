//go:build linux && cgo

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
	"github.com/tailrace-go/tailrace/webview"
)

func TestMain(m *testing.M) { exampletest.Main(m, webview.New) }

// patience is how long a page may take.
const patience = 30 * time.Second

// npm is where `npm ci` in the folder client puts the real package.
const npm = "../../client/node_modules/@tauri-apps/api"

// The same page program has the same effects, line by line, on Tailrace's modules and on the real
// package.
func TestSameEffects(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "effects.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	t.Run("Tailrace", func(t *testing.T) { compare(t, effects(t, ""), want) })
	t.Run("npm", func(t *testing.T) { compare(t, effects(t, npm), want) })
}

// effects runs the program in a window and gives its lines.
func effects(t *testing.T, folder string) []string {
	t.Helper()
	app, backend, err := setup(webview.Options{}, folder)
	if err != nil {
		t.Fatal(err)
	}
	w, err := app.Open(webview.WindowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, w := range app.Windows() {
			w.Destroy()
			<-w.Done()
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case lines := <-backend.report:
		// The program ran on what it was to run on: the real package speaks through a global.
		js := `import('@tauri-apps/api/core').then((core) =>
			core.invoke.toString().includes('__TAURI_INTERNALS__') && isTauri)`
		if folder == "" {
			js = `typeof __TAURI_INTERNALS__ === 'undefined' && typeof isTauri === 'undefined'`
		}
		if v, err := w.EvalResult(ctx, js); string(v) != "true" || err != nil {
			t.Errorf("%s is %s, %v", js, v, err)
		}
		if folder == "" {
			exampletest.Picture(t, w)
		}
		return lines
	case <-ctx.Done():
		sofar, err := w.EvalResult(t.Context(), "document.querySelector('dl').innerText")
		t.Fatalf("the page did not end: %s (%v)", sofar, err)
	}
	return nil
}

// compare reports the first lines that differ.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Fatalf("line %d is more than expected:\n%s", i+1, got[i])
		case i >= len(got):
			t.Fatalf("line %d is missing:\n%s", i+1, want[i])
		case got[i] != want[i]:
			t.Errorf("line %d is\n%s\nand not\n%s", i+1, got[i], want[i])
		}
	}
}

// The package is the version whose commands package webview provides.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(npm, "package.json"))
	if err != nil {
		t.Fatalf("run `npm ci` in the folder client: %v", err)
	}
	var p struct{ Name, Version string }
	if err := json.Unmarshal(text, &p); err != nil || p.Name != "@tauri-apps/api" ||
		p.Version != webview.TauriVersion {
		t.Errorf("%s is %s %s (%v), not @tauri-apps/api %s", npm, p.Name, p.Version, err,
			webview.TauriVersion)
	}
}

// Without the package, the error says what to do.
func TestNoPackage(t *testing.T) {
	_, _, err := setup(webview.Options{}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("%v", err)
	}
}
