package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// report is what the page has counted so far. The slices go by signal.
type report struct {
	Received  []uint64 `json:"received"`
	Lost      []uint64 `json:"lost"`      // numbers that were left out
	Reordered []uint64 `json:"reordered"` // numbers below the one that was due
	Next      []uint64 `json:"next"`      // the number that is due
	Seconds   float64  `json:"seconds"`   // between the first and the last arrival
	Lag       float64  `json:"lag"`       // mean of the last second, in milliseconds
	Bytes     int64    `json:"bytes"`     // of the file
	Shown     bool     `json:"shown"`     // the page shows the file's outcome
}

// validate refuses what can't be. sent says how many Go has sent at most.
func (r report) validate(sent []uint64) error {
	for _, counts := range [][]uint64{r.Received, r.Lost, r.Reordered, r.Next} {
		if len(counts) != len(sent) {
			return fmt.Errorf("a report needs %d counts of each kind, got %d", len(sent),
				len(counts))
		}
	}
	for i := range sent {
		if r.Received[i]+r.Lost[i] != r.Next[i]+r.Reordered[i] {
			return fmt.Errorf("the counts of signal %d do not add up", i)
		}
		if r.Next[i] > sent[i] {
			return fmt.Errorf("signal %d: the page has %d messages, %d were sent", i, r.Next[i],
				sent[i])
		}
	}
	return nil
}

// covers says whether the page has seen the last of these, or a later one.
func (r report) covers(counts []uint64) bool {
	for i, n := range counts {
		if len(r.Next) <= i || r.Next[i] < n {
			return false
		}
	}
	return true
}

// result is the last line on stdout.
type result struct {
	Carrier   string `json:"carrier"`
	Bytes     int64  `json:"bytes"`     // of the file, as the page counted them
	Messages  uint64 `json:"messages"`  // telemetry that arrived and was checked
	Lost      uint64 `json:"lost"`      // by their numbers
	Reordered uint64 `json:"reordered"` // by their numbers
	SHA256    string `json:"sha256"`
	// the file: from the first Send to the last piece's hash
	MBPerS float64 `json:"mb_per_s"`
	PerS   float64 `json:"telemetry_per_s"` // as they arrived

	size int64 // of the file
}

// addFile enters the file. Its pieces match when Go has compared all of them, and their bytes are
// all.
func (r *result) addFile(s sending, size int64) {
	r.Bytes, r.size = s.Bytes, size
	r.SHA256 = "mismatch"
	if s.Matched == s.Pieces && s.Bytes == size {
		r.SHA256 = "match"
	}
	if s.Seconds > 0 {
		r.MBPerS = round(float64(s.Bytes) / 1e6 / s.Seconds)
	}
}

// addTelemetry enters a report of the page that covers all that was sent.
func (r *result) addTelemetry(page report) {
	r.Messages = sum(page.Received)
	r.Lost = sum(page.Lost)
	r.Reordered = sum(page.Reordered)
	if page.Seconds > 0 {
		r.PerS = round(float64(r.Messages) / page.Seconds)
	}
}

// line gives the JSON object.
func (r result) line() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers and strings only
	}
	return string(b)
}

// check gives what is wrong.
func (r result) check() error {
	var errs []error
	if r.Lost > 0 || r.Reordered > 0 {
		errs = append(errs, fmt.Errorf("telemetry: %d messages were lost, %d reordered", r.Lost,
			r.Reordered))
	}
	if r.SHA256 != "match" {
		errs = append(errs, fmt.Errorf("the file did not arrive whole: %d of %d bytes, SHA-256: %s",
			r.Bytes, r.size, r.SHA256))
	}
	return errors.Join(errs...)
}

func sum(counts []uint64) uint64 {
	var n uint64
	for _, c := range counts {
		n += c
	}
	return n
}

// round keeps one digit after the point.
func round(v float64) float64 { return math.Round(v*10) / 10 }
