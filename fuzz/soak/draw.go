//go:build linux && cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"time"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

// drawing is what the chart's page gets.
type drawing struct {
	Title   string   `json:"title"`
	Note    string   `json:"note"`
	Labels  []string `json:"labels"`
	Samples []sample `json:"samples"`
	Rows    []row    `json:"rows"`
}

func (r *run) drawing() drawing {
	d, t := r.tally.disorders(), &r.tally
	r.series.mu.Lock()
	defer r.series.mu.Unlock()
	now := drawing{
		Title: fmt.Sprintf("Soak of %v, seed %d: %d lost, %d duplicated, %d reordered",
			time.Since(r.began).Round(time.Second), r.seed, d.Lost, d.Duplicated, d.Reordered),
		Note: fmt.Sprintf("%d reloads, %d killed web processes, %d faults. %.1f million messages "+
			"and %.1f GB were checked.", t.reloads.Load(), t.kills.Load(), r.injector.Faults()+
			r.downs(),
			float64(t.downMessages.Load()+t.upMessages.Load())/mega,
			float64(t.downBytes.Load()+t.upBytes.Load())/1e9),
		Samples: append([]sample{}, r.series.samples...),
		Rows:    append([]row{}, r.series.rows...),
	}
	for _, s := range r.subjects {
		now.Labels = append(now.Labels, s.label)
	}
	return now
}

// draw has a page draw what was seen, and writes its picture.
func (r *run) draw(app *webview.App, path string) error {
	faults.Use(nil)
	shown := r.drawing()
	drawn := make(chan struct{}, 1)
	transport.Handle(app.Engine(), "drawing", func(context.Context, struct{}) (drawing, error) {
		return shown, nil
	})
	transport.Handle(app.Engine(), "drawn", func(context.Context, struct{}) (struct{}, error) {
		drawn <- struct{}{}
		return struct{}{}, nil
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, err := app.Open(webview.WindowOptions{Label: "chart", Width: 1200, Height: 790,
		URL: "chart.html"})
	if err != nil {
		return err
	}
	select {
	case <-drawn:
	case <-ctx.Done():
		return fmt.Errorf("the chart was not drawn: %w", ctx.Err())
	}
	m, err := w.Screenshot(ctx)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m), f.Close())
}
