//go:build linux

package fuzz

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What `go` and `node` say to run.sh. $IDLE does nothing, $LATE only with the second time that it
// is given.
const (
	fakeGo = `#!/bin/sh
[ "$1" != env ] || exec echo /nowhere
while [ $# -gt 1 ]; do
	case $1 in -fuzz) target=$2 ;; -fuzztime) time=$2 ;; esac
	shift
done
execs=1234
[ "$target" != "^$IDLE\$" ] || execs=0
[ "$target$time" != "^$LATE\$1s" ] || execs=0
[ "$target" != "^$BROKEN\$" ] || { echo "panic: x"; exit 2; }
echo "fuzz: elapsed: 1s, gathering baseline coverage: 0/20 completed"
[ "$execs" = 0 ] || echo "fuzz: elapsed: 1s, execs: $execs (99/sec), new interesting: 7 (total: 40)"
echo "ok  	fuzz	5.1s"
`
	fakeNode = `#!/bin/sh
[ "$IDLE" = decoders ] || echo "# wirecases: -seed 1 -cases 4000: 1000 whole, 900 lost, 2100 broken"
echo "ok 1 - the decoders of Go and of the page agree"
`
)

var seconds = regexp.MustCompile(`\| \d+ s \|`)

// A target that has executed nothing fails the run, and so does one that did not start.
func TestRunScript(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "a folder")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go": fakeGo, "node": fakeNode} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		env, row string
		fails    bool
	}{
		{"IDLE=", "| FuzzScriptValue | 0 s | 1234 | 7 | 0 |", false},
		{"IDLE=", "| decoders of Go and of the page | 0 s | 4000 | 0 | 0 |", false},
		{"IDLE=FuzzScriptValue", "| FuzzScriptValue | 0 s | 0 | 0 | ran nothing |", true},
		{"IDLE=FuzzOrdering", "| FuzzOrdering | 0 s | 0 | 0 | ran nothing |", true},
		{"IDLE=decoders", "| decoders of Go and of the page | 0 s | 0 | 0 | ran nothing |", true},
		{"LATE=FuzzPolicy", "| FuzzPolicy | 0 s | 1234 | 7 | 0 |", false},
		{"BROKEN=FuzzRing", "| FuzzRing | 0 s | 0 | 0 | did not run |", true},
	} {
		command := exec.CommandContext(t.Context(), "./run.sh", "18s", "1")
		command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), c.env)
		out, err := command.CombinedOutput()
		table := seconds.ReplaceAllString(string(out), "| 0 s |")
		if !strings.Contains(table, c.row) || (err != nil) != c.fails {
			t.Errorf("%s: %v, want fail %v and %s:\n%s", c.env, err, c.fails, c.row, out)
		}
	}
}
