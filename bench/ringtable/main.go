// Command ringtable reads the output of `go test -bench BenchmarkSend ./bench` on
// its standard input and prints, for each case, the time of a message in each
// queue (the median over -count runs), how many times the ring's rate is of the
// Go channel's and of the better mutex queue's, and the cases that the ring lost.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ringtable:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	results, err := parse(in)
	if err != nil {
		return err
	}
	results.print(out)
	return nil
}
