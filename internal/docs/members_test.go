package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/apitest"
)

// members are the fields and methods of types: by "package.Type", the member, and the type that a
// field has, or "".
type members map[string]map[string]string

func (m members) add(of, member, is string) {
	if m[of] == nil {
		m[of] = map[string]string{}
	}
	m[of][member] = is
}

// folders are those of the packages that apps use.
var folders = []string{
	"ring", "transport", "transport/policy", "transport/script", "transport/transporttest",
	"internal/wire", "bus", "webview", "webview/serving", "transport/carrier/shm",
	"transport/carrier/pulls", "transport/carrier/memory", "transport/carrier/carriertest",
}

func exported(t *testing.T) members {
	m := members{}
	for _, folder := range folders {
		pkg := path.Base(folder)
		full := func(name string) string {
			if name != "" && !strings.Contains(name, ".") {
				return pkg + "." + name
			}
			return name
		}
		for _, f := range apitest.Files(t, filepath.Join(root, folder)) {
			for _, decl := range f.Decls {
				switch decl := decl.(type) {
				case *ast.FuncDecl:
					if decl.Recv != nil {
						m.add(full(apitest.TypeName(decl.Recv.List[0].Type)), decl.Name.Name, "")
					}
				case *ast.GenDecl:
					for _, spec := range decl.Specs {
						s, ok := spec.(*ast.TypeSpec)
						if !ok {
							continue
						}
						m.add(full(s.Name.Name), "", "")
						for _, field := range fields(s.Type) {
							is := full(strings.TrimPrefix(apitest.Text(field.Type), "*"))
							for _, n := range field.Names {
								m.add(full(s.Name.Name), n.Name, is)
							}
							if field.Names == nil {
								m.add(full(s.Name.Name), "*"+is, is) // embedded
								m.add(full(s.Name.Name), is[strings.LastIndex(is, ".")+1:], is)
							}
						}
					}
				}
			}
		}
	}
	return m
}

func fields(e ast.Expr) []*ast.Field {
	switch e := e.(type) {
	case *ast.StructType:
		return e.Fields.List
	case *ast.InterfaceType:
		return e.Methods.List
	}
	return nil
}

// find looks for a member of a type, and in what that embeds.
func (m members) find(of, member string) (is string, ok bool) {
	if is, ok := m[of][member]; ok {
		return is, true
	}
	for name, embedded := range m[of] {
		if name != "" && name[0] == '*' {
			if _, known := m[embedded]; !known {
				return "", true // of another module
			}
			if is, ok := m.find(embedded, member); ok {
				return is, true
			}
		}
	}
	return "", false
}

// types are those of that name, in that package or, without one, in any.
func (m members) types(pkg, name string) []string {
	var all []string
	for _, folder := range folders {
		if of := path.Base(folder) + "." + name; m[of] != nil &&
			(pkg == "" || pkg == path.Base(folder)) {
			all = append(all, of)
		}
	}
	return all
}

// has reports whether a chain such as Options.Bus.PendingBytes leads somewhere from that type.
func (m members) has(of string, chain []string) bool {
	for _, member := range chain {
		is, ok := m.find(of, member)
		if !ok {
			return false
		}
		if m[is] == nil {
			return true // what follows is not ours
		}
		of = is
	}
	return true
}

// qualified is a type with members, maybe with its package: webview.Options.Bus.PendingBytes.
var qualified = regexp.MustCompile(`(?:\b([a-z]+)\.)?\b([A-Z]\w*)((?:\.[A-Z]\w*)+)`)

// TestMembers: where a document or a comment names a field or a method of one of our types, that
// exists.
func TestMembers(t *testing.T) {
	known := exported(t)
	check := func(name, text string) {
		for _, q := range qualified.FindAllStringSubmatch(text, -1) {
			types := known.types(q[1], q[2])
			if len(types) == 0 {
				types = known.types("", q[2])
			}
			if q[1] != "" && len(known.types(q[1], q[2])) == 0 &&
				!strings.Contains(strings.Join(folders, "/")+"/", q[1]+"/") {
				types = nil // a variable, or another module's package
			}
			if len(types) == 0 {
				continue
			}
			chain := strings.Split(q[3][1:], ".")
			found := slices.ContainsFunc(types, func(of string) bool {
				return known.has(of, chain)
			})
			for of := range known { // or a field of that name: Engine.RingBytes, in Options
				found = found || known.has(of, append([]string{q[2]}, chain...))
			}
			if !found {
				t.Errorf("%s: there is no %s", name, q[0])
			}
		}
	}
	eachFile(t, func(name string, source func() []byte) {
		switch filepath.Ext(name) {
		case ".md":
			if name != "CHANGELOG.md" { // which may tell of what has gone
				check(name, string(source()))
			}
		case ".go":
			f, err := parser.ParseFile(token.NewFileSet(), name, source(),
				parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range f.Comments {
				check(name, g.Text())
			}
		}
	})
}

// Commands that documents tell to type.
var (
	makeTarget = regexp.MustCompile("(?m)(?:^|`)(?:[A-Z]+=\\S+ )*make ([a-z][a-z0-9-]*)")
	npmScript  = regexp.MustCompile(`npm run ([a-z]+)`)
	goRun      = regexp.MustCompile(`go (?:run|test)(?: -\S+)* (\./[\w/]+)`)
	link       = regexp.MustCompile(`\]\(([^)#:]+?)(?:#[^)]*)?\)`)
)

// TestCommands: targets of make, scripts of npm, folders of go run and files of links in the
// documents exist.
func TestCommands(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	rules, scripts := read("Makefile"), read("client/package.json")
	eachFile(t, func(name string, source func() []byte) {
		if filepath.Ext(name) != ".md" {
			return
		}
		text := string(source())
		for _, m := range makeTarget.FindAllStringSubmatch(text, -1) {
			if !strings.Contains("\n"+rules, "\n"+m[1]+":") {
				t.Errorf("%s: there is no make %s", name, m[1])
			}
		}
		for _, m := range npmScript.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(scripts, `"`+m[1]+`":`) {
				t.Errorf("%s: there is no npm run %s", name, m[1])
			}
		}
		exists := func(file, what string) {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s: there is no %s", name, what)
			}
		}
		for _, m := range goRun.FindAllStringSubmatch(text, -1) {
			exists(m[1], m[1])
		}
		prose := span.ReplaceAllString(inFence.ReplaceAllString(text, ""), "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			exists(filepath.Join(filepath.Dir(name), m[1]), m[1])
		}
	})
}
