// Package apitest lists what packages of this module export, by their source, so that tests can
// insist on a case for each function of a kind, those that are yet to be written included.
package apitest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Func is an exported function, or an exported method of an exported type.
type Func struct {
	// Name is "Handle", or "Channel.Send" for a method.
	Name string
	// Params are the types of the parameters as they are written, each once for its names.
	Params []string
}

// Files parses the Go files of a folder, without its tests.
func Files(t testing.TB, folder string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil,
			parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		t.Fatalf("no Go files in %s", folder)
	}
	return files
}

// Funcs lists the exported functions and methods of a folder's package, for all platforms, by name.
func Funcs(t testing.TB, folder string) []Func {
	t.Helper()
	all := map[string]Func{}
	for _, f := range Files(t, folder) {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			name := fn.Name.Name
			if fn.Recv != nil {
				of := TypeName(fn.Recv.List[0].Type)
				if !ast.IsExported(of) {
					continue
				}
				name = of + "." + name
			}
			all[name] = Func{name, params(fn.Type)}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Func) int {
		return strings.Compare(a.Name, b.Name)
	})
}

// TypeName is the name of a type without its star and parameters.
func TypeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return TypeName(e.X)
	case *ast.IndexExpr:
		return TypeName(e.X)
	case *ast.IndexListExpr:
		return TypeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func params(f *ast.FuncType) []string {
	var list []string
	for _, p := range f.Params.List {
		for range max(1, len(p.Names)) {
			list = append(list, Text(p.Type))
		}
	}
	return list
}

// Text is a type as it is written, but that a function is only "func".
func Text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.FuncType:
		return "func"
	case *ast.StarExpr:
		return "*" + Text(e.X)
	case *ast.SelectorExpr:
		return Text(e.X) + "." + e.Sel.Name
	case *ast.ArrayType:
		return "[]" + Text(e.Elt)
	case *ast.MapType:
		return "map"
	case *ast.ChanType:
		return "chan"
	case *ast.InterfaceType:
		return "any"
	case *ast.Ellipsis:
		return "..." + Text(e.Elt)
	}
	return TypeName(e)
}

// Consts lists the string constants of a type that a folder's package exports: their values by
// their names.
func Consts(t testing.TB, folder, of string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, f := range Files(t, folder) {
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && v.Type != nil && Text(v.Type) == of &&
				len(v.Values) == len(v.Names) {
				for i, name := range v.Names {
					if text, ok := v.Values[i].(*ast.BasicLit); ok && name.IsExported() {
						all[name.Name] = strings.Trim(text.Value, `"`)
					}
				}
			}
			return true
		})
	}
	return all
}

// With lists the functions that have a parameter of one of these types, as Text gives them; "*" is
// any pointer.
func With(t testing.TB, folder string, types ...string) []string {
	t.Helper()
	var names []string
	for _, f := range Funcs(t, folder) {
		if slices.ContainsFunc(f.Params, func(p string) bool {
			return slices.Contains(types, p) || p[0] == '*' && slices.Contains(types, "*")
		}) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Each runs the case of each function that With lists. A function without a case, and a case
// without a function, fail the test: whoever adds a function adds its case.
func Each[T any](
	t *testing.T, folder string, types []string, cases map[string]T, run func(t *testing.T, c T),
) {
	t.Helper()
	names := With(t, folder, types...)
	for _, name := range names {
		c, ok := cases[name]
		if !ok {
			t.Errorf("%s has a parameter of %s, and no case here", name,
				strings.Join(types, " or "))
			continue
		}
		t.Run(name, func(t *testing.T) { run(t, c) })
	}
	for name := range cases {
		if !slices.Contains(names, name) {
			t.Errorf("there is no function %s with a parameter of %s", name,
				strings.Join(types, " or "))
		}
	}
}

// Nilable are the kinds of parameters, besides contexts, that an app may forget: With's.
var Nilable = []string{"func", "*", "error", "io.Closer", "color.Color", "NativeWindow", "Listener"}

// Forgiving runs a function that was given nil where a value is meant. It may do something
// sensible, give an error, or panic with words of its own, which begin with the name of the
// package; but the runtime may not have to find it.
func Forgiving(t *testing.T, of string, f func() error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			if text, ok := p.(string); !ok || !strings.HasPrefix(text, of+": ") {
				t.Errorf("it panicked: %v", p)
			}
		}
	}()
	if err := f(); err != nil && !strings.Contains(err.Error(), ": ") {
		t.Errorf("its error says too little: %v", err)
	}
}
