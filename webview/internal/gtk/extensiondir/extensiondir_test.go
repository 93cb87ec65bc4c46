//go:build linux

package extensiondir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func unpacked(t *testing.T, places ...string) *Directory {
	t.Helper()
	d, err := Unpack([]byte("library"), places)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// left gives the names in a directory.
func left(t *testing.T, place string) []string {
	t.Helper()
	entries, err := os.ReadDir(place)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// The extension lies in a directory that nobody else can look into, and leaves nothing.
func TestExtensionDirectory(t *testing.T) {
	place := t.TempDir()
	d := unpacked(t, place)
	info, err := os.Stat(d.path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info, err)
	}
	if b, err := os.ReadFile(filepath.Join(d.path, fileName)); string(b) != "library" ||
		err != nil {
		t.Errorf("the library: %q, %v", b, err)
	}
	other := unpacked(t, place) // of another App's process: both stay
	for _, d := range []*Directory{d, other} {
		if _, err := os.Stat(d.path); err != nil {
			t.Error(err)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	}
	if names := left(t, place); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// A place that can't hold code, or not safely, is passed over; with none left, the error says why
// of each.
func TestExtensionPlaces(t *testing.T) {
	base := t.TempDir()
	open, file, noexec, good := filepath.Join(base, "open"), filepath.Join(base, "file"),
		filepath.Join(base, "noexec"), filepath.Join(base, "good")
	for _, d := range []string{open, noexec, good} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	Statfs = func(path string, st *syscall.Statfs_t) error {
		err := syscall.Statfs(path, st)
		if path == noexec {
			st.Flags |= StNoexec
		}
		return err
	}
	t.Cleanup(func() { Statfs = syscall.Statfs })
	bad := []string{"relative", filepath.Join(base, "missing"), file, open, noexec}
	d := unpacked(t, append(slices.Clone(bad), good)...)
	if filepath.Dir(d.path) != good {
		t.Errorf("it lies in %s", d.path)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
	_, err := Unpack([]byte("library"), bad)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("an error that is %v", err)
	}
	for _, why := range []string{`"relative" is no absolute path`, "file is no directory",
		"open can be changed by every user", "noexec is mounted noexec", "TMPDIR"} {
		if !strings.Contains(err.Error(), why) {
			t.Errorf("the error lacks %q: %v", why, err)
		}
	}
	for _, place := range []string{open, noexec, good} {
		if names := left(t, place); len(names) != 0 {
			t.Errorf("left in %s: %v", place, names)
		}
	}
	env := map[string]string{"HOME": "/home/me"}
	get := func(name string) string { return env[name] }
	if got := Places(get); !slices.Equal(got, []string{"/tmp", "/home/me/.cache"}) {
		t.Errorf("places: %v", got)
	}
	env["TMPDIR"], env["XDG_RUNTIME_DIR"], env["XDG_CACHE_HOME"] = "/a", "/b", "/c"
	if got := Places(get); !slices.Equal(got, []string{"/a", "/b", "/c"}) {
		t.Errorf("places: %v", got)
	}
}

// TestExtensionPlaceOwners: a place is no good if somebody else than the user and root may change
// it, one above it, or a link on the way.
func TestExtensionPlaceOwners(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	above, link := filepath.Join(base, "above"), filepath.Join(base, "links", "link")
	place := filepath.Join(above, "place")
	for _, d := range []string{place, filepath.Dir(link)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../above", link); err != nil {
		t.Fatal(err)
	}
	const me, other = 1000, 1001
	type entry struct {
		mode       fs.FileMode
		owner, gid uint32
	}
	real := lstat
	t.Cleanup(func() { lstat = real })
	for _, c := range []struct {
		name  string
		path  string
		entry entry
		want  string // "": it is good
	}{
		{"the user's own", place, entry{0o700, me, me}, ""},
		{"root's", place, entry{0o755, 0, 0}, ""},
		{"somebody else's", place, entry{0o700, other, other}, "another user"},
		{"somebody else's with the user's group", place, entry{0o770, other, me}, "another user"},
		{"of the private group", place, entry{0o775, me, me}, ""},
		{"of another group", place, entry{0o770, me, 27}, "its group"},
		{"root's of another group", place, entry{0o775, 0, 27}, "its group"},
		{"of another group, sticky", place, entry{0o770 | fs.ModeSticky, me, 27}, ""},
		{"of all", place, entry{0o777, me, me}, "every user"},
		{"of all, sticky", place, entry{0o777 | fs.ModeSticky, 0, 0}, ""},
		{"somebody else's, sticky", place, entry{0o777 | fs.ModeSticky, other, 0}, "another user"},
		{"above: of all", above, entry{0o777, 0, 0}, "every user"},
		{"above: of all, sticky", above, entry{0o777 | fs.ModeSticky, 0, 0}, ""},
		{"above: of another group", above, entry{0o770, me, 27}, "its group"},
		{"above: somebody else's", above, entry{0o755, other, other}, "another user"},
		{"at the root: of another group", "/", entry{0o775, 0, 27}, "its group"},
		{"beside the way there", filepath.Dir(link), entry{0o777, other, 27}, ""},
	} {
		lstat = func(path string) (fs.FileMode, uint32, uint32, error) {
			mode, _, _, err := real(path)
			if err == nil && path == c.path {
				return mode&fs.ModeType | c.entry.mode, c.entry.owner, c.entry.gid, nil
			}
			return mode&fs.ModeType | 0o700, me, me, err
		}
		good := func(path, want string) {
			t.Helper()
			err := onlyOurs(path, me)
			ok := err == nil
			if want != "" {
				ok = err != nil && strings.Contains(err.Error(), want)
			}
			if !ok {
				t.Errorf("%s: %s: %v, want %q", c.name, path, err, want)
			}
		}
		good(place, c.want)
		if c.path == filepath.Dir(link) { // which is on the way by the link
			good(filepath.Join(link, "place"), "another user")
		} else {
			good(filepath.Join(link, "place"), c.want)
		}
	}
	lstat = real
	if err := os.Symlink("round", filepath.Join(base, "round")); err != nil {
		t.Fatal(err)
	}
	if err := onlyOurs(filepath.Join(base, "round"), os.Getuid()); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link to itself: %v", err)
	}
}

// What dead processes left is removed, and nothing else.
func TestExtensionSweep(t *testing.T) {
	place, elsewhere := t.TempDir(), t.TempDir()
	dead := filepath.Join(place, Prefix+"dead")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		filepath.Join(dead, fileName), filepath.Join(elsewhere, "kept"),
		filepath.Join(place,
			Prefix+"file"),
	} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(place, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(place, Prefix+"link")); err != nil {
		t.Fatal(err)
	}
	living := unpacked(t, place)
	if want := []string{"other", Prefix + "file", Prefix + "link",
		filepath.Base(living.path)}; !sameNames(left(t, place), want) {
		t.Errorf("after one sweep: %v, want %v", left(t, place), want)
	}
	second := unpacked(t, place)
	if _, err := os.Stat(filepath.Join(living.path, fileName)); err != nil {
		t.Errorf("a living process's extension was swept: %v", err)
	}
	if names := left(t, elsewhere); len(names) != 1 {
		t.Errorf("a link was followed: %v", names)
	}
	for _, d := range []*Directory{living, second} {
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	}
}

func sameNames(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Processes that begin and end at the same time sweep nothing of each other. (A lock belongs to an
// open file, so goroutines do for processes.)
func TestExtensionDirectoriesAtOnce(t *testing.T) {
	place := t.TempDir()
	const processes, rounds = 8, 40
	failed := make(chan error, processes)
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			for range rounds {
				d, err := Unpack([]byte("library"), []string{place})
				if err != nil {
					failed <- err
					return
				}
				_, err = os.Stat(filepath.Join(d.path, fileName))
				if err := errors.Join(err, d.Remove()); err != nil {
					failed <- fmt.Errorf("a directory that is in use was swept: %w", err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if names := left(t, place); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}
