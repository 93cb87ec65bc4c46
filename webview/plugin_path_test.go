//go:build linux && cgo

package webview

import (
	"os"
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

func TestDirectories(t *testing.T) {
	home := t.TempDir()
	config := filepath.Join(home, ".config")
	if err := os.Mkdir(config, 0o700); err != nil {
		t.Fatal(err)
	}
	text := `# comment
XDG_MUSIC_DIR="$HOME/Music"
XDG_DOWNLOAD_DIR="/srv/in"
XDG_DESKTOP_DIR="$HOME/"
XDG_VIDEOS_DIR=relative
`
	if err := os.WriteFile(filepath.Join(config, "user-dirs.dirs"), []byte(text),
		0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"HOME": home, "XDG_CACHE_HOME": "/var/cache/me",
		"XDG_DATA_HOME": "relative"}
	d := directories{"com.example.app", func(name string) string { return environment[name] }}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for b, want := range map[baseDirectory]string{
		dirHome: home, dirConfig: config, dirCache: "/var/cache/me", dirData: home +
			"/.local/share",
		dirLocalData: home + "/.local/share", dirAudio: home + "/Music", dirDownload: "/srv/in",
		dirDesktop: "", dirVideo: "", dirPicture: "", dirRuntime: "", dirTemp: os.TempDir(),
		dirResource: filepath.Dir(program), dirAppConfig: config + "/com.example.app",
		dirAppCache: "/var/cache/me/com.example.app", dirAppLog: home +
			"/.local/share/com.example.app/logs",
		dirExecutable: home + "/.local/bin", dirFont: home + "/.local/share/fonts", 0: "", 24: "",
	} {
		got, err := d.find(b)
		if (err != nil) != (want == "") || got != want {
			t.Errorf("%d: %q, %v, want %q", b, got, err, want)
		}
	}
	d.identifier = ""
	if got, err := d.find(dirAppData); err == nil {
		t.Errorf("without identifier: %q", got)
	}
	if dirTemplate != 23 {
		t.Errorf("the last number is %d", dirTemplate)
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
