//go:build linux && cgo

package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the results: medians over the rounds. Where one channel floods and another
// one's latency is measured, size and rates are the flood's.
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
	CPU       float64 `json:"cpu_s_per_gb,omitempty"` // of all processes together
}

func (r row) name() string {
	return fmt.Sprintf("%s/%s/%s/%s/%d/%d/%d", r.System, r.Carrier, r.Case, r.Direction, r.Size,
		r.Channels, r.Inflight)
}

// sample is what one run of a cell gave.
type sample struct {
	n        int     // messages
	rate     float64 // messages a second
	p50, p99 float64 // microseconds, 0: not a latency case
	cpu      float64 // seconds
}

// rateOf makes a sample of n messages in that time.
func rateOf(n int, took time.Duration, err error) (sample, error) {
	return sample{n: n, rate: float64(n) / took.Seconds()}, err
}

// percentiles makes a sample of round trips in microseconds that followed each other.
func percentiles(trips []float64) sample {
	slices.Sort(trips)
	total := 0.0
	for _, t := range trips {
		total += t
	}
	return sample{n: len(trips), rate: float64(len(trips)) / total * 1e6, p50: trips[len(trips)/2],
		p99: trips[len(trips)*99/100]}
}

// cell is one thing to measure.
type cell struct {
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
	if r.Size >= 64<<10 {
		r.CPU = pick(func(s sample) float64 {
			return s.cpu / (float64(s.n) * float64(r.Size) / 1e9)
		})
	}
	return r
}

// table draws the rows.
func table(rows []row) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "system\tcarrier\tcase\tdirection\tsize\tchannels\tin "+
		"flight\tmsgs/s\tMB/s\tp50 us\tp99 us\tCPU s/GB\t")
	for _, r := range rows {
		latency, cpu := "-\t-", "-"
		if r.P50us > 0 {
			latency = fmt.Sprintf("%.0f\t%.0f", r.P50us, r.P99us)
		}
		if r.CPU > 0 {
			cpu = fmt.Sprintf("%.2f", r.CPU)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%.0f\t%.1f\t%s\t%s\t\n",
			r.System, r.Carrier, r.Case, r.Direction, r.Size, r.Channels, r.Inflight, r.MsgsPerS,
			r.MBPerS, latency, cpu)
	}
	w.Flush()
	return b.String()
}
