// Package limits tests docs/limits.md against the source: what it names must exist.
package limits

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	root     = "../.."
	document = root + "/docs/limits.md"
)

// declared are the fields of a package's options, as Type.Field with their comments, and its tests.
type declared struct {
	fields map[string]string
	tests  map[string]bool
}

func declarations(t *testing.T, folder string) declared {
	t.Helper()
	d := declared{map[string]string{}, map[string]bool{}}
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s: %v", folder, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil,
			parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if strings.HasSuffix(name, "_test.go") && decl.Recv == nil {
					d.tests[decl.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					d.addFields(spec)
				}
			}
		}
	}
	return d
}

// addFields adds the fields of an options struct.
func (d declared) addFields(spec ast.Spec) {
	s, ok := spec.(*ast.TypeSpec)
	if !ok || !strings.HasSuffix(s.Name.Name, "Options") {
		return
	}
	if fields, ok := s.Type.(*ast.StructType); ok {
		for _, f := range fields.Fields.List {
			for _, n := range f.Names {
				d.fields[s.Name.Name+"."+n.Name] = f.Doc.Text()
			}
		}
	}
}

// rows gives the cells of the document's tables, by their first cell.
func rows(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") &&
			!strings.HasPrefix(line, "| bound |") {
			all = append(all, strings.Split(strings.Trim(line, "| "), " | "))
		}
	}
	return all
}

var quoted = regexp.MustCompile("`([a-z/]+)\\.([A-Za-z.]+)`")

// TestDocument: each row names a documented field, and tests that exist.
func TestDocument(t *testing.T) {
	packages := map[string]declared{}
	of := func(folder string) declared {
		d, ok := packages[folder]
		if !ok {
			d = declarations(t, folder)
			packages[folder] = d
		}
		return d
	}
	options := map[string]bool{}
	for _, row := range rows(t) {
		if len(row) != 6 && len(row) != 5 {
			t.Errorf("%q has %d cells", row[0], len(row))
			continue
		}
		if len(row) == 6 {
			named := quoted.FindAllStringSubmatch(row[1], -1)
			if named == nil {
				t.Errorf("%q: %s is no option", row[0], row[1])
			}
			for _, option := range named {
				options[option[1]+"."+option[2]] = true
				if doc, ok := of(option[1]).fields[option[2]]; !ok {
					t.Errorf("%q: there is no %s", row[0], option[0])
				} else if !strings.Contains(strings.ToLower(doc), "default") {
					t.Errorf("%s documents no default", option[0])
				}
			}
		}
		tests := quoted.FindAllStringSubmatch(row[len(row)-1], -1)
		if len(tests) == 0 {
			t.Errorf("%q names no test", row[0])
		}
		for _, test := range tests {
			if !of(test[1]).tests[test[2]] {
				t.Errorf("%q: there is no test %s", row[0], test[0])
			}
		}
	}
	// The other way: a number or a time among the options is a bound, and stands in the table.
	for folder, types := range map[string][]string{"transport": {"Options", "ResumableOptions"},
		"bus": {"Options"}, "webview": {"Options"}, "webview/serving": {"Options"}} {
		for field := range of(folder).fields {
			name, _, _ := strings.Cut(field, ".")
			for _, want := range types {
				if name == want && bound.MatchString(field) && !options[folder+"."+field] {
					t.Errorf("%s.%s is not in the document", folder, field)
				}
			}
		}
	}
}

// bound are the names that bounds have.
var bound = regexp.MustCompile(
	`Bytes$|\.Max|Len$|\.(Lanes|Pending|Pulls|Readers|Window|Sticky|Hold|PostHold|ResendAfter)$`)
