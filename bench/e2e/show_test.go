//go:build linux && cgo

package main

import (
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	rows := []row{
		{System: "tailrace", Carrier: "scheme", Case: "raw", Direction: "down", Size: 64 << 10,
			Channels: 1, Inflight: 6, MsgsPerS: 100, CPU: 10},
		{System: "tailrace", Carrier: "shm", Case: "raw", Direction: "down", Size: 64 << 10,
			Channels: 1, MsgsPerS: 1600, CPU: 1.5},
		{System: "bare", Carrier: "shm", Case: "raw", Direction: "down", Size: 64 << 10,
			Channels: 1, MsgsPerS: 3200},
		{System: "tailrace", Carrier: "shm", Case: "raw", Direction: "up", Size: 64 << 10,
			Channels: 1, MsgsPerS: 350},
		{System: "bare", Carrier: "scheme", Case: "raw", Direction: "up", Size: 64 << 10,
			Channels: 1, Inflight: 1, MsgsPerS: 50},
		{System: "bare", Carrier: "scheme", Case: "raw", Direction: "up", Size: 64 << 10,
			Channels: 1, Inflight: 3, MsgsPerS: 100},
		{System: "bare", Carrier: "scheme", Case: "raw", Direction: "up", Size: 64 << 10,
			Channels: 1, Inflight: 8, MsgsPerS: 80},
		{System: "tailrace", Carrier: "shm", Case: "latency-flooded", Direction: "down", Size: 128,
			Channels: 2, P50us: 900, P99us: 9500},
	}
	for i, n := range []int{1, 10, 100, 1000} {
		rows = append(rows, row{System: "tailrace", Carrier: "shm", Case: "raw", Direction: "down",
			Size: 128, Channels: n, MsgsPerS: float64(5000 - 1000*i)})
	}
	memory := &flat{own: [portions]float64{100, 101, 99, 103}, web: [portions]float64{
		200, 210, 220, 240,
	}}
	got := map[string]string{}
	for _, line := range strings.Split(show(rows, memory), "\n") {
		text, rest, _ := strings.Cut(line, "  ")
		got[text] = strings.Join(strings.Fields(rest), " ")
	}
	for text, want := range map[string]string{
		"64 KB down: shm / scheme":                               "16.00 >= 15 ok",
		"64 KB down: shm / bare limit":                           "0.50 >= 0.7 SHORT",
		"64 KB up: shm / bare POST, best of 1 to 8 in flight":    "3.50 >= 3 ok",
		"100 Hz channel beside a flood of 128 B: p99, ms":        "9.50 <= 10 ok",
		"CPU seconds per GB of 64 KB: shm / scheme":              "0.15 <= 0.1 SHORT",
		"128 B, 1 to 1,000 busy channels: fastest / slowest":     "2.50 <= 2 SHORT",
		"growth from 5 to 20 GB, MB, the process that grew more": "40 <= 32 SHORT",
	} {
		if got[text] != want {
			t.Errorf("%s: %q, want %q", text, got[text], want)
		}
	}
	if line, ok := got["1 MB down: shm / scheme"]; ok {
		t.Errorf("a goal without rows is shown: %q", line)
	}
}
