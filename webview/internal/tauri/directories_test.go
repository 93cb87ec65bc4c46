//go:build linux

package tauri

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDirectories: the user's directories are where the environment and user-dirs.dirs say.
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
	dirs := filepath.Join(config, "user-dirs.dirs")
	if err := os.WriteFile(dirs, []byte(text), 0o600); err != nil {
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
		dirHome: home, dirConfig: config, dirCache: "/var/cache/me",
		dirData: home +
			"/.local/share",
		dirLocalData: home + "/.local/share", dirAudio: home + "/Music", dirDownload: "/srv/in",
		dirDesktop: "", dirVideo: "", dirPicture: "", dirRuntime: "", dirTemp: os.TempDir(),
		dirResource: filepath.Dir(program), dirAppConfig: config + "/com.example.app",
		dirAppCache: "/var/cache/me/com.example.app",
		dirAppLog: home +
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
