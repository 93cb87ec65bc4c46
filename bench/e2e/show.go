//go:build linux && cgo

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// goal is one figure that the project asks of itself.
type goal struct {
	text        string
	least, most float64 // bounds of the figure; 0: none
	measure     func([]row) float64
}

// pick gives the fastest row of those that match. No row: its figures are not numbers.
type pick func([]row) row

// at picks a row of one channel.
func at(system, carrier, kase, direction string, size int) pick {
	return channels(1, system, carrier, kase, direction, size)
}

func channels(n int, system, carrier, kase, direction string, size int) pick {
	return where(func(r row) bool {
		return r.System == system && r.Carrier == carrier && r.Case == kase &&
			r.Direction == direction && r.Size == size && r.Channels == n
	})
}

func where(match func(row) bool) pick {
	return func(rows []row) row {
		best := row{MsgsPerS: math.NaN(), P50us: math.NaN(), P99us: math.NaN(), CPU: math.NaN()}
		for _, r := range rows {
			if match(r) && !(r.MsgsPerS <= best.MsgsPerS) {
				best = r
			}
		}
		return best
	}
}

// commands picks the row of so many commands at once.
func commands(carrier string, inflight int) pick {
	return where(func(r row) bool {
		return r.System == "tailrace" && r.Carrier == carrier && r.Case == "command" &&
			r.Inflight == inflight
	})
}

func down(carrier, kase string, size int) pick {
	return at("tailrace", carrier, kase, "down", size)
}

func ratio(of func(row) float64, over, base pick) func([]row) float64 {
	return func(rows []row) float64 { return of(over(rows)) / of(base(rows)) }
}

func value(of func(row) float64, p pick) func([]row) float64 {
	return func(rows []row) float64 { return of(p(rows)) }
}

func rate(r row) float64  { return r.MsgsPerS }
func p50(r row) float64   { return r.P50us }
func p99ms(r row) float64 { return r.P99us / 1e3 }
func mean(r row) float64  { return 1e6 / r.MsgsPerS }
func cpu(r row) float64   { return r.CPU }

// growth is by how much the rate falls, at worst, from some number of busy channels to another.
func growth(carrier string) func([]row) float64 {
	return func(rows []row) float64 {
		var rates []float64
		for _, n := range []int{1, 10, 100, 1000} {
			rates = append(rates, channels(n, "tailrace", carrier, "raw", "down",
				128)(rows).MsgsPerS)
		}
		return slices.Max(rates) / slices.Min(rates)
	}
}

// goals of the custom scheme.
var schemeGoals = []goal{
	{"64 KB down: Tailrace / bare fetch", 0.85, 0, ratio(rate, down("scheme", "raw", 64<<10),
		at("bare", "scheme", "raw", "down", 64<<10))},
	{"1 MB down: Tailrace / bare fetch", 0.85, 0, ratio(rate, down("scheme", "raw", 1<<20),
		at("bare", "scheme", "raw", "down", 1<<20))},
	{"128 B down: Tailrace / eval per message", 8, 0, ratio(rate, down("scheme", "raw", 128),
		at("eval", "eval", "raw", "down", 128))},
	{"128 B down: Tailrace / canned answers of such frames", 0.7, 0,
		ratio(rate, down("scheme", "raw", 128), at("bare", "scheme", "raw", "down", 128))},
	{"1 KB down: Tailrace / eval per message", 0, 0, ratio(rate, down("scheme", "raw", 1<<10),
		at("eval", "eval", "raw", "down", 1<<10))},
	{"1 KB down: Tailrace / canned answers of such frames", 0.7, 0,
		ratio(rate, down("scheme", "raw", 1<<10), at("bare", "scheme", "raw", "down", 1<<10))},
	{"128 B JSON down: Tailrace / eval per message", 0, 0, ratio(rate, down("scheme", "json", 128),
		at("eval", "eval", "json", "down", 128))},
	{"100 B events: Tailrace / eval per event", 6, 0, ratio(rate, down("scheme", "event", tickSize),
		at("eval", "eval", "event", "down", tickSize))},
	{"latency p50, no gap: Tailrace / bare round trip", 0, 2,
		ratio(p50, down("scheme", "latency-no-gap", 8), at("bare", "scheme", "latency-no-gap",
			"down", 8))},
	{"command, mean: Tailrace / bare POST", 0, 1.7, ratio(mean, commands("scheme", 1),
		at("bare", "scheme", "command", "up", 128))},
	{"commands: 1,000 at once / one after the other", 6, 0,
		ratio(rate, commands("scheme", callsAtOnce), commands("scheme", 1))},
	{"64 KB up: Tailrace / bare POST, best of 1 to 8 in flight", 0, 0,
		ratio(rate, at("tailrace", "scheme", "raw", "up", 64<<10), at("bare", "scheme", "raw", "up",
			64<<10))},
	{"128 B, 1 to 1,000 busy channels: fastest / slowest", 0, 0, growth("scheme")},
}

