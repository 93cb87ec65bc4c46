package serving

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
)

// Names of files come from pages, so that a file is opened only if it is one that the app can have
// meant: no symbolic link leads out of its directory, no element of its path is hidden, and it is a
// regular file. What would wait for ever, a pipe, is told by Stat before it is opened.

// longestPath bounds the path of a file, in bytes, as Linux does.
const longestPath = 4096

// maxLinks bounds the links on the way to a file.
const maxLinks = 40

var (
	errNotRegular = errors.New("no regular file")
	errLeadsOut   = errors.New("a link leads out of the directory")
)

// directory is a directory of the system in place of an os.DirFS, which follows links to wherever
// they lead. os.Root opens the files, link by link. Like os.DirFS it looks the directory up each
// time: a tool that builds pages may make it anew.
type directory string

// Open implements fs.FS.
func (d directory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, _, err := openUnder(string(d), filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// confined gives the files as they are served: a directory in place of an os.DirFS.
func confined(files fs.FS) fs.FS {
	if files != nil && reflect.TypeOf(files) == reflect.TypeOf(os.DirFS("")) {
		return directory(reflect.ValueOf(files).String())
	}
	return files
}

// openConfined opens a file or folder. fs.ErrNotExist: it is something else, or outside.
func openConfined(files fs.FS, name string) (fs.File, fs.FileInfo, error) {
	switch files := files.(type) {
	case directory:
		f, info, err := openUnder(string(files), filepath.FromSlash(name))
		if err != nil {
			return nil, nil, err
		}
		return f, info, nil
	case fs.ReadLinkFS:
		to, err := followLinks(files, name)
		if err != nil {
			return nil, nil, err
		}
		name = to
	case fs.StatFS:
		info, err := files.Stat(name)
		if err != nil {
			return nil, nil, err
		}
		if !isFileOrFolder(info) {
			return nil, nil, errNotRegular
		}
	}
	return openStat(files, name)
}

func isFileOrFolder(info fs.FileInfo) bool { return info.Mode().IsRegular() || info.IsDir() }

// openUnder opens a file or folder of a directory of the system. Between Stat and opening it may
// become a pipe: opening that does not wait.
func openUnder(dir, name string) (*os.File, fs.FileInfo, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, nil, leadsOut(err)
	}
	if !isFileOrFolder(info) {
		return nil, nil, errNotRegular
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, leadsOut(err)
	}
	if info, err = f.Stat(); err == nil && !isFileOrFolder(info) {
		err = errNotRegular
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// leadsOut gives errLeadsOut for the error with which os.Root refuses a link: it is the one that is
// not the system's.
func leadsOut(err error) error {
	if system := syscall.Errno(0); errors.As(err, &system) || isNotFound(err) {
		return err
	}
	return fmt.Errorf("%w: %w", errLeadsOut, err)
}

// followLinks gives the path of a file or folder without the links on its way, none of which leads
// out. What changes meanwhile is not seen, so that a directory of the system is better opened by
// os.Root.
func followLinks(files fs.ReadLinkFS, name string) (string, error) {
	done, links := ".", 0
	for rest := name; rest != ""; {
		element, after, _ := strings.Cut(rest, "/")
		at := path.Join(done, element)
		info, err := files.Lstat(at)
		switch {
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink == 0:
			if after != "" && !info.IsDir() || !isFileOrFolder(info) {
				return "", errNotRegular
			}
			done, rest = at, after
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		to, err := files.ReadLink(at)
		if err != nil {
			return "", err
		}
		to = filepath.ToSlash(to)
		if rest = path.Join(done, to); path.IsAbs(to) || !fs.ValidPath(rest) {
			return "", errLeadsOut
		}
		done, rest = ".", path.Join(rest, after)
	}
	return done, nil
}

// isHidden says whether an element of a path with slashes is the name of a hidden file: it begins
// with a dot, if need be behind what a file system may leave out. The root, which is ".", is none.
func isHidden(name string) bool {
	if name == "." {
		return false
	}
	for element := range strings.SplitSeq(name, "/") {
		if isHiddenElement(element, runtime.GOOS == "windows") {
			return true
		}
	}
	return false
}

// isHiddenElement takes one element. Windows has backslashes for slashes, and short names for
// hidden files: GIT~1 is .git.
func isHiddenElement(element string, windows bool) bool {
	if strings.HasPrefix(strings.TrimLeftFunc(element, isIgnorable), ".") {
		return true
	}
	if !windows {
		return false
	}
	_, short, ok := strings.Cut(element, "~")
	return strings.Contains(element, `\.`) || ok && short != "" && short[0] >= '0' &&
		short[0] <= '9'
}

// isIgnorable says whether Apple's HFS+ leaves the character out of a name.
func isIgnorable(c rune) bool {
	return c >= 0x200c && c <= 0x200f || c >= 0x202a && c <= 0x202e || c >= 0x206a && c <= 0x206f ||
		c == 0xfeff
}
