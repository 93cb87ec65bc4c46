package walls

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// mostFields is how many fields a struct with methods has at most. One with more is several: each
// with its lock, or its goroutine named.
const mostFields = 15

// behaved are the folders whose structs are counted, with all below them.
var behaved = []string{"ring", "transport", "bus", "webview", "internal"}

// settings are structs of options, one behind the other, whatever methods they have.
func settings(name string) bool {
	return strings.HasSuffix(name, "Options") || strings.HasSuffix(name, "Config")
}

// structOf is a struct type: its fields without padding, and whether one is a struct without a
// name.
type structOf struct {
	fields    int
	anonymous bool
	methods   bool
	at        token.Position
}

// receiver is the name of the type that a method belongs to.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// measure counts the fields of a struct.
func measure(t *ast.StructType) (s structOf) {
	for _, f := range t.Fields.List {
		if _, ok := f.Type.(*ast.StructType); ok {
			s.anonymous = true
		}
		s.fields += max(1, len(f.Names))
		for _, n := range f.Names {
			if n.Name == "_" {
				s.fields--
			}
		}
	}
	return s
}

// structsOf gives the structs of a package, by their names.
func structsOf(t *testing.T, folder string) map[string]*structOf {
	t.Helper()
	all := map[string]*structOf{}
	methods := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				methods[receiver(f.Recv.List[0].Type)] = true
			}
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					if st, ok := spec.Type.(*ast.StructType); ok {
						s := measure(st)
						s.at = set.Position(spec.Pos())
						all[spec.Name.Name] = &s
					}
				}
			}
		}
	}
	for name, s := range all {
		s.methods = methods[name]
	}
	return all
}

// TestFields: no struct with methods has many fields, or one whose type is a struct without a name.
func TestFields(t *testing.T) {
	counted := 0
	for _, folder := range behaved {
		walk := func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			for name, s := range structsOf(t, path) {
				if !s.methods || settings(name) {
					continue
				}
				counted++
				if s.fields > mostFields {
					t.Errorf("%s: %s has %d fields, %d are enough", s.at, name, s.fields,
						mostFields)
				}
				if s.anonymous {
					t.Errorf("%s: %s has a field whose struct has no name", s.at, name)
				}
			}
			return nil
		}
		if err := filepath.WalkDir(filepath.Join(root, folder), walk); err != nil {
			t.Fatal(err)
		}
	}
	if counted < 60 {
		t.Errorf("only %d structs with methods were found", counted)
	}
}

// TestFieldsAreCounted: a struct with too many fields is found, however they are written.
func TestFieldsAreCounted(t *testing.T) {
	const source = `package p
type some struct {
	a, b int
	_ [64]byte
	fmt.Stringer
	c struct{ d int }
}`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	st := f.Decls[0].(*ast.GenDecl).Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
	if s := measure(st); s.fields != 4 || !s.anonymous {
		t.Errorf("%d fields, anonymous %v", s.fields, s.anonymous)
	}
	for _, text := range []string{"T", "*T", "T[A]", "*T[A, B]"} {
		e, err := parser.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := receiver(e); got != "T" {
			t.Errorf("the receiver %s is %q", text, got)
		}
	}
}
