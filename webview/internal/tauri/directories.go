package tauri

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// baseDirectory is a directory's number in @tauri-apps/api/path.
type baseDirectory int

const (
	dirAudio baseDirectory = iota + 1
	dirCache
	dirConfig
	dirData
	dirLocalData
	dirDocument
	dirDownload
	dirPicture
	dirPublic
	dirVideo
	dirResource
	dirTemp
	dirAppConfig
	dirAppData
	dirAppLocalData
	dirAppCache
	dirAppLog
	dirDesktop
	dirExecutable
	dirFont
	dirHome
	dirRuntime
	dirTemplate
)

// directories finds the user's directories as the XDG specifications say: the base directories by
// the environment, documents and so on by user-dirs.dirs.
type directories struct {
	identifier string              // names the app's own
	env        func(string) string // os.Getenv
}

// userDirectories are the names in user-dirs.dirs.
var userDirectories = map[baseDirectory]string{
	dirAudio:    "XDG_MUSIC_DIR",
	dirDocument: "XDG_DOCUMENTS_DIR",
	dirDownload: "XDG_DOWNLOAD_DIR",
	dirPicture:  "XDG_PICTURES_DIR",
	dirPublic:   "XDG_PUBLICSHARE_DIR",
	dirVideo:    "XDG_VIDEOS_DIR",
	dirDesktop:  "XDG_DESKTOP_DIR",
	dirTemplate: "XDG_TEMPLATES_DIR",
}

// find gives a directory, which need not exist.
func (d directories) find(b baseDirectory) (string, error) {
	dir := ""
	switch b {
	case dirHome:
		dir = d.env("HOME")
	case dirCache:
		dir = d.base("XDG_CACHE_HOME", ".cache")
	case dirConfig:
		dir = d.base("XDG_CONFIG_HOME", ".config")
	case dirData, dirLocalData:
		dir = d.base("XDG_DATA_HOME", ".local/share")
	case dirExecutable:
		dir = d.base("XDG_BIN_HOME", ".local/bin")
	case dirFont:
		dir = under(d.base("XDG_DATA_HOME", ".local/share"), "fonts")
	case dirRuntime:
		dir = d.base("XDG_RUNTIME_DIR", "")
	case dirTemp:
		dir = os.TempDir()
	case dirResource:
		program, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("webview: failed to find the program: %w", err)
		}
		dir = filepath.Dir(program)
	case dirAppConfig:
		return d.app(dirConfig)
	case dirAppData, dirAppLocalData:
		return d.app(dirData)
	case dirAppCache:
		return d.app(dirCache)
	case dirAppLog:
		dir, err := d.app(dirData)
		return under(dir, "logs"), err
	default:
		name, ok := userDirectories[b]
		if !ok {
			return "", noPath(fmt.Sprintf("there is no base directory %d", b))
		}
		dir = d.user(name)
	}
	if dir == "" {
		return "", noPath("unknown path")
	}
	return dir, nil
}

// app gives the app's own directory inside of another.
func (d directories) app(b baseDirectory) (string, error) {
	if d.identifier == "" {
		return "", noPath("the app has no identifier: set Options.Identifier")
	}
	dir, err := d.find(b)
	return under(dir, d.identifier), err
}

func under(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// base gives a directory that the environment names, or else one of the home directory. A relative
// one doesn't count.
func (d directories) base(variable, name string) string {
	if dir := d.env(variable); filepath.IsAbs(dir) {
		return dir
	}
	if name == "" {
		return ""
	}
	return under(d.env("HOME"), name)
}

// user reads a directory out of user-dirs.dirs: lines like XDG_MUSIC_DIR="$HOME/Music".
func (d directories) user(name string) string {
	f, err := os.Open(filepath.Join(d.base("XDG_CONFIG_HOME", ".config"), "user-dirs.dirs"))
	if err != nil {
		return ""
	}
	defer f.Close()
	home := d.env("HOME")
	for lines := bufio.NewScanner(f); lines.Scan(); {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), name+"=")
		if !ok {
			continue
		}
		value = strings.Trim(value, `"`)
		if rest, inHome := strings.CutPrefix(value, "$HOME"); inHome {
			value = home + rest
		}
		// The home directory itself stands for one that is turned off.
		if value = filepath.Clean(value); filepath.IsAbs(value) && value != filepath.Clean(home) {
			return value
		}
	}
	return ""
}
