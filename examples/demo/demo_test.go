package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asDemo has the test program be the demo.
const asDemo = "TAILRACE_TEST_DEMO"

func TestMain(m *testing.M) {
	if os.Getenv(asDemo) != "" {
		main()
	}
	os.Exit(m.Run())
}

// demoCommand runs the demo in a folder of its own, as if there were no display.
func demoCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*stall)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Dir = t.TempDir()
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "DISPLAY", "WAYLAND_DISPLAY", "TAILRACE_UNDER_XVFB":
		default:
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, asDemo+"=1")
	return c
}

// exitCode runs c and gives its exit code and what it wrote.
func exitCode(t *testing.T, c *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

func randomFile(t *testing.T, size int) string {
	t.Helper()
	b := make([]byte, size)
	rand.Read(b)
	name := filepath.Join(t.TempDir(), "random file.bin")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// The whole demo, with a file that is no multiple of a piece, and with an empty one.
func TestDemo(t *testing.T) {
	for _, size := range []int{10_000_003, 0} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			c := demoCommand(t, "-file", randomFile(t, size), "-theme", "dark")
			code, stdout, stderr := exitCode(t, c)
			if code != 0 {
				t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
			}
			lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
			last := lines[len(lines)-1]
			var r result
			decoder := json.NewDecoder(strings.NewReader(last))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&r); err != nil {
				t.Fatalf("%v in the last line %q", err, last)
			}
			if r.Carrier != "shm" || r.Bytes != int64(size) || r.Lost != 0 || r.Reordered != 0 ||
				r.SHA256 != "match" {
				t.Errorf("result %s", last)
			}
			if (r.MBPerS > 0) != (size > 0) {
				t.Errorf("%v MB/s for %d bytes", r.MBPerS, size)
			}
			// Producers catch up, so that even a slow machine gets all of the first 5 s.
			if least := uint64(len(signals)) * uint64(telemetryTime/pace); r.Messages < least ||
				r.PerS <= 0 {
				t.Errorf("%d messages, %v a second: want %d at least", r.Messages, r.PerS, least)
			}
			checkPicture(t, filepath.Join(c.Dir, picture))
		})
	}
}

// checkPicture fails if the screenshot is blank, or not of the window's size.
func checkPicture(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := m.Bounds().Size(); size.X != 1280 || size.Y != 800 {
		t.Errorf("picture of %v", size)
	}
	// The ground and the accent of the dark theme: the bar alone is 1,200 by 14 pixels.
	var ground, accent int
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			switch r, g, b, _ := m.At(x, y).RGBA(); [3]uint32{r >> 8, g >> 8, b >> 8} {
			case [3]uint32{0x0b, 0x10, 0x14}:
				ground++
			case [3]uint32{0x35, 0xd0, 0xc4}:
				accent++
			}
		}
	}
	if ground < 500_000 || accent < 15_000 {
		t.Errorf("%d pixels of the ground, %d of the accent", ground, accent)
	}
}

// A page that goes away ends the demo at once.
func TestPageGone(t *testing.T) {
	large := randomFile(t, 0)
	if err := os.Truncate(large, 4<<30); err != nil {
		t.Fatal(err)
	}
	c := demoCommand(t, "-file", large)
	stop := newTrigger("telemetry")
	c.Stderr = stop
	var out bytes.Buffer
	c.Stdout = &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-stop.seen:
	case <-time.After(stall):
		t.Error("no progress")
	}
	if !killDescendant(c.Process.Pid, "WebKitWebProces") {
		t.Error("found no web process")
		c.Process.Kill()
	}
	begin := time.Now()
	c.Wait()
	// xvfb-run replaces the demo's code by its own when it can't remove its folder, in which the
	// server may still write.
	const notRemoved = 5
	if code := c.ProcessState.ExitCode(); code != 1 && code != notRemoved {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(begin); took > stall/2 {
		t.Errorf("it took %v", took)
	}
	if text := stop.String(); !strings.Contains(text, "demo: ") ||
		strings.Contains(out.String(), "{") {
		t.Errorf("stdout %q, stderr %q", out.String(), text)
	}
}

// What can't be streamed is refused before a window opens.
func TestBadFile(t *testing.T) {
	for name, want := range map[string]string{
		t.TempDir():                             "a directory",
		filepath.Join(t.TempDir(), "not there"): "no such file",
		os.DevNull:                              "a device",
		filepath.Join(randomFile(t, 1), "beyond"): "not a directory",
	} {
		code, stdout, stderr := exitCode(t, demoCommand(t, "-file", name))
		if code != 1 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", name, code, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"-theme", "blue"}, {"file"}, {"-nonsense"}} {
		if code, _, stderr := exitCode(t, demoCommand(t, args...)); code != 2 || stderr == "" {
			t.Errorf("%v: exit code %d, stderr %q", args, code, stderr)
		}
	}
}
