package main

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestReportValidate(t *testing.T) {
	sent := []uint64{10, 20}
	good := func() report {
		return report{Received: []uint64{10, 18}, Lost: []uint64{0, 3}, Reordered: []uint64{0, 1},
			Next: []uint64{10, 20}}
	}
	if err := good().validate(sent); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(r *report){
		"one count only":  func(r *report) { r.Lost = r.Lost[:1] },
		"no count":        func(r *report) { r.Next = nil },
		"does not add up": func(r *report) { r.Received[1]++ },
		"never sent":      func(r *report) { r.Received[0]++; r.Next[0]++ },
	} {
		r := good()
		spoil(&r)
		if r.validate(sent) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if r := good(); !r.covers(sent) || r.covers([]uint64{10, 21}) || (report{}).covers(sent) {
		t.Error("covers is wrong")
	}
}

func TestResultCheck(t *testing.T) {
	whole := sending{Bytes: 9, Pieces: 2, Matched: 2, Seconds: 1}
	in := report{Received: []uint64{4, 5}, Lost: []uint64{0, 0}, Reordered: []uint64{0, 0},
		Next: []uint64{4, 5}, Seconds: 2}
	for _, c := range []struct {
		change func(s *sending, r *report)
		want   string // in the error
	}{
		{func(s *sending, r *report) {}, ""},
		{func(s *sending, r *report) { s.Matched = 1 }, "mismatch"},
		{func(s *sending, r *report) { s.Bytes = 8 }, "8 of 9 bytes"},
		{func(s *sending, r *report) { r.Lost = []uint64{0, 7} }, "7 messages were lost"},
		{func(s *sending, r *report) { r.Reordered = []uint64{1, 1} }, "2 reordered"},
	} {
		s, page := whole, in
		c.change(&s, &page)
		var r result
		r.addFile(s, 9)
		r.addTelemetry(page)
		switch err := r.check(); {
		case c.want == "" && err != nil:
			t.Error(err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("got %v, want %q", err, c.want)
		}
		if r.Messages != 9 || r.PerS != 4.5 {
			t.Errorf("%d messages, %v a second", r.Messages, r.PerS)
		}
	}
}

func TestSignalsStayInRange(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, s := range signals {
		var clamped int
		for n := range 60_000 {
			v := s.at(float64(n)/1000, noise)
			if v < s.Min || v > s.Max {
				t.Fatalf("%s: %v", s.Name, v)
			}
			if v == s.Min || v == s.Max {
				clamped++
			}
		}
		if clamped > 60 {
			t.Errorf("%s: %d of 60,000 samples lie outside of the plot", s.Name, clamped)
		}
	}
}