// goals of shared memory.
var shmGoals = []goal{
	{"64 KB down: shm / scheme", 15, 0, ratio(rate, down("shm", "raw", 64<<10),
		down("scheme", "raw", 64<<10))},
	{"64 KB down: shm / bare limit", 0.7, 0, ratio(rate, down("shm", "raw", 64<<10),
		at("bare", "shm", "raw", "down", 64<<10))},
	{"1 MB down: shm / scheme", 15, 0, ratio(rate, down("shm", "raw", 1<<20),
		down("scheme", "raw", 1<<20))},
	{"1 MB down: shm / bare limit", 0.7, 0, ratio(rate, down("shm", "raw", 1<<20),
		at("bare", "shm", "raw", "down", 1<<20))},
	{"64 KB down, borrowed: shm / scheme", 40, 0, ratio(rate, down("shm", "raw-borrow", 64<<10),
		down("scheme", "raw", 64<<10))},
	{"64 KB down, borrowed: shm / bare limit, reused buffer", 0, 0,
		ratio(rate, down("shm", "raw-borrow", 64<<10), at("bare", "shm", "raw-borrow", "down",
			64<<10))},
	{"1 MB down, borrowed: shm / scheme", 0, 0, ratio(rate, down("shm", "raw-borrow", 1<<20),
		down("scheme", "raw", 1<<20))},
	{"128 B down: shm / eval per message", 35, 0, ratio(rate, down("shm", "raw", 128),
		at("eval", "eval", "raw", "down", 128))},
	{"128 B down, borrowed: shm / eval per message", 35, 0,
		ratio(rate, down("shm", "raw-borrow", 128), at("eval", "eval", "raw", "down", 128))},
	{"1 KB down: shm / eval per message", 20, 0, ratio(rate, down("shm", "raw", 1<<10),
		at("eval", "eval", "raw", "down", 1<<10))},
	{"128 B JSON down: shm / eval per message", 6, 0, ratio(rate, down("shm", "json", 128),
		at("eval", "eval", "json", "down", 128))},
	{"100 B events: shm / eval per event", 0, 0, ratio(rate, down("shm", "event", tickSize),
		at("eval", "eval", "event", "down", tickSize))},
	{"64 KB up: shm / bare POST, best of 1 to 8 in flight", 3, 0,
		ratio(rate, at("tailrace", "shm", "raw", "up", 64<<10), at("bare", "scheme", "raw", "up",
			64<<10))},
	{"128 B up: shm / eval per message", 6, 0, ratio(rate, at("tailrace", "shm", "raw", "up", 128),
		at("eval", "eval", "raw", "down", 128))},
	{"latency p50, 1 ms apart: shm / scheme", 0, 0.25, ratio(p50, down("shm", "latency", 8),
		down("scheme", "latency", 8))},
	{"command p50: shm / scheme", 0, 0.25, ratio(p50, commands("shm", 1), commands("scheme", 1))},
	{"1,000 commands at once: shm / scheme", 1, 0, ratio(rate, commands("shm", callsAtOnce),
		commands("scheme", callsAtOnce))},
	{"100 Hz channel beside a flood of 128 B: p99, ms", 0, 10,
		value(p99ms, channels(2, "tailrace", "shm", "latency-flooded", "down", 128))},
	{"100 Hz channel beside a flood of 64 KB: p99, ms", 0, 10,
		value(p99ms, channels(2, "tailrace", "shm", "latency-flooded", "down", 64<<10))},
	{"CPU seconds per GB of 64 KB: shm / scheme", 0, 0.1, ratio(cpu, down("shm", "raw", 64<<10),
		down("scheme", "raw", 64<<10))},
	{"128 B, 1 to 1,000 busy channels: fastest / slowest", 0, 2, growth("shm")},
}

// flatWithin is by how many MB a process may be larger after 20 GB than after 5.
const flatWithin = 32

// show says for each goal what was measured, and whether it is short of it. memory is nil if it was
// not measured.
func show(rows []row, memory *flat) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	list := func(title string, goals []goal) {
		fmt.Fprintf(w, "\n%s\tmeasured\tasked\t\n", title)
		for _, g := range goals {
			v := g.measure(rows)
			if math.IsNaN(v) {
				continue
			}
			asked, verdict := "", ""
			if g.least > 0 {
				asked, verdict = fmt.Sprintf(">= %g", g.least), met(v >= g.least)
			}
			if g.most > 0 {
				asked, verdict = fmt.Sprintf("<= %g", g.most), met(v <= g.most)
			}
			fmt.Fprintf(w, "%s\t%.2f\t%s\t%s\n", g.text, v, asked, verdict)
		}
	}
	list("scheme", schemeGoals)
	list("shared memory", shmGoals)
	if memory != nil {
		fmt.Fprintf(w, "growth from 5 to 20 GB, MB, the process that grew more\t%.0f\t<= %d\t%s\n",
			memory.growth(), flatWithin, met(memory.growth() <= flatWithin))
	}
	w.Flush()
	return b.String()
}

func met(ok bool) string {
	if ok {
		return "ok"
	}
	return "SHORT"
}
