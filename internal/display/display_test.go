//go:build linux

package display

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// asProgram has the test program ask for a display, say what it has got, and end with code 3.
const asProgram = "TAILRACE_TEST_DISPLAY_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
		os.Exit(m.Run())
	case "Ensure":
		say(Ensure())
	case "Test":
		say(Test())
	}
}

func say(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, name := range []string{
		"DISPLAY", "WAYLAND_DISPLAY", "GDK_BACKEND", "GDK_SCALE", "GTK_THEME", marker,
	} {
		fmt.Printf("%s=%s\n", name, os.Getenv(name))
	}
	os.Exit(3)
}

// run gives the lines that a program has written which calls that function.
func run(t *testing.T, function string, env ...string) []string {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = with(os.Environ(), append(env, asProgram+"="+function)...)
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// Tests have a display of their own, whatever a desktop has set.
func TestTest(t *testing.T) {
	desktop := []string{
		"DISPLAY=:77", "WAYLAND_DISPLAY=wayland-7", "GDK_BACKEND=wayland,x11", "GDK_SCALE=2",
		"GTK_THEME=HighContrast", marker + "=",
	}
	for kind, want := range map[Kind][]string{
		"": {"WAYLAND_DISPLAY=", "GDK_BACKEND=x11", "GDK_SCALE=", "GTK_THEME=", marker +
			"=bare"},
		Openbox: {"WAYLAND_DISPLAY=", "GDK_BACKEND=x11", "GDK_SCALE=", "GTK_THEME=", marker +
			"=openbox"},
		Wayland: {"DISPLAY=", "GDK_BACKEND=wayland", "GDK_SCALE=", "GTK_THEME=", marker +
			"=wayland"},
		Real: {
			"DISPLAY=:77", "WAYLAND_DISPLAY=wayland-7", "GDK_BACKEND=wayland,x11", "GDK_SCALE=2",
			marker + "=",
		},
	} {
		got := run(t, "Test", append(slices.Clone(desktop), Variable+"="+string(kind))...)
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%q: %s is missing in %q", kind, line, got)
			}
		}
		if own := slices.Contains(got, "DISPLAY=:77") ||
			slices.Contains(got, "WAYLAND_DISPLAY=wayland-7"); own != (kind == Real) {
			t.Errorf("%q: the display is that of the desktop: %v", kind, own)
		}
	}
}

// Programs take the display that is set, and one under Xvfb does not look for a Wayland display.
func TestEnsureProgram(t *testing.T) {
	for want, env := range map[string][]string{
		"DISPLAY=:77":      {"DISPLAY=:77", "WAYLAND_DISPLAY=", marker + "="},
		"GDK_BACKEND=x11":  {"DISPLAY=", "WAYLAND_DISPLAY=", "GDK_BACKEND=wayland", marker + "="},
		marker + "=bare":   {"DISPLAY=", "WAYLAND_DISPLAY=", marker + "="},
		"WAYLAND_DISPLAY=": {"DISPLAY=", "WAYLAND_DISPLAY=", Variable + "=openbox", marker + "="},
	} {
		if got := run(t, "Ensure", env...); !slices.Contains(got, want) {
			t.Errorf("%s is missing in %q", want, got)
		}
	}
}

func TestBadKind(t *testing.T) {
	t.Setenv(Variable, "screen")
	if err := Test(); err == nil ||
		!strings.Contains(err.Error(), `TAILRACE_TEST_DISPLAY=screen: must be bare`) {
		t.Errorf("%v", err)
	}
}

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
