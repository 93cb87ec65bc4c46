package walls

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a reader takes in: a folder's files at a look, and a file at a sitting.
const (
	mostFiles = 25  // of Go and C in a folder, besides tests
	mostLines = 400 // of a file, tests and the client's included
)

// TestFolders: no folder has many sources of Go and C, and no file of ours is long.
func TestFolders(t *testing.T) {
	sources := map[string]int{}
	files := 0
	walk := func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			made := name == "node_modules" || name == "dist" ||
				name == "build" && filepath.Dir(path) == root
			if made || strings.HasPrefix(name, ".") && path != root {
				return filepath.SkipDir
			}
			return nil
		}
		kind := filepath.Ext(name)
		switch kind {
		case ".go", ".c", ".h":
			if !strings.HasSuffix(name, "_test.go") {
				sources[filepath.Dir(path)]++
			}
		case ".ts", ".js", ".mjs", ".sh":
		default:
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := bytes.Count(text, []byte("\n")); n > mostLines {
			t.Errorf("%s has %d lines, %d are enough: it is about two things", path, n, mostLines)
		}
		return nil
	}
	if err := filepath.WalkDir(root, walk); err != nil {
		t.Fatal(err)
	}
	for folder, n := range sources {
		if n > mostFiles {
			t.Errorf("%s has %d sources, %d are enough", folder, n, mostFiles)
		}
	}
	if files < 500 {
		t.Errorf("only %d files were found", files)
	}
}
