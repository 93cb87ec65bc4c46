//go:build linux

package display

import (
	"errors"
	"testing"
)

func TestEnsure(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv(marker, "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("DISPLAY", "")
	if err := Ensure(); !errors.Is(err, ErrNoXvfb) {
		t.Errorf("without xvfb-run: %v", err)
	}
	t.Setenv(marker, "1")
	if err := Ensure(); err == nil || !Virtual() {
		t.Errorf("under an xvfb-run that gave no display: %v", err)
	}
	t.Setenv("DISPLAY", ":1")
	if err := Ensure(); err != nil {
		t.Errorf("with a display: %v", err)
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if err := Ensure(); err != nil {
		t.Errorf("with a Wayland display: %v", err)
	}
}
