//go:build linux && cgo

// Command e2e measures the whole way of a message into a real WebKitGTK page, and back, over the
// custom scheme and over shared memory, and three ways without Tailrace in the same run: a bare
// custom scheme with canned answers, a bare copy from shared memory into the page's buffers, and
// one eval per message. The systems take turns, round by round; the table and the file show medians
// over the rounds. Every message is dispatched to a callback and checked for order, in every system
// but the bare ones that only move bytes.
//
// All times are taken on the Go side (the page's clock ticks in milliseconds), from the first send
// to the page's word that the last message was handled.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/tailrace-go/tailrace/internal/display"
)

func main() {
	rounds := flag.Int("rounds", 5, "interleaved rounds")
	out := flag.String("out", "", "file for the results as JSON")
	only := flag.String("only", "", "run only the cells whose "+
		"system/carrier/case/direction/size/channels/inflight contains this; memory: only that")
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
		failed <- run(b, *rounds, *only, *out)
		b.scheme.app.Quit()
	}()
	if err := b.scheme.app.Run(); err != nil { // it drives the other app's windows, too
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

// run measures, prints the tables and writes the file.
func run(b *bench, rounds int, only, out string) error {
	if err := b.await(); err != nil {
		return err
	}
	if err := b.measure(rounds, only); err != nil {
		return err
	}
	rows := b.rows()
	fmt.Print(table(rows))
	if err := write(rows, out); err != nil {
		return err
	}
	if !strings.Contains("memory", only) {
		fmt.Print(show(rows, nil))
		return nil
	}
	memory, err := stream(b.shm)
	if err != nil {
		return err
	}
	fmt.Print(show(rows, memory), "\n", memory)
	for _, t := range []*tailrace{b.scheme, b.shm} {
		text, err := growEvents(t)
		if err != nil {
			return err
		}
		fmt.Print(text)
	}
	return nil
}

// write makes the file of the results.
func write(rows []row, out string) error {
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
