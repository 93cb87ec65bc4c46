// Package display finds a place for windows where there is no screen, and gives tests a screen of
// their own: it runs the process again under Xvfb, or under a headless Wayland compositor.
package display

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// ErrNoXvfb means that there is no display, and no xvfb-run to make one.
var ErrNoXvfb = errors.New("display: no DISPLAY or WAYLAND_DISPLAY is set, and xvfb-run is " +
	"missing: install the Debian packages xvfb and xauth")

// marker is set in the process that runs on a display which this package made, so that it never
// makes a second one. Its value is the Kind.
const marker = "TAILRACE_UNDER_XVFB"

// Virtual says whether this process runs on a display that this package made.
func Virtual() bool { return os.Getenv(marker) != "" }

// Ensure returns nil where windows can be opened. Where DISPLAY and WAYLAND_DISPLAY are both
// unset or empty, on Linux, it replaces the process by itself under `xvfb-run -a`, and does not
// return: call it first in main. Tests call Test instead. Errors: ErrNoXvfb, and those of
// starting it.
func Ensure() error {
	if runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil
	}
	if Virtual() {
		return errors.New("display: xvfb-run gave no DISPLAY")
	}
	return again(Bare, os.Environ())
}

// again replaces the process by itself on a new display. It returns only if that fails.
func again(kind Kind, env []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("display: failed to find the program: %w", err)
	}
	args := append([]string{self}, os.Args[1:]...)
	if h, ok := helpers[kind]; ok {
		args = append([]string{"sh", "-c", h.script(), h.name}, args...)
	}
	backend := "wayland"
	if kind != Wayland {
		backend = "x11"
		args = append([]string{"xvfb-run", "-a", "-s", "-screen 0 1600x1200x24"}, args...)
	}
	program, err := exec.LookPath(args[0])
	if err != nil && kind != Wayland {
		return ErrNoXvfb
	} else if err != nil {
		return fmt.Errorf("display: failed to find %s: %w", args[0], err)
	}
	// GTK prefers a Wayland display, and looks for one though WAYLAND_DISPLAY is not set. Without
	// NO_AT_BRIDGE it looks for an accessibility bus and complains.
	env = with(env, marker+"="+string(kind), "GDK_BACKEND="+backend, "NO_AT_BRIDGE=1")
	return fmt.Errorf("display: failed to run %s: %w", args[0], syscall.Exec(program, args, env))
}

// with changes variables; one without a value is taken out.
func with(env []string, variables ...string) []string {
	var out []string
	for _, variable := range variables {
		if strings.HasSuffix(variable, "=") {
			continue
		}
		out = append(out, variable)
	}
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		changed := false
		for _, v := range variables {
			changed = changed || strings.HasPrefix(v, name+"=")
		}
		if !changed {
			out = append(out, variable)
		}
	}
	return out
}
