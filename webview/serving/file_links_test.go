//go:build unix

package serving

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// fileSystems gives those of a directory out of which no link may lead.
func fileSystems(t *testing.T, dir string) map[string]fs.FS {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	sub, err := fs.Sub(os.DirFS(filepath.Dir(dir)), filepath.Base(dir))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]fs.FS{"os.DirFS": os.DirFS(dir), "os.Root": root.FS(), "fs.Sub": sub}
}

// No symbolic link leads out of the files that are served, however it is made; those inside are
// followed.
func TestLinksOfAssets(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "pages")
	for _, d := range []string{"pages", "pages/sub", "pages/sub/deep", "pages-private"} {
		if err := os.Mkdir(filepath.Join(base, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"secret.txt": "secret", "pages-private/secret.txt": "secret",
		"pages/inside.txt": "inside", "pages/sub/deep/inside.txt": "inside",
		"pages/sub/index.html": "inside",
	} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"in": "inside.txt", "in2": "in", "folder": "sub", "sub/up": "../inside.txt",
		"sub/deep/around": "../../sub/deep/inside.txt", "here": ".",
		"out": "../secret.txt", "out2": "out", "absolute": filepath.Join(base, "secret.txt"),
		"sub/out": "../../secret.txt", "parent": "..", "beside": "../pages-private",
		"itself": filepath.Join(dir, "inside.txt"), "root": "/",
		"around": "../pages/inside.txt", "sub/index2.html": "../../secret.txt",
		"a": "b", "b": "a", "loop": "loop/x", "gone": "nothing",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, files := range fileSystems(t, dir) {
		logger, log := warningLog()
		a := filesOf(Options{Assets: files, MaxUnseekable: 1 << 20, Logger: logger})
		for target, want := range map[string]int{
			"/inside.txt": 200, "/in": 200, "/in2": 200, "/folder": 200, "/folder/": 200,
			"/folder/deep/inside.txt": 200, "/sub/up": 200, "/sub/deep/around": 200,
			"/here/here/inside.txt": 200,
			"/out":                  404, "/out2": 404, "/absolute": 404,
			"/sub/out": 404, "/folder/out": 404,
			"/parent/secret.txt": 404, "/parent/pages/inside.txt": 404, "/beside/secret.txt": 404,
			"/itself": 404, "/root" + filepath.ToSlash(base) + "/secret.txt": 404, "/around": 404,
			"/sub/index2": 404, "/a": 404, "/loop": 404, "/gone": 404, "/parent": 404,
			"/inside.txt/x": 404,
			"/" + strings.Repeat("here/", 20) + "inside.txt":   404, // os.Root follows 8
			"/" + strings.Repeat("here/", 2000) + "inside.txt": 404,
		} {
			if name != "os.DirFS" && strings.Count(target, "here") == 20 {
				want = 200
			}
			r := ask(a, "GET", target)
			if got := text(t, r); r.StatusCode != want || got == "secret" ||
				want == 200 && got != "inside" {
				t.Errorf("%s: %.60s gives %d %q, want %d", name, target, r.StatusCode, got, want)
			}
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%s: what a page asks for is no error of the app: %s", name, log)
		}
	}
	// A directory that is made anew is looked up anew, as by os.DirFS itself.
	a := filesOf(Options{Assets: os.DirFS(dir), MaxUnseekable: 1 << 20, Logger: slog.Default()})
	if err := os.Rename(dir, dir+"-old"); err != nil {
		t.Fatal(err)
	}
	if r := ask(a, "GET", "/inside.txt"); r.StatusCode != 404 {
		t.Errorf("without the directory: %d", r.StatusCode)
	}
	if err := os.CopyFS(dir, fstest.MapFS{"new.txt": {Data: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	if r := ask(a, "GET", "/new.txt"); r.StatusCode != 200 {
		t.Errorf("with a new directory: %d", r.StatusCode)
	}
	if f, err := fs.ReadFile(confined(os.DirFS(dir)), "../x"); err == nil {
		t.Errorf("a path that is none gave %q", f)
	}
}
