package origin_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// TestOriginsInOneFile: URLs and origins are compared with ours in origin.go alone, as far as the
// source tells.
func TestOriginsInOneFile(t *testing.T) {
	const (
		root = "../../.."
		home = "webview/internal/origin/origin.go"
	)
	names := map[string]bool{"Origin": true, "Scheme": true, "OfScheme": true}
	packages := map[string]bool{"origin": true, "webview": true, "serving": true}
	parts := map[string]bool{
		"Host": true, "Hostname": true, "Port": true, "Scheme": true,
		"servedSite": true, "devSite": true,
	}
	set := token.NewFileSet()
	ours := func(e ast.Expr) (found bool) {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr: // else a field of that name; what it is of does not matter
				x, _ := n.X.(*ast.Ident)
				found = found || x != nil && packages[x.Name] && names[n.Sel.Name]
				return false
			case *ast.Ident:
				found = found || names[n.Name]
			case *ast.BasicLit:
				found = found || n.Kind == token.STRING &&
					(strings.Contains(n.Value, "tailrace:") ||
						n.Value == `"localhost"` || n.Value == `"`+origin.Scheme+`"`)
			}
			return true
		})
		return found
	}
	part := func(e ast.Expr) bool { // of a URL
		if c, ok := e.(*ast.CallExpr); ok {
			e = c.Fun
		}
		s, ok := e.(*ast.SelectorExpr)
		return ok && parts[s.Sel.Name]
	}
	looks := func(path string) (found []token.Pos) {
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) &&
					(ours(n.X) || ours(n.Y) || part(n.X) || part(n.Y)) {
					found = append(found, n.Pos())
				}
			case *ast.CaseClause:
				if slices.ContainsFunc(n.List, func(e ast.Expr) bool {
					return ours(e) && !isCall(e)
				}) {
					found = append(found, n.Pos())
				}
			case *ast.SwitchStmt:
				if n.Tag != nil && part(n.Tag) {
					found = append(found, n.Pos())
				}
			case *ast.CallExpr:
				s, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, _ := s.X.(*ast.Ident)
				if x == nil || x.Name != "strings" && x.Name != "bytes" && x.Name != "regexp" {
					return true
				}
				if slices.ContainsFunc(n.Args, func(e ast.Expr) bool {
					return ours(e) || part(e)
				}) {
					found = append(found, n.Pos())
				}
			}
			return true
		})
		return found
	}
	allowed := map[string]int{
		"webview/devserver.go": 1, // which port to knock at
		"webview/leads.go":     2, // whether it is a URL at all, and has anything for the desktop
		// a path, the name of a source, and that of a signal
		"webview/internal/gtk/scheme.c": 1, "webview/internal/gtk/loop.c": 1,
		"webview/internal/gtk/probe.c": 1,
	}
	// In C, where the extension's origin.c is the one place.
	prefix := regexp.MustCompile(
		`\b(strn(case)?cmp|memcmp|strstr|g_str_has_prefix|g_ascii_strn\w+) ?\(`)
	files, there := 0, 0
	look := func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch name = filepath.ToSlash(name); {
		case d.IsDir() && slices.Contains([]string{"testdata", "origintest", "fuzz"}, d.Name()):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".c"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if strings.Contains(string(text), `"tailrace:`) {
				t.Errorf("%s has a URL of ours", path)
			}
			if found := prefix.FindAll(text, -1); len(found) != allowed[name] {
				t.Errorf("%s compares %d prefixes, want %d", path, len(found), allowed[name])
			}
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files++
			found := looks(path)
			if name == home {
				there = len(found)
				return nil
			}
			if len(found) != allowed[name] {
				for _, at := range found {
					t.Errorf("%s: a comparison with an origin of ours, which belongs into %s",
						set.Position(at), home)
				}
			}
		}
		return nil
	}
	err := errors.Join(filepath.WalkDir(root+"/webview", look),
		filepath.WalkDir(root+"/transport/carrier/shm", look))
	if err != nil || files < 80 || there < 4 {
		t.Errorf("%d files, %d comparisons in %s, %v", files, there, home, err)
	}
}

func isCall(e ast.Expr) bool { _, ok := e.(*ast.CallExpr); return ok }
