//go:build linux

// Package extensiondir keeps the web process's extension on the disk while a program needs it.
package extensiondir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Prefix begins the names of the directories that hold the extension. Nothing else may use
// it: what has it and is nobody's is removed.
const Prefix = "tailrace-extension-"

// fileName is the library's name in its directory. WebKit loads all that end so.
const fileName = "tailrace.so"

// Directory is a directory of this process with the extension in it.
//
// Its owner holds a lock on it (flock), which the kernel gives back however the process ends. So a
// directory that can be locked is nobody's, and is swept. A directory is made before it can be
// locked, so the owner looks again behind the lock:
//
//  1. owner: mkdir
//  2. sweeper: locks, removes, unlocks
//  3. owner: locks what has no name any more, sees that, and makes another
type Directory struct {
	path string
	lock *os.File // the directory itself
}

// mostLinks bounds how many links are followed on the way to a place, as the system's own bound
// does.
const mostLinks = 40

// sweeperWins bounds how often making a directory begins again because another process swept it in
// the middle.
const sweeperWins = 8

// Places are the directories where the extension may lie, the first that can hold it is
// taken. env is os.Getenv.
func Places(env func(string) string) []string {
	places := []string{env("TMPDIR")}
	if places[0] == "" {
		places[0] = "/tmp"
	}
	if d := env("XDG_RUNTIME_DIR"); d != "" {
		places = append(places, d)
	}
	if d := env("XDG_CACHE_HOME"); d != "" {
		places = append(places, d)
	} else if d := env("HOME"); d != "" {
		places = append(places, filepath.Join(d, ".cache"))
	}
	return places
}

// Unpack writes the library into a new directory, private to the user, in the first of the
// places that can hold it. The error says of each why it can't.
func Unpack(library []byte, places []string) (*Directory, error) {
	if library == nil {
		return nil, fmt.Errorf("webview: the web process's extension does not exist for %s/%s",
			runtime.GOOS, runtime.GOARCH)
	}
	var errs []error
	for _, place := range places {
		d, err := unpackInto(place, library)
		if err == nil {
			return d, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("webview: no directory for the web process's extension (set TMPDIR to "+
		"one that programs may run from): %w", errors.Join(errs...))
}

func unpackInto(place string, library []byte) (*Directory, error) {
	if !filepath.IsAbs(place) {
		return nil, fmt.Errorf("%q is no absolute path", place)
	}
	if err := usable(place); err != nil {
		return nil, err
	}
	sweep(place)
	for range sweeperWins {
		d, err := makeLocked(place)
		if err != nil {
			return nil, err
		}
		if d == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(d.path, fileName), library, 0o600); err != nil {
			d.Remove()
			return nil, fmt.Errorf("failed to unpack the extension: %w", err)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%s: other processes remove what is made there", place)
}

// Statfs tells what a place is mounted with. Tests have their own.
var Statfs = syscall.Statfs

// StNoexec is ST_NOEXEC of Statfs: nothing can be mapped for execution.
const StNoexec = 0x8

// usable says why a place can't hold the extension: code can't be loaded from it, or another user
// could replace what lies in it.
func usable(place string) error {
	if err := onlyOurs(place, os.Getuid()); err != nil {
		return err
	}
	var st syscall.Statfs_t
	if err := Statfs(place, &st); err != nil {
		return &fs.PathError{Op: "statfs", Path: place, Err: err}
	}
	if st.Flags&StNoexec != 0 {
		return fmt.Errorf("%s is mounted noexec", place)
	}
	return nil
}

// lstat tells who may change a place. Tests have their own.
var lstat = func(path string) (mode fs.FileMode, uid, gid uint32, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, 0, err
	}
	st := info.Sys().(*syscall.Stat_t)
	return info.Mode(), st.Uid, st.Gid, nil
}

// onlyOurs says why a user other than uid and root may change what a path leads to: the directory,
// one above it, or a link on the way. What can be changed is
//
//   - what belongs to another user, who may change its bits at any time
//   - a directory that its group or all may write to, unless it is sticky: then nobody takes away
//     or replaces what belongs to somebody else. A group with the owner's number is the owner's
//     private one, as systems with such groups number them.
//
// Access lists are not read: where there is one, the group's bits are the most that it allows to
// anybody beside the owner, so only a private group's may hide a user.
//
// Symbolic links are followed one by one, so that the directories in which they lie are asked.
func onlyOurs(path string, uid int) error {
	rest := strings.Split(strings.Trim(filepath.Clean(path), "/"), "/")
	at, links := "/", 0
	for {
		mode, owner, group, err := lstat(at)
		switch {
		case err != nil:
			return err
		case owner != 0 && int(owner) != uid:
			return fmt.Errorf("%s belongs to another user (%d)", at, owner)
		case mode&fs.ModeSymlink != 0:
			if links++; links > mostLinks {
				return fmt.Errorf("%s: %w", path, syscall.ELOOP)
			}
			to, err := os.Readlink(at)
			if err != nil {
				return err
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(filepath.Dir(at), to)
			}
			to = filepath.Join(append([]string{to}, rest...)...)
			at, rest = "/", strings.Split(strings.Trim(to, "/"), "/")
			continue
		case !mode.IsDir():
			return fmt.Errorf("%s is no directory", at)
		case mode.Perm()&0o002 != 0 && mode&fs.ModeSticky == 0:
			return fmt.Errorf("%s can be changed by every user", at)
		case mode.Perm()&0o020 != 0 && mode&fs.ModeSticky == 0 && group != owner:
			return fmt.Errorf("%s can be changed by its group", at)
		}
		for len(rest) > 0 && rest[0] == "" {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// makeLocked makes a directory and locks it. Nil: another process swept it before the lock.
func makeLocked(place string) (*Directory, error) {
	path, err := os.MkdirTemp(place, Prefix) // 0700
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		if err = flock(f, syscall.LOCK_EX); err == nil {
			if named(f, path) {
				return &Directory{path, f}, nil
			}
			f.Close()
			return nil, nil
		}
		f.Close()
	}
	os.Remove(path)
	return nil, fmt.Errorf("failed to lock %s: %w", path, err)
}

func flock(f *os.File, how int) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = c.Control(func(fd uintptr) {
		for {
			if locked = syscall.Flock(int(fd), how); locked != syscall.EINTR {
				return
			}
		}
	})
	return errors.Join(err, locked)
}

// named says whether path still is the open directory.
func named(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, now)
}

// sweep removes the directories of this user's processes that ended without doing so.
func sweep(place string) {
	entries, err := os.ReadDir(place)
	if err != nil {
		return // what is made there next will tell
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), Prefix) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() {
			continue
		}
		path := filepath.Join(place, e.Name())
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
		if err != nil {
			continue
		}
		if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil && named(f, path) {
			os.RemoveAll(path)
		}
		f.Close()
	}
}

// Path gives where the directory is.
func (d *Directory) Path() string { return d.path }

// Remove takes the directory off the disk. Web processes that have loaded the extension keep it.
func (d *Directory) Remove() error {
	err := os.RemoveAll(d.path)
	d.lock.Close()
	return err
}
