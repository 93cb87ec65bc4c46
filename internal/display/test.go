package display

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// Variable names the environment variable that asks for another display than the tests' usual
// one. Its values are the Kinds.
const Variable = "TAILRACE_TEST_DISPLAY"

// Kind is a sort of display that tests run on.
type Kind string

// The kinds of displays.
const (
	// Bare is an Xvfb of 1600 x 1200 without a window manager: what tests get unless Variable
	// says otherwise.
	Bare Kind = "bare"
	// Openbox is the same with the window manager openbox.
	Openbox Kind = "openbox"
	// Wayland is a headless weston of 1600 x 1200. It has no keyboard and no pointer.
	Wayland Kind = "wayland"
	// Real is the display that is set, with its window manager. Windows come up on it.
	Real Kind = "real"
)

// TestKind gives the kind of display that Variable asks for. Tests that expect different things of
// different displays call it while they run, so that `go test` knows what its cached results
// depend on.
func TestKind() Kind {
	if kind := Kind(os.Getenv(Variable)); kind != "" {
		return kind
	}
	return Bare
}

// Test gives tests a display of their own, whatever DISPLAY and WAYLAND_DISPLAY are: like Ensure it
// replaces the process by itself, with the display that Variable asks for. What a desktop says
// about scale, themes and modules does not reach that process. Call it first in TestMain. Errors:
// Ensure's, and one for a Kind that does not exist.
func Test() error {
	if runtime.GOOS != "linux" {
		return nil
	}
	kind := TestKind()
	switch kind {
	case Real:
		return Ensure()
	case Bare, Openbox, Wayland:
	default:
		return fmt.Errorf("display: %s=%s: must be bare, openbox, wayland or real", Variable, kind)
	}
	if os.Getenv(marker) != string(kind) {
		return again(kind, with(os.Environ(), desktop...))
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("display: the display that was started is not set")
	}
	return nil
}

// desktop takes out of the environment what belongs to the user's own desktop.
var desktop = []string{
	"DISPLAY=", "WAYLAND_DISPLAY=", "XAUTHORITY=", "WAYLAND_SOCKET=",
	"GDK_SCALE=", "GDK_DPI_SCALE=", "GTK_THEME=", "GTK_MODULES=", "GTK3_MODULES=", "GTK_CSD=",
	"GTK_USE_PORTAL=",
	"DESKTOP_STARTUP_ID=", "XDG_ACTIVATION_TOKEN=",
	"GSETTINGS_BACKEND=memory",           // not the user's theme and fonts
	"DBUS_SESSION_BUS_ADDRESS=disabled:", // nor the desktop's own settings
}

// helper is a program that runs beside the tests. Its command runs in the folder $dir, and makes
// the file ready there when tests may begin.
type helper struct{ name, command, ready string }

var helpers = map[Kind]helper{
	Openbox: {
		name: "openbox",
		command: `HOME=$dir XDG_CONFIG_HOME=$dir XDG_CACHE_HOME=$dir XDG_DATA_HOME=$dir ` +
			`exec openbox --sm-disable --startup "touch '$dir/ready'"`,
		ready: "ready",
	},
	Wayland: {
		name: "weston",
		command: `XDG_RUNTIME_DIR=$dir exec weston --backend=headless-backend.so --width=1600 ` +
			`--height=1200 --socket=display --no-config --idle-time=0`,
		ready: "display",
	},
}

// script is a shell script that runs its arguments beside the helper, and gives their exit code.
func (h helper) script() string {
	return `dir=$(mktemp -d) || exit 1
		trap 'kill $helper 2>/dev/null; wait $helper; rm -rf "$dir"' EXIT
		(cd "$dir" && ` + h.command + `) >"$dir/log" 2>&1 &
		helper=$! left=400
		until [ -e "$dir/` + h.ready + `" ]; do
			left=$((left - 1))
			if [ $left = 0 ] || ! kill -0 $helper; then
				cat "$dir/log" >&2
				echo "display: ` + h.name + ` did not start: is that package installed?" >&2
				exit 1
			fi
			sleep 0.05
		done
		# GDK opens no Wayland display without XDG_RUNTIME_DIR.
		[ ` + h.name + ` != weston ] ||
			export WAYLAND_DISPLAY="$dir/display" XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$dir}"
		"$@"`
}
