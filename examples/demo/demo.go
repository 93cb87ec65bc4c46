package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const (
	// telemetryTime is how long the telemetry is measured at least.
	telemetryTime = 5 * time.Second
	// stall is how long nothing may happen before the demo gives up.
	stall = 60 * time.Second
	// picture is where the screenshot goes.
	picture = "demo.png"
)

// demo is what the page's commands share.
type demo struct {
	source    *source
	telemetry *telemetry
	stderr    io.Writer
	failure   chan error    // what the page reported, once
	progress  atomic.Uint64 // changes whenever something has arrived in the page
}

func newDemo(s *source, stderr io.Writer) *demo {
	return &demo{source: s, telemetry: newTelemetry(), stderr: stderr, failure: make(chan error, 1)}
}

// description tells the page what it will get.
type description struct {
	File    fileInfo `json:"file"`
	Carrier string   `json:"carrier"`
	Signals []signal `json:"signals"`
}

// register makes the commands that the page calls.
func (d *demo) register(e *transport.Engine) {
	transport.Handle(e, "describe", func(ctx context.Context, _ struct{}) (description, error) {
		return description{d.source.info, transport.SessionFrom(ctx).Stats().Carrier, signals}, nil
	})
	transport.Handle(e, "file", d.file)
	transport.Handle(e, "telemetry", d.telemetry.run)
	transport.Handle(e, "report", func(_ context.Context, r report) (struct{}, error) {
		arrived, err := d.telemetry.report(r)
		if arrived {
			d.progress.Add(1)
		}
		return struct{}{}, err
	})
	transport.Handle(e, "failed", func(_ context.Context, f struct{ Message string }) (struct{},
		error) {
		select {
		case d.failure <- fmt.Errorf("the page failed: %s", f.Message):
		default:
		}
		return struct{}{}, nil
	})
}

// measure waits until the file and the telemetry are through, and gives what the page and Go agree
// on. With stop it ends the telemetry and takes the screenshot.
func (d *demo) measure(w *webview.Window, stop bool) (result, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go d.watch(ctx, cancel, w)

	feed, err := receive(ctx, d.telemetry.started)
	if err != nil {
		return result{}, err
	}
	go func() {
		if _, err := receive(ctx, feed.session.Done()); err == nil {
			cancel(fmt.Errorf("the page went away: %w", feed.session.Err()))
		}
	}()
	go d.narrate(ctx, feed)
	sent, err := receive(ctx, d.source.done)
	if err == nil {
		err = sent.err
	}
	if err != nil {
		return result{}, err
	}
	if _, err := receive(ctx, time.After(time.Until(feed.start.Add(telemetryTime)))); err != nil {
		return result{}, err
	}
	if stop {
		if err := d.finish(ctx, w, feed); err != nil {
			return result{}, err
		}
	}
	counts := feed.counts()
	last, err := feed.await(ctx, func(r report) bool { return r.covers(counts) })
	if err != nil {
		return result{}, err
	}
	r := result{Carrier: feed.session.Stats().Carrier}
	r.addFile(sent, d.source.info.Size)
	r.addTelemetry(last)
	return r, nil
}

// finish takes the screenshot and ends the telemetry.
func (d *demo) finish(ctx context.Context, w *webview.Window, f *feed) error {
	if _, err := f.await(ctx, func(r report) bool { return r.Shown }); err != nil {
		return err
	}
	if err := screenshot(ctx, w); err != nil {
		return err
	}
	f.stop()
	_, err := receive(ctx, f.ended)
	return err
}

// watch ends ctx when the window is closed, the page reports a failure, or nothing happens any
// more.
func (d *demo) watch(ctx context.Context, cancel context.CancelCauseFunc, w *webview.Window) {
	quiet := time.NewTimer(stall)
	defer quiet.Stop()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	seen := d.progress.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.Done():
			cancel(
				errors.New("the window was closed before the file and the telemetry were through"))
		case err := <-d.failure:
			cancel(err)
		case <-quiet.C:
			cancel(fmt.Errorf("nothing has arrived in the page for %v: giving up", stall))
		case <-look.C:
			if now := d.progress.Load(); now != seen {
				seen = now
				quiet.Reset(stall)
			}
		}
	}
}

// narrate writes a line of progress a second.
func (d *demo) narrate(ctx context.Context, f *feed) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var before report
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := f.latest()
		fmt.Fprintf(d.stderr, "file %.1f of %.1f MB, %.1f MB/s; telemetry %d messages, lag %.1f "+
			"ms; lost %d, reordered %d\n",
			float64(now.Bytes)/1e6, float64(d.source.info.Size)/1e6,
			float64(now.Bytes-min(before.Bytes, now.Bytes))/1e6,
			sum(now.Received), now.Lag, sum(now.Lost), sum(now.Reordered))
		before = now
	}
}

// receive takes from c, or gives what ended ctx.
func receive[T any](ctx context.Context, c <-chan T) (T, error) {
	select {
	case v := <-c:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// screenshot writes the window's picture.
func screenshot(ctx context.Context, w *webview.Window) error {
	ctx, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	m, err := w.Screenshot(ctx)
	if err != nil {
		return fmt.Errorf("failed to take the screenshot: %w", err)
	}
	f, err := os.Create(picture)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m), f.Close())
}

// quit ends the app, and the process if that takes too long.
func quit(app *webview.App, stderr io.Writer) {
	time.AfterFunc(20*time.Second, func() {
		fmt.Fprintln(stderr, "demo: the window does not close: giving up")
		os.Exit(1)
	})
	app.Quit()
}
