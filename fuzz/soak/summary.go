//go:build linux && cgo

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/internal/faults"
)

const carrierLost = faults.CarrierLost

// What a run must show. A run below longRun has too few reloads and kills to say something, one
// below flatRun too few samples of the memory.
const (
	longRun          = 5 * time.Minute
	flatRun          = 15 * time.Minute
	reloadsPerMinute = 10
	killsPerMinute   = 1
	flat             = 1.05
)

// summary writes the figures as a Markdown table, and gives what is wrong with them.
func (r *run) summary(length time.Duration, cause error) error {
	t, d := &r.tally, r.tally.disorders()
	line := func(what string, format string, a ...any) {
		fmt.Fprintf(r.out, "| "+what+" | "+format+" |\n", a...)
	}
	fmt.Fprintf(r.out, "\n| what | figure |\n|---|---|\n")
	line("seed", "%d", r.seed)
	line("time", "%v", time.Since(r.began).Round(time.Second))
	line("sessions", "%d, of which %d came to their end with everything there", t.sessions.Load(),
		t.finishes.Load())
	line("reloads", "%d", t.reloads.Load())
	line("kills of a web process", "%d", t.kills.Load())
	line("requests of the scheme", "%d, disturbed %d (%.2f %%)", r.injector.Requests(),
		r.injector.Faults(), 100*float64(r.injector.Faults())/float64(max(1,
			r.injector.Requests())))
	for _, k := range append(append([]faults.Kind{}, faults.Requests...), carrierLost) {
		line("– "+k.String(), "%d", r.injector.Count(k))
	}
	line("messages to the pages", "%d, %.1f MB", t.downMessages.Load(),
		float64(t.downBytes.Load())/mega)
	line("messages to Go", "%d, %.1f MB", t.upMessages.Load(), float64(t.upBytes.Load())/mega)
	line("commands", "%d", t.commands.Load())
	line("events to the pages, to Go", "%d, %d (refused for lack of room: %d)", t.ticks.Load(),
		t.tocks.Load(), t.refused.Load())
	line("lost", "%d", d.Lost)
	line("duplicated", "%d", d.Duplicated)
	line("reordered", "%d", d.Reordered)

	var wrong []error
	compare := func(what, unit string, figure func(sample) float64, bound float64) {
		values := r.series.pick(figure)
		second, last := quarter(values, 1), quarter(values, 3)
		ratio := 1.0
		if second > 0 {
			ratio = last / second
		}
		line(what+", median of the second and of the last quarter", "%.1f%s, %.1f%s: %.3f", second,
			unit, last, unit, ratio)
		if bound > 0 && length >= flatRun && ratio > bound {
			wrong = append(wrong, fmt.Errorf("%s has grown to %.3f of what it was, allowed is %.2f",
				what, ratio, bound))
		}
	}
	compare("Go process, resident", " MB", func(s sample) float64 { return s.Resident }, flat)
	compare("Go process, anonymous", " MB", func(s sample) float64 { return s.Anonymous }, 0)
	compare("goroutines", "", func(s sample) float64 { return float64(s.Goroutines) }, 1.25)
	compare("descriptors", "", func(s sample) float64 { return float64(s.Files) }, 1.25)
	if grown := r.series.webGrowth(); len(grown) > 0 {
		line(fmt.Sprintf("web processes between two kills (%d that lived %d s or more), last "+
			"against second quarter", len(grown), shortestSeen), "median %.3f, highest %.3f",
			median(grown), grown[len(grown)-1])
	}
	if length >= longRun && cause == nil {
		minutes := uint64(length / time.Minute)
		if n := t.reloads.Load(); n < minutes*reloadsPerMinute {
			wrong = append(wrong, fmt.Errorf("%d reloads are too few for %v", n, length))
		}
		if n := t.kills.Load(); n < minutes*killsPerMinute {
			wrong = append(wrong, fmt.Errorf("%d kills are too few for %v", n, length))
		}
	}
	return errors.Join(append([]error{cause}, wrong...)...)
}
