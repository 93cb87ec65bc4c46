package main

import (
	"strings"
	"testing"
)

const output = `goos: linux
cpu: Example
BenchmarkSend/ring/producers=4/size=64-2     100   40.0 ns/op   1600 MB/s   0 B/op   0 allocs/op
BenchmarkSend/ring/producers=4/size=64-2     100   20.0 ns/op   1600 MB/s   0 B/op   0 allocs/op
BenchmarkSend/ring/producers=4/size=64-2     100   30.0 ns/op   1600 MB/s   0 B/op   2 allocs/op
BenchmarkSend/chan/producers=4/size=64-2     100   120 ns/op   1600 MB/s   7 B/op   0 allocs/op
BenchmarkSend/mutex-append/producers=4/size=64-2   100   27.0 ns/op
BenchmarkSend/mutex-slices/producers=4/size=64-2   100   20.0 ns/op
PASS
`

func TestTable(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(output), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"cpu: Example\n",
		// The median of the ring is 30: 4 times chan's rate, 0.67 of mutex-slices'.
		"  30.0  120.0            -          27.0          20.0      -   4.00           0.67     " +
			"       2\n",
		"1 of 1 cases\n  64 B, 4 producers: 30.0 ns, mutex-slices 20.0 ns (50 % slower)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestNoResults(t *testing.T) {
	if err := run(strings.NewReader("PASS\n"), new(strings.Builder)); err == nil {
		t.Error("no error for output without results")
	}
}
