//go:build linux && cgo

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/display"
)

// asSoak has the test program be the soak.
const asSoak = "TAILRACE_TEST_SOAK"

func TestMain(m *testing.M) {
	if os.Getenv(asSoak) != "" {
		main()
	}
	// the programs that the tests start have this display, too
	if err := display.Test(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// runSoak gives what the program writes.
func runSoak(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), asSoak+"=1")
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err = c.Run()
	return b.String(), err
}

// A short soak ends with everything there, and leaves a picture.
func TestSoak(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "soak.png")
	out, err := runSoak(t, "-time", "10s", "-seed", "3", "-picture", picture)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		`\| seed \| 3 \|`, `\| reloads \| [1-9]`, `\| messages to the pages \| [1-9]\d{3}`,
		`\| messages to Go \| [1-9]\d{3}`, `\| lost \| 0 \|`, `\| duplicated \| 0 \|`,
		`\| reordered \| 0 \|`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
	if b, err := os.ReadFile(picture); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
		t.Errorf("the picture: %v", err)
	}
}

func TestFaultsTable(t *testing.T) {
	out, err := runSoak(t, "-faults", "-n", "2", "-seed", "3")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(out, " | 2 | 0 | 0 | 0 | "); n != 10 {
		t.Errorf("%d rows without a loss, want 10:\n%s", n, out)
	}
}

// The checker finds what it is there for.
func TestSequence(t *testing.T) {
	for name, c := range map[string]struct {
		numbers []uint32
		want    disorder
		errors  int
	}{
		"in order":       {[]uint32{0, 1, 2, 3}, disorder{}, 0},
		"one lost":       {[]uint32{0, 2, 3}, disorder{Lost: 1}, 1},
		"three lost":     {[]uint32{0, 4}, disorder{Lost: 3}, 1},
		"one twice":      {[]uint32{0, 1, 1, 2}, disorder{Duplicated: 1}, 1},
		"an old one":     {[]uint32{0, 1, 2, 0}, disorder{Duplicated: 1}, 1},
		"two exchanged":  {[]uint32{0, 2, 1, 3}, disorder{Reordered: 1}, 2},
		"late and twice": {[]uint32{0, 2, 1, 1}, disorder{Reordered: 1, Duplicated: 1}, 3},
		"absurd":         {[]uint32{0, 4_000_000_000, 1}, disorder{}, 1},
	} {
		var s sequence
		wrong := 0
		for _, n := range c.numbers {
			if s.take(n) != nil {
				wrong++
			}
		}
		if got := s.disorder(); got != c.want || wrong != c.errors {
			t.Errorf("%s: %+v with %d errors, want %+v with %d", name, got, wrong, c.want, c.errors)
		}
	}
}

func TestMessages(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p := newPool(r)
	var buf []byte
	b := p.raw(&buf, r, 3|lastFlag, 7, 1000)
	if n, last, err := readRaw(b, 3); n != 7 || !last || err != nil {
		t.Errorf("message %d, last %v: %v", n, last, err)
	}
	for _, at := range []int{0, 4, 8, messageHead, len(b) - 1} {
		b[at] ^= 1
		if _, _, err := readRaw(b, 3); err == nil {
			t.Errorf("byte %d may be another one", at)
		}
		b[at] ^= 1
	}
	m := p.json(r, 3, 7, 70)
	if err := m.read(3); err != nil {
		t.Error(err)
	}
	m.T = strings.Replace(m.T, m.T[:1], "ü", 1)
	if m.read(3) == nil || p.json(r, 3, 7, 70).read(4) == nil {
		t.Error("another text, or another stream, may stand there")
	}
}
