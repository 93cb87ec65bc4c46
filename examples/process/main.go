// Command process runs child processes and shows their output while it comes.
package main

import (
	"context"
	"embed"
	"errors"
	"log"
	"os/exec"
	"time"

	"github.com/tailrace-go/tailrace/examples/internal/look"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

//go:embed page
var page embed.FS

var window = webview.WindowOptions{Title: "Process", Width: 820, Height: 420}

// tasks are what the page may run: it names one, and never gives a command line of its own.
var tasks = map[string][]string{
	"steps": {"sh", "-c", `for i in 1 2 3 4 5 6 7 8; do
		echo "step $i of 8"; sleep 0.1
		[ $i = 3 ] && echo "warning: step 3 was slow" >&2; done
		echo "error: one step was slow" >&2; exit 3`},
	"lines":   {"sh", "-c", `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo "line $i"; done`},
	"forever": {"sh", "-c", `while :; do date +%T.%3N; sleep 0.25; done`},
}

// Output is a line of the child's.
type Output struct {
	Pipe string `json:"pipe"` // stdout or stderr
	Line string `json:"line"`
}

// Exit is how the child ended.
type Exit struct {
	Code    int   `json:"code"`
	Elapsed int64 `json:"elapsed"` // in milliseconds
}

// run is the command. When the page aborts the call, closes the channel, or goes away, ctx ends and
// the child is killed.
func run(ctx context.Context, a struct {
	Task   string
	Output *transport.Channel[Output]
}) (Exit, error) {
	task, ok := tasks[a.Task]
	if !ok {
		return Exit{}, &transport.Error{Code: "unknown_task", Message: "there is no task " + a.Task}
	}
	ctx = a.Output.Context(ctx) // a child that says nothing would not notice that nobody listens
	start := time.Now()
	child := exec.CommandContext(ctx, task[0], task[1:]...)
	child.WaitDelay = time.Second // for what a killed child leaves running
	pipe := func(name string) *lines {
		// Send waits while the page is behind; then the pipe fills, and the child waits, too.
		return &lines{
			each: func(line string) error { return a.Output.Send(ctx, Output{name, line}) },
		}
	}
	out, errs := pipe("stdout"), pipe("stderr")
	child.Stdout, child.Stderr = out, errs
	err := child.Run()
	if err := errors.Join(out.flush(), errs.flush()); err != nil {
		return Exit{}, err
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return Exit{}, err // it did not start, or was killed
	}
	return Exit{child.ProcessState.ExitCode(), time.Since(start).Milliseconds()}, ctx.Err()
}

// setup makes the app.
func setup(o webview.Options) (*webview.App, error) {
	o.Assets = look.Page(page)
	app, err := webview.New(o)
	if err != nil {
		return nil, err
	}
	transport.Handle(app.Engine(), "run", run)
	return app, nil
}

func main() {
	app, err := setup(webview.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := app.Open(window); err != nil {
		log.Fatal(err)
	}
	if err := app.Run(); err != nil {
		log.Fatal(err)
	}
}
