package tauri

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// The path commands. Paths are only text here: none reads a file, but for the user's directories.
// Each is linear in the length of its arguments, which builtin.Long bounds.

func (c *commands) registerPath() {
	dirs := directories{c.config.Identifier, c.config.Env}
	pathCommand(c, "resolve_directory", func(args struct {
		Directory int
		Path      string
	}) (string, error) {
		dir, err := dirs.find(baseDirectory(args.Directory))
		if err != nil {
			return "", err
		}
		return push(dir, args.Path), nil
	})
	pathCommand(c, "resolve", func(args struct{ Paths []string }) (string, error) {
		dir, err := os.Getwd()
		return resolved(dir, args.Paths), err
	})
	pathCommand(c, "normalize", func(args struct{ Path string }) (string, error) {
		return normalized(args.Path), nil
	})
	pathCommand(c, "join", func(args struct{ Paths []string }) (string, error) {
		return joined(args.Paths), nil
	})
	pathCommand(c, "dirname", func(args struct{ Path string }) (string, error) {
		return dirname(args.Path)
	})
	pathCommand(c, "basename", func(args struct {
		Path string
		Ext  *string
	}) (string, error) {
		name, err := basename(args.Path)
		if args.Ext != nil && len(*args.Ext) < len(name) {
			name = strings.TrimSuffix(name, *args.Ext)
		}
		return name, err
	})
	pathCommand(c, "extname", func(args struct{ Path string }) (string, error) {
		return extname(args.Path)
	})
	pathCommand(c, "is_absolute", func(args struct{ Path string }) (bool, error) {
		return filepath.IsAbs(args.Path), nil
	})
}

func pathCommand[Args, Result any](c *commands, name string, fn func(Args) (Result, error)) {
	run := func(_ context.Context, args Args) (Result, error) { return fn(args) }
	plain(c, "plugin:path|"+name, run)
}

func noPath(message string) error { return &transport.Error{Code: CodeNoPath, Message: message} }

// push puts next behind p, or in its place if it is absolute.
func push(p, next string) string {
	switch {
	case next == "":
		return p
	case filepath.IsAbs(next):
		return next
	}
	return strings.TrimSuffix(p, "/") + "/" + next
}

// resolved pushes paths onto dir, one after the other. What stands before an absolute one is
// nothing, and the rest is written once.
func resolved(dir string, paths []string) string {
	for i, p := range slices.Backward(paths) {
		if filepath.IsAbs(p) {
			dir, paths = p, paths[i+1:]
			break
		}
	}
	var b strings.Builder
	b.WriteString(dir)
	slash := strings.HasSuffix(dir, "/")
	for _, p := range paths {
		if p == "" {
			continue
		}
		if !slash {
			b.WriteByte('/')
		}
		b.WriteString(p)
		slash = strings.HasSuffix(p, "/")
	}
	return filepath.Clean(b.String())
}

// components are the names in a path, and whether it is absolute.
func components(p string) (names []string, absolute bool) {
	for name := range strings.SplitSeq(p, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names, strings.HasPrefix(p, "/")
}

// flattened resolves . and .. within the path; .. at its beginning goes away.
func flattened(p string) string {
	names, absolute := components(p)
	var kept []string
	for _, name := range names {
		if name != ".." {
			kept = append(kept, name)
		} else if len(kept) > 0 {
			kept = kept[:len(kept)-1]
		}
	}
	flat := strings.Join(kept, "/")
	if absolute {
		return "/" + flat
	}
	return flat
}

func normalized(p string) string {
	flat := flattened(p)
	if flat == "" && (p == "." || p == "..") {
		return p
	}
	if strings.HasSuffix(p, "/") && !strings.HasSuffix(flat, "/") {
		flat += "/"
	}
	return flat
}

func joined(paths []string) string {
	var b strings.Builder
	for _, p := range paths {
		b.WriteString(p)
		if p != "" && !strings.HasSuffix(p, "/") {
			b.WriteByte('/')
		}
	}
	if flat := flattened(b.String()); flat != "" {
		return flat
	}
	return "."
}

// parts splits off the last name of a path: what is before it, and the name, which is "" for none.
func parts(p string) (before, name string) {
	trimmed := strings.TrimRight(p, "/")
	for strings.HasSuffix(trimmed, "/.") {
		trimmed = strings.TrimRight(strings.TrimSuffix(trimmed, "."), "/")
	}
	i := strings.LastIndexByte(trimmed, '/')
	before = strings.TrimRight(trimmed[:i+1], "/")
	if before == "" && strings.HasPrefix(trimmed, "/") {
		before = "/"
	}
	return before, trimmed[i+1:]
}

func dirname(p string) (string, error) {
	before, name := parts(p)
	if name == "" {
		return "", noPath("path does not have a parent")
	}
	return before, nil
}

func basename(p string) (string, error) {
	_, name := parts(p)
	if name == "" || name == ".." || name == "." {
		return "", noPath("path does not have a basename")
	}
	return name, nil
}

func extname(p string) (string, error) {
	_, name := parts(p)
	if i := strings.LastIndexByte(name, '.'); i > 0 && name != ".." {
		return name[i+1:], nil
	}
	return "", noPath("path does not have an extension")
}
