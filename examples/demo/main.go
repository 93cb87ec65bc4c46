// Command demo streams a file and live telemetry from Go into a window, and checks in the page that
// everything arrives, once and in order.
//
// The file crosses as raw bytes. The page hashes it in pieces of 4 MiB and sends each SHA-256 back;
// Go compares it with its own. Neither side holds more than a few pieces. Eight channels carry
// 1,000 small messages a second each, which the page draws and checks for gaps.
//
// The last line on stdout is one JSON object with what was measured. The exit code is 1 when a
// message was lost or reordered, when a piece did not match, or when the demo could not run to its
// end. Without a display it runs under Xvfb, writes demo.png, and ends by itself.
package main

import (
	"embed"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/tailrace-go/tailrace/internal/display"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var pages embed.FS

// options are the flags.
type options struct {
	file  string
	theme string
	exit  bool
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program; it gives the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return 2 // package flag has said why
	}
	line, err := demonstrate(o, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
	}
	if line != "" {
		fmt.Fprintln(stdout, line) // behind everything else, so that it is the last
	}
	if err != nil {
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	alone := display.Virtual() || os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.file, "file", "", "`path` of the file to stream (default: the go binary)")
	flags.StringVar(&o.theme, "theme", "auto", "light, dark, or auto: as the desktop says")
	flags.BoolVar(&o.exit, "exit", alone, "end after the file and 5 s of telemetry, and write "+
		"demo.png")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("demo: unexpected argument %q: the file is given by -file", flags.Arg(0))
		fmt.Fprintln(stderr, err)
	}
	if err == nil && o.theme != "auto" && o.theme != "light" && o.theme != "dark" {
		err = fmt.Errorf("demo: -theme is light, dark or auto, not %q", o.theme)
		fmt.Fprintln(stderr, err)
	}
	return o, err
}

// demonstrate opens the window and runs it to its end. It gives the result's line, unless it has
// written that already because the window stayed open.
func demonstrate(o options, stdout, stderr io.Writer) (string, error) {
	file, err := openSource(o.file)
	if err != nil {
		return "", err
	}
	defer file.Close()
	// From here on there is a display; without one this starts the program again.
	if err := display.Ensure(); err != nil {
		return "", err
	}
	page, err := fs.Sub(pages, "page")
	if err != nil {
		return "", err
	}
	app, err := webview.New(webview.Options{Assets: page})
	if err != nil {
		return "", err
	}
	d := newDemo(file, stderr)
	d.register(app.Engine())
	w, err := app.Open(webview.WindowOptions{
		Title:  "Tailrace",
		URL:    "index.html?theme=" + o.theme,
		Width:  1280,
		Height: 800,
	})
	if err != nil {
		return "", err
	}
	ended := make(chan outcome, 1)
	go func() {
		r, err := d.measure(w, o.exit)
		if err == nil && !o.exit {
			fmt.Fprintln(stdout, r.line())
		}
		ended <- outcome{r, err}
		if err != nil || o.exit {
			quit(app, stderr)
		}
	}()
	if err := app.Run(); err != nil {
		return "", err
	}
	end := <-ended
	switch {
	case end.err != nil:
		return "", end.err
	case o.exit:
		return end.result.line(), end.result.check()
	}
	return "", end.result.check()
}

// outcome is what measure gave.
type outcome struct {
	result result
	err    error
}
