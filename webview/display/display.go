// Package display finds a place for windows where there is no screen: it runs the process
// again under Xvfb. Tests, benchmarks and demos of webview programs use it.
package display

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// ErrNoXvfb means that there is no display, and no xvfb-run to make one.
var ErrNoXvfb = errors.New("display: no DISPLAY or WAYLAND_DISPLAY is set, and xvfb-run is missing: install the Debian packages xvfb and xauth")

// marker is set in the process that runs under Xvfb, so that it never starts a third one.
const marker = "TAILRACE_UNDER_XVFB"

// Virtual says whether this process runs on a display that Ensure made.
func Virtual() bool { return os.Getenv(marker) != "" }

// Ensure returns nil where windows can be opened. Where DISPLAY and WAYLAND_DISPLAY are both
// unset or empty, on Linux, it replaces the process by itself under `xvfb-run -a`, and does not return: call it
// first in main or TestMain. Errors: ErrNoXvfb, and those of starting it.
func Ensure() error {
	if runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil
	}
	if Virtual() {
		return errors.New("display: xvfb-run gave no DISPLAY")
	}
	run, err := exec.LookPath("xvfb-run")
	if err != nil {
		return ErrNoXvfb
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("display: failed to find the program: %w", err)
	}
	args := append([]string{run, "-a", "-s", "-screen 0 1600x1200x24", self}, os.Args[1:]...)
	// Without NO_AT_BRIDGE, GTK looks for an accessibility bus and complains.
	env := append(os.Environ(), marker+"=1", "NO_AT_BRIDGE=1")
	return fmt.Errorf("display: failed to run xvfb-run: %w", syscall.Exec(run, args, env))
}
