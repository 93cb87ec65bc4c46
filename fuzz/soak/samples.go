//go:build linux && cgo

package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// sample is one look at the run.
type sample struct {
	At         float64 `json:"at"` // seconds
	Resident   float64 `json:"resident"`
	Anonymous  float64 `json:"anonymous"` // resident without files and shared memory
	Goroutines int     `json:"goroutines"`
	Files      int     `json:"files"`
	Web        [2]struct {
		Resident float64 `json:"resident"` // 0: there is none
		Born     int64   `json:"born"`     // the how manieth process of the window
	} `json:"web"`

	Down     uint64  `json:"down"` // messages
	Up       uint64  `json:"up"`
	DownMB   float64 `json:"downMB"`
	UpMB     float64 `json:"upMB"`
	Commands uint64  `json:"commands"`
	Ticks    uint64  `json:"ticks"` // events, both ways
	Reloads  uint64  `json:"reloads"`
	Kills    uint64  `json:"kills"`
	Faults   uint64  `json:"faults"`
}

// row is a line of the table.
type row struct {
	sample
	Heap float64 `json:"heap"` // after a collection
}

// series is what was seen. The samples are a second apart, the rows ten.
type series struct {
	mu      sync.Mutex
	samples []sample
	rows    []row
}

const (
	sampleEvery = time.Second
	rowEvery    = 10
)

const mega = 1e6

func (r *run) look() sample {
	all, shared := resident(os.Getpid())
	t := &r.tally
	s := sample{
		At: time.Since(r.began).Seconds(), Resident: float64(all) / mega,
		Anonymous:  float64(all-shared) / mega,
		Goroutines: runtime.NumGoroutine(), Files: descriptors(),
		Down: t.downMessages.Load(), Up: t.upMessages.Load(),
		DownMB: float64(t.downBytes.Load()) / mega, UpMB: float64(t.upBytes.Load()) / mega,
		Commands: t.commands.Load(), Ticks: t.ticks.Load() + t.tocks.Load(),
		Reloads: t.reloads.Load(), Kills: t.kills.Load(), Faults: r.injector.Faults() + r.downs(),
	}
	for i, subject := range r.subjects {
		if pid := subject.process.Load(); pid != 0 {
			all, _ := resident(int(pid))
			s.Web[i].Resident, s.Web[i].Born = float64(all)/mega, subject.born.Load()
		}
	}
	return s
}

const tableHead = "" +
	"    time |     Go MB (anonymous, heap) |  goroutines, files | web MB: scheme, shm |" +
	" messages/s down, up |  MB/s down,  up | commands, events/s |" +
	" reloads, kills, faults | lost, twice, reordered\n" +
	"---------+-----------------------------+--------------------+---------------------+" +
	"---------------------+-----------------+--------------------+" +
	"------------------------+-----------------------\n"

// observe takes samples and writes the table until ctx ends.
func (r *run) observe(ctx context.Context) {
	fmt.Fprint(r.out, tableHead)
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	before := r.look()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s := r.look()
		r.series.mu.Lock()
		r.series.samples = append(r.series.samples, s)
		r.series.mu.Unlock()
		if n%rowEvery != 0 {
			continue
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		now := row{s, float64(m.HeapAlloc) / mega}
		r.series.mu.Lock()
		r.series.rows = append(r.series.rows, now)
		r.series.mu.Unlock()
		r.line(before, now)
		before = s
	}
}

func (r *run) line(before sample, now row) {
	d := r.tally.disorders()
	seconds := now.At - before.At
	per := func(a, b uint64) float64 { return float64(b-a) / seconds }
	fmt.Fprintf(r.out, "%8s | %9.1f (%8.1f, %6.1f) | %10d, %6d | %9.0f, %8.0f | %9.0f, %8.0f | "+
		"%8.1f, %5.1f | %8.0f, %8.0f | %7d, %5d, %6d | %4d, %5d, %9d\n",
		time.Duration(now.At*float64(time.Second)).Round(time.Second), now.Resident, now.Anonymous,
		now.Heap, now.Goroutines, now.Files,
		now.Web[0].Resident, now.Web[1].Resident,
		per(before.Down, now.Down), per(before.Up, now.Up),
		(now.DownMB-before.DownMB)/seconds, (now.UpMB-before.UpMB)/seconds,
		per(before.Commands, now.Commands), per(before.Ticks, now.Ticks),
		now.Reloads, now.Kills, now.Faults, d.Lost, d.Duplicated, d.Reordered)
}

// quarter gives the median of one quarter (0 to 3) of values in the order of time; 0 of none.
func quarter(values []float64, q int) float64 {
	n := len(values)
	return median(values[n*q/4 : n*(q+1)/4])
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// pick gives one figure of all samples.
func (s *series) pick(figure func(sample) float64) []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []float64
	for _, one := range s.samples {
		all = append(all, figure(one))
	}
	return all
}

// webGrowth gives, for each web process that lived for shortestLifeSeen, how its last quarter
// compares with its second.
func (s *series) webGrowth() []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	lives := map[[2]int64][]float64{}
	for _, one := range s.samples {
		for i, w := range one.Web {
			if w.Resident > 0 {
				key := [2]int64{int64(i), w.Born}
				lives[key] = append(lives[key], w.Resident)
			}
		}
	}
	var all []float64
	for _, values := range lives {
		if len(values) >= shortestSeen {
			all = append(all, quarter(values, 3)/quarter(values, 1))
		}
	}
	slices.Sort(all)
	return all
}

// shortestSeen is how many samples a web process must have for a comparison.
const shortestSeen = 40

// downs counts the losses of shared memory.
func (r *run) downs() uint64 { return r.injector.Count(carrierLost) }
