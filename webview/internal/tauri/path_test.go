//go:build linux

package tauri

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Tauri 2.12.5's results.
func TestPaths(t *testing.T) {
	for p, want := range map[string]string{
		"/a/./b/../c": "/a/c", "a/../..": "", "..": "..", ".": ".", "": "", "/": "/", "a/": "a/",
		"/a//b/": "/a/b/",
		"./a":    "a", "/..": "/", "a/..": "", "a/../": "/",
	} {
		if got := normalized(p); got != want {
			t.Errorf("normalize %q: %q, want %q", p, got, want)
		}
	}
	for want, paths := range map[string][]string{
		".": {"", ""}, "a": {"", "a"}, "a/b": {"a/", "", "/b"}, "a/b/c/d": {"a", "b/c", "d"},
		"/a/c": {"/a", "b", "..", "c"},
	} {
		if got := joined(paths); got != want {
			t.Errorf("join %q: %q, want %q", paths, got, want)
		}
	}
	type result struct{ dir, base, ext string } // "!": an error
	for p, want := range map[string]result{
		"/a/b.tar.gz": {"/a", "b.tar.gz", "gz"},
		"/a":          {"/", "a", "!"},
		"/":           {"!", "!", "!"},
		"":            {"!", "!", "!"},
		"a":           {"", "a", "!"},
		"a/b/":        {"a", "b", "!"},
		"a/b/.":       {"a", "b", "!"},
		".hidden":     {"", ".hidden", "!"},
		"a/..":        {"a", "!", "!"},
		"a.":          {"", "a.", ""},
	} {
		get := func(f func(string) (string, error)) string {
			s, err := f(p)
			if err != nil {
				return "!"
			}
			return s
		}
		if got := (result{get(dirname), get(basename), get(extname)}); got != want {
			t.Errorf("%q: %+v, want %+v", p, got, want)
		}
	}
}

// pushedOneByOne is what plugin:path|resolve gives, written as it is meant: it costs the square of
// the paths' length.
func pushedOneByOne(p string, paths []string) string {
	for _, next := range paths {
		switch {
		case next == "":
		case filepath.IsAbs(next):
			p = next
		default:
			p = strings.TrimSuffix(p, "/") + "/" + next
		}
	}
	return filepath.Clean(p)
}

// TestResolvedPaths: paths of few parts, in all combinations, resolve as if each was pushed.
func TestResolvedPaths(t *testing.T) {
	pieces := []string{"", "/", "a", "/b", "c/", "/d/", ".", "..", "../e", "//", "f//"}
	for _, dir := range []string{"", "/", "/home/me", "/x/"} {
		for _, a := range pieces {
			for _, b := range pieces {
				for _, c := range pieces {
					for _, paths := range [][]string{{}, {a}, {a, b}, {a, b, c}, {b, a, c, b}} {
						if got, want := resolved(dir, paths), pushedOneByOne(dir,
							paths); got != want {
							t.Fatalf("%q and %q: %q, want %q", dir, paths, got, want)
						}
					}
				}
			}
		}
	}
}

// patience is far more than any path takes.
const patience = 30 * time.Second

// TestPathsAreLinear: megabytes of each kind of path take what their length takes. The square of it
// would be many minutes.
func TestPathsAreLinear(t *testing.T) {
	const length = 1 << 17
	list := func(piece string) (all []string) {
		for range length / (len(piece) + 1) {
			all = append(all, piece)
		}
		return all
	}
	allocated := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.TotalAlloc
	}
	for _, piece := range []string{
		"", "/", "a", "a/", "/a", ".", "..", "./", "/.", "a/..", "../", "//",
	} {
		text, pieces := strings.Repeat(piece, length/max(1, len(piece))), list(piece)
		begun, before := time.Now(), allocated()
		resolved("/home", pieces)
		joined(pieces)
		normalized(text)
		dirname(text)
		basename(text)
		extname(text)
		took, bytes := time.Since(begun), allocated()-before
		t.Logf("%q: %v, %d bytes", piece, took, bytes)
		if bytes > 256*length || took > patience {
			t.Errorf("%d bytes of %q took %v and %d bytes", length, piece, took, bytes)
		}
	}
}
