package tailrace_test

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/tailrace-go/tailrace"

// frontDoor reads doc.go.
func frontDoor(t *testing.T) (*ast.File, *comment.Doc) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f, new(comment.Parser).Parse(f.Doc.Text())
}

// TestNoSecondAPI: the package's one source file is its documentation.
func TestNoSecondAPI(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name != "doc.go" && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s: the root package has nothing but its documentation", name)
		}
	}
	if f, _ := frontDoor(t); len(f.Decls) > 0 {
		t.Errorf("doc.go declares or imports something")
	}
}

// TestProgram: the program that the documentation shows is the one that is tested in a window.
func TestProgram(t *testing.T) {
	source, err := os.ReadFile("examples/count/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "\n") // without the comment line
	_, text := frontDoor(t)
	for _, block := range text.Content {
		if code, ok := block.(*comment.Code); ok {
			if code.Text != program {
				t.Errorf("doc.go shows\n%s\nwhich is not examples/count/main.go", code.Text)
			}
			return
		}
	}
	t.Error("doc.go shows no program")
}

// TestEveryPackageIsNamed: the documentation links to each package that others can import, and to
// nothing else. Suites of tests, which the package that they test tells of, may be left out.
func TestEveryPackageIsNamed(t *testing.T) {
	public := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(name)
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || name == "doc.go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err == nil && f.Name.Name != "main" {
			public[path.Join(module, filepath.ToSlash(filepath.Dir(name)))] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, text := frontDoor(t)
	named := map[string]bool{}
	for _, block := range text.Content {
		list, ok := block.(*comment.List)
		if !ok {
			continue
		}
		for _, item := range list.Items {
			for _, p := range item.Content {
				for _, part := range p.(*comment.Paragraph).Text {
					if link, ok := part.(*comment.DocLink); ok {
						named[link.ImportPath] = true
					}
				}
			}
		}
	}
	for name := range public {
		if !named[name] && !strings.HasSuffix(name, "test") {
			t.Errorf("doc.go does not say what %s is for", name)
		}
	}
	for name := range named {
		if !public[name] {
			t.Errorf("doc.go names %s, which nobody can import", name)
		}
	}
}

// skip leaves out the folders whose packages are nobody's to import: internal ones, those of
// programs and tests, those that Go's tools leave out, and other modules.
func skip(folder string) error {
	base := filepath.Base(folder)
	switch {
	case folder == ".":
		return nil
	case base == "internal" || base == "testdata" || base == "node_modules" || base == "build",
		base[0] == '.' || base[0] == '_',
		folder == "examples" || folder == "bench" || folder == "fuzz":
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}
