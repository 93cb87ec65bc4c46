package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one line of the results: medians over the rounds.
type row struct {
	System    string  `json:"system"`
	Carrier   string  `json:"carrier"`
	Case      string  `json:"case"`
	Direction string  `json:"direction"`
	Size      int     `json:"size"`
	Channels  int     `json:"channels"`
	Inflight  int     `json:"inflight"`
	MsgsPerS  float64 `json:"msgs_per_s"`
	MBPerS    float64 `json:"mb_per_s"`
	P50us     float64 `json:"p50_us"`
	P99us     float64 `json:"p99_us"`
	Rounds    int     `json:"rounds"`
}

// sample is what one run of a cell gave.
type sample struct {
	rate     float64 // messages a second
	p50, p99 float64 // microseconds, 0: not a latency case
}

// percentiles makes a sample of round trips in microseconds that followed each other.
func percentiles(trips []float64) sample {
	slices.Sort(trips)
	total := 0.0
	for _, t := range trips {
		total += t
	}
	return sample{float64(len(trips)) / total * 1e6, trips[len(trips)/2], trips[len(trips)*99/100]}
}

// cell is one thing to measure.
type cell struct {
	name    string
	place   int // in the table
	row     row
	run     func() (sample, error)
	samples []sample
}

func (c *cell) result() row {
	r := c.row
	pick := func(f func(sample) float64) float64 {
		var v []float64
		for _, s := range c.samples {
			v = append(v, f(s))
		}
		slices.Sort(v)
		if len(v) == 0 {
			return 0
		}
		return v[len(v)/2]
	}
	r.Rounds = len(c.samples)
	r.MsgsPerS = pick(func(s sample) float64 { return s.rate })
	r.MBPerS = r.MsgsPerS * float64(r.Size) / 1e6
	r.P50us = pick(func(s sample) float64 { return s.p50 })
	r.P99us = pick(func(s sample) float64 { return s.p99 })
	return r
}

// ratio compares two rows of one run; the goal is what the project asks of it.
type ratio struct {
	text       string
	over, base func(row) bool
	value      func(row) float64
	goal       string
}

func is(system, kase, direction string, size, inflight int) func(row) bool {
	return func(r row) bool {
		return r.System == system && r.Case == kase && r.Direction == direction && r.Size == size && (inflight == 0 || r.Inflight == inflight)
	}
}

func rate(r row) float64 { return r.MsgsPerS }
func p50(r row) float64  { return r.P50us }
func mean(r row) float64 { return 1e6 / r.MsgsPerS }

var ratios = []ratio{
	{"64 KB down: Tailrace / bare fetch", is("tailrace", "raw", "down", 64<<10, 0), is("bare", "raw", "down", 64<<10, 0), rate, ">= 0.85"},
	{"1 MB down: Tailrace / bare fetch", is("tailrace", "raw", "down", 1<<20, 0), is("bare", "raw", "down", 1<<20, 0), rate, ">= 0.85"},
	{"128 B down: Tailrace / eval per message", is("tailrace", "raw", "down", 128, 0), is("eval", "raw", "down", 128, 0), rate, ">= 8"},
	{"128 B down: Tailrace / canned answers of such frames", is("tailrace", "raw", "down", 128, 0), is("bare", "raw", "down", 128, 0), rate, ">= 0.7"},
	{"1 KB down: Tailrace / eval per message", is("tailrace", "raw", "down", 1<<10, 0), is("eval", "raw", "down", 1<<10, 0), rate, ""},
	{"1 KB down: Tailrace / canned answers of such frames", is("tailrace", "raw", "down", 1<<10, 0), is("bare", "raw", "down", 1<<10, 0), rate, ">= 0.7"},
	{"128 B JSON down: Tailrace / eval per message", is("tailrace", "json", "down", 128, 0), is("eval", "json", "down", 128, 0), rate, ""},
	{"100 B events: Tailrace / eval per event", is("tailrace", "event", "down", 100, 0), is("eval", "event", "down", 100, 0), rate, ">= 6"},
	{"latency p50: Tailrace / bare round trip", is("tailrace", "latency", "down", 8, 0), is("bare", "latency", "down", 8, 0), p50, "<= 2"},
	{"command, mean: Tailrace / bare POST", is("tailrace", "command", "up", 128, 1), is("bare", "command", "up", 128, 1), mean, "<= 1.7"},
	{"commands: 1,000 at once / one after the other", is("tailrace", "command", "up", 128, 1000), is("tailrace", "command", "up", 128, 1), rate, ">= 6"},
	{"64 KB up: Tailrace / bare POST", is("tailrace", "raw", "up", 64<<10, 0), is("bare", "raw", "up", 64<<10, 0), rate, ""},
}

// table draws the rows, and the ratios that both sides of are there.
func table(rows []row) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "system\tcase\tdirection\tsize\tchannels\tin flight\tmsgs/s\tMB/s\tp50 us\tp99 us\t")
	for _, r := range rows {
		latency := "-\t-"
		if r.P50us > 0 {
			latency = fmt.Sprintf("%.0f\t%.0f", r.P50us, r.P99us)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%.0f\t%.1f\t%s\t\n", r.System, r.Case, r.Direction, r.Size, r.Channels, r.Inflight, r.MsgsPerS, r.MBPerS, latency)
	}
	w.Flush()
	b.WriteByte('\n')
	w = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, q := range ratios {
		over, base := slices.IndexFunc(rows, q.over), slices.IndexFunc(rows, q.base)
		if over < 0 || base < 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\n", q.text, q.value(rows[over])/q.value(rows[base]), q.goal)
	}
	w.Flush()
	return b.String()
}
