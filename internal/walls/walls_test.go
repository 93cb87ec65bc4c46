package walls

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/tailrace-go/tailrace"
)

// name is the room's folder.
func (r *room) name() string { return strings.TrimSuffix(r.packages, "/...") }

// has reports whether a folder belongs to the room, if it has none of its own.
func (r *room) has(folder string) bool {
	name := r.name()
	return folder == name || name != r.packages && strings.HasPrefix(folder, name+"/")
}

// roomOf is the room of a folder: that with the longest name.
func roomOf(folder string) *room {
	var best *room
	for i := range rooms {
		if r := &rooms[i]; r.has(folder) && (best == nil || len(r.name()) > len(best.name())) {
			best = r
		}
	}
	return best
}

// wrong says why a package of that room may not import this one, "" if it may.
func (r *room) wrong(imported string) string {
	own, inside := strings.CutPrefix(imported, module)
	switch own = strings.TrimPrefix(own, "/"); {
	case !inside:
		first, _, _ := strings.Cut(imported, "/")
		if imported != "C" && !strings.Contains(first, ".") || slices.Contains(r.others, imported) {
			return ""
		}
		return "is no package of others that it may import"
	case own == "":
		own = "."
	}
	to := roomOf(own)
	switch {
	case to == nil:
		return "has no room"
	case to == r, to.tool && r.tools, slices.Contains(r.imports, "..."),
		slices.Contains(r.imports, to.name()):
		return ""
	}
	return fmt.Sprintf("is in the room %q, and it may import %q", to.name(), r.imports)
}

// file is one Go file, with what it imports.
type file struct {
	folder, name string
	imports      []string
}

func (f *file) test() bool { return strings.HasSuffix(f.name, "_test.go") }

// files reads all Go files of this module, for whatever system they are.
func files(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(name, "go.mod"))
			other := err == nil && name != root
			hidden := name != root && (base[0] == '.' || base[0] == '_')
			if other || hidden || base == "node_modules" || base == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(base) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		f := file{folder: filepath.ToSlash(folder), name: base}
		for _, i := range parsed.Imports {
			text, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, text)
		}
		all = append(all, f)
		return nil
	})
	if err != nil || len(all) < 200 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	return all
}

// TestWalls: each package imports what its room may, and has one.
func TestWalls(t *testing.T) {
	used := map[*room]bool{}
	for _, f := range files(t) {
		r := roomOf(f.folder)
		if r != nil {
			used[r] = true
		}
		if f.test() {
			continue
		}
		if r == nil {
			t.Errorf("%s: package %s has no room in internal/walls", f.name, f.folder)
			continue
		}
		for _, i := range f.imports {
			if why := r.wrong(i); why != "" {
				t.Errorf("%s imports %s, which %s", path.Join(f.folder, f.name), i, why)
			}
		}
	}
	for i := range rooms {
		if !used[&rooms[i]] {
			t.Errorf("there is no package %s", rooms[i].packages)
		}
		for _, name := range rooms[i].imports {
			known := func(r room) bool { return name == "..." || r.name() == name }
			if !slices.ContainsFunc(rooms, known) {
				t.Errorf("%s may import %s, which is no room", rooms[i].packages, name)
			}
		}
	}
}

// TestTests: not even tests of the transport and of its carriers know windows or the bus.
func TestTests(t *testing.T) {
	for _, f := range files(t) {
		if f.folder != "transport" && !strings.HasPrefix(f.folder, "transport/") {
			continue
		}
		for _, i := range f.imports {
			own, inside := strings.CutPrefix(i, module+"/")
			first, _, _ := strings.Cut(own, "/")
			if inside && (first == "webview" || first == "bus") {
				t.Errorf("%s imports %s", path.Join(f.folder, f.name), i)
			}
		}
	}
}

// reaches reports whether a room may import another one through whatever others.
func reaches(from, to string, seen map[string]bool) bool {
	if seen[from] {
		return false
	}
	seen[from] = true
	i := slices.IndexFunc(rooms, func(r room) bool { return r.name() == from })
	for _, next := range rooms[i].imports {
		if next == to || next == "..." || reaches(next, to, seen) {
			return true
		}
	}
	return false
}

// TestApart: no wall has a way around it.
func TestApart(t *testing.T) {
	for _, a := range apart {
		if reaches(a.from, a.to, map[string]bool{}) {
			t.Errorf("%s may come to import %s", a.from, a.to)
		}
	}
	for _, name := range []string{"ring", "internal/wire"} {
		if r := roomOf(name); len(r.imports) > 0 || r.tools || len(r.others) > 0 {
			t.Errorf("%s may import %q and %q, and must do with the standard library",
				name, r.imports, r.others)
		}
	}
}

// TestHeadless: no program gets a window's libraries into its process by these packages.
func TestHeadless(t *testing.T) {
	args := []string{"list", "-deps", "-f", `{{if .CgoFiles}}{{if not .Standard}}cgo {{.ImportPath}}
{{end}}{{end}}{{.ImportPath}}`}
	for _, p := range headless {
		args = append(args, module+"/"+p)
	}
	list := exec.Command("go", args...)
	list.Dir = root
	list.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := list.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if !slices.Contains(lines, module+"/transport") {
		t.Fatalf("go list gives %q", lines)
	}
	for i, name := range lines {
		if name == gtk || name == "cgo" {
			t.Errorf("below %q there is %s %s", headless, name, lines[i+1])
		}
	}
}

// TestPlanted: what must not be is found.
func TestPlanted(t *testing.T) {
	for _, c := range []struct {
		folder, imports string
		wrong           bool
	}{
		{"ring", "sync", false},
		{"ring", module + "/internal/fifo", true},
		{"ring", "golang.org/x/sys/cpu", true},
		{"internal/wire", module + "/ring", true},
		{"transport", module + "/ring", false},
		{"transport", module + "/transport/internal/budget", false},
		{"transport", module + "/bus", true},
		{"transport", module + "/webview", true},
		{"transport", module + "/transport/carrier/pulls", true},
		{"transport", "C", true},
		{"transport/carrier/pulls", module + "/internal/wire", true},
		{"transport/carrier/shm", module + "/internal/loglimit", false},
		{"transport/carrier/shm", module + "/transport/internal/budget", true},
		{"transport/carrier/shm", module + "/webview/internal/inspector", true},
		{"transport/carrier/memory", module + "/bus", true},
		{"transport/internal/budget", module + "/transport/internal/scripts", false},
		{"bus", module + "/webview", true},
		{"bus", module, true},
		{"bus", module + "/nowhere", true},
		{"webview", gtk, true},
		{"webview", "C", true},
		{"webview", module + "/webview/internal/gtk", true},
		{"webview/serving", module + "/webview", true},
		{"webview/internal/gtk", gtk, false},
	} {
		if why := roomOf(c.folder).wrong(c.imports); (why != "") != c.wrong {
			t.Errorf("%s imports %s: %q", c.folder, c.imports, why)
		}
	}
	if roomOf("nowhere") != nil {
		t.Error("a folder that is not there has a room")
	}
}
