//go:build linux && cgo

// Soak shows in real windows that nothing is lost, doubled or reordered, whatever happens:
//
//	make soak TIME=20m [SEED=n]  # traffic of three sizes in both directions, while pages are
//	                             # reloaded, web processes killed, and answers faulty
//	make faults [SEED=n]         # each kind of fault alone, and how long it takes to recover
//
// Two windows, one of each carrier, are loaded, reloaded and killed at random. Each message carries
// its stream, its number and a checksum; Go and the page check them all the time. The first thing
// that is wrong ends the run with exit status 1, the seed and the place.
package main

import (
	"embed"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"github.com/tailrace-go/tailrace/internal/display"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var files embed.FS

func pages() fs.FS {
	sub, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

func execute(args []string, out, errOut io.Writer) int {
	set := flag.NewFlagSet("soak", flag.ContinueOnError)
	set.SetOutput(errOut)
	length := set.Duration("time", time.Minute, "how long")
	seed := set.Uint64("seed", 0, "what decides everything; 0: a random one")
	picture := set.String("picture", "soak.png", "where the drawing goes; empty: nowhere")
	table := set.Bool("faults", false, "each kind of fault alone, instead of all at random")
	times := set.Int("n", 60, "with -faults: how often each kind is injected")
	verbose := set.Bool("v", false, "write the library's log")
	if err := set.Parse(args); err != nil {
		return 2
	}
	if *seed == 0 {
		*seed = rand.Uint64() >> 32
	}
	if err := display.Ensure(); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	log := slog.New(slog.DiscardHandler)
	if *verbose {
		log = slog.New(slog.NewTextHandler(errOut, nil))
	}
	var job func() error
	var app *webview.App
	var err error
	if *table {
		app, job, err = faultsJob(*seed, *times, log, out)
	} else {
		app, job, err = soakJob(*seed, *length, *picture, log, out)
	}
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	fmt.Fprintf(out, "seed %d\n\n", *seed)
	var failed error
	go func() {
		failed = job()
		app.Quit()
	}()
	if err := app.Run(); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	if failed != nil {
		fmt.Fprintf(errOut, "\nFAILED, seed %d: %v\n", *seed, failed)
		return 1
	}
	return 0
}

// soakJob is what the soak does while the App runs.
func soakJob(seed uint64, length time.Duration, picture string, log *slog.Logger,
	out io.Writer) (*webview.App, func() error, error) {
	r, err := newRun(seed, log, out)
	if err != nil {
		return nil, nil, err
	}
	app := r.subjects[0].app
	return app, func() error {
		err := r.soak(length)
		err = r.summary(length, err)
		if picture != "" {
			if drawn := r.draw(app, picture); drawn != nil && err == nil {
				err = drawn
			}
		}
		if shut := r.shutdown(); err == nil {
			err = shut
		}
		return err
	}, nil
}
