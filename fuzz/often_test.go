package fuzz

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestOrderingOften runs each input of FuzzOrdering's corpus again and again with several numbers
// of processors: what goes wrong in a thousandth of the runs is found by that, and by nothing else.
func TestOrderingOften(t *testing.T) {
	runs := 3
	if os.Getenv("TAILRACE_VERIFY") == "1" {
		runs = 2000
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	files, err := filepath.Glob("testdata/fuzz/FuzzOrdering/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, procs := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(procs)
		for _, file := range files {
			p := decodeProgram(corpusBytes(t, file))
			for n := range runs {
				if p.test(t); t.Failed() {
					t.Fatalf("%s, run %d with %d processors", file, n, procs)
				}
			}
		}
		t.Logf("%d processors: %d programs, %d runs of each", procs, len(files), runs)
	}
}

// corpusBytes reads an input of one []byte.
func corpusBytes(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	value, ok := strings.CutPrefix(string(text), "go test fuzz v1\n[]byte(")
	value, end := strings.CutSuffix(strings.TrimSpace(value), ")")
	quoted, err := strconv.Unquote(value)
	if !ok || !end || err != nil {
		t.Fatalf("%s is no input of one []byte: %v", file, err)
	}
	return []byte(quoted)
}
