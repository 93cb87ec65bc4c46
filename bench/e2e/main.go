// Command e2e measures the whole way of a message into a real WebKitGTK page, and back, and
// two ways without Tailrace in the same run: a bare custom scheme with canned answers,
// and one eval per message. The systems take turns, round by round; the table and the
// file show medians over the rounds. Every message is dispatched to a callback and
// checked for order, in every system.
//
// All times are taken on the Go side (the page's clock ticks in milliseconds), from the first
// send to the page's word that the last message was handled.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/tailrace-go/tailrace/webview/display"
)

func main() {
	rounds := flag.Int("rounds", 5, "interleaved rounds")
	out := flag.String("out", "", "file for the results as JSON")
	only := flag.String("only", "", "run only the cells whose name contains this")
	pulls := flag.Int("pulls", 6, "pulls in flight")
	batch := flag.Int("batch", 260<<10, "largest batch in bytes, and the size of bare answers")
	flag.Parse()
	log.SetFlags(0)
	if err := display.Ensure(); err != nil {
		log.Fatal(err)
	}
	b, err := newBench(*pulls, *batch)
	if err != nil {
		log.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		err := b.measure(*rounds, *only)
		if err == nil && strings.Contains("tailrace/event/down/100", *only) {
			err = b.grow()
		}
		if err == nil {
			err = report(b, *out)
		}
		failed <- err
		b.app.Quit()
	}()
	if err := b.app.Run(); err != nil {
		log.Fatal(err)
	}
	select {
	case err := <-failed:
		if err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatal("the window was closed before the end")
	}
}

// report prints the table and writes the file.
func report(b *bench, out string) error {
	rows := b.rows()
	fmt.Print(table(rows))
	fmt.Print(b.grown)
	if out == "" {
		return nil
	}
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, append(data, '\n'), 0o644)
}
