// Package meter measures flows: the rate of what passes, how long the page takes to consume it, and
// how long senders wait. Its types have no clock: whoever counts brings the time, which is that
// since one beginning. Each is small enough to stand in every lane.
package meter

import "time"

// Count is a number of messages and their bytes.
type Count struct{ Messages, Bytes uint64 }

// Rate is a number of messages and bytes a second.
type Rate struct{ Messages, Bytes float64 }

// A Meter gives the rate of a count over the last seconds. It is ticked once a batch, and keeps
// what the count was when each of the last few steps began. It has no lock.
//
// Rejected: a moving average with exponential decay, which still shows a flow seconds after its
// end; a rate between two calls of Stats, which two readers of different pace spoil for each other.
type Meter struct {
	at    int64 // the current step; with last what a batch touches: they share a cache line
	last  Count
	born  time.Duration
	begin [steps]Count
}

const (
	step  = 500 * time.Millisecond
	steps = 5 // four whole ones and the current one
)

// Start begins to measure, with a count of zero.
func (m *Meter) Start(now time.Duration) { m.born, m.at = now, Step(now) }

// Step is the number of the step at that time.
func Step(now time.Duration) int64 { return int64(now / step) }

// Tick tells the count in that step.
func (m *Meter) Tick(step int64, c Count) {
	if step != m.at {
		m.roll(step)
	}
	m.last = c
}

// roll begins a later step.
func (m *Meter) roll(step int64) {
	for n := max(m.at+1, step-steps+1); n <= step; n++ {
		m.begin[n%steps] = m.last
	}
	m.at = max(m.at, step)
}

// Rate is the average from the beginning of the oldest step on.
func (m *Meter) Rate(now time.Duration) Rate {
	m.roll(Step(now))
	oldest := max(0, m.at-steps+1)
	from := m.begin[oldest%steps]
	over := now - max(m.born, time.Duration(oldest)*step)
	seconds := max(over, step).Seconds()
	return Rate{
		difference(m.last.Messages, from.Messages) / seconds,
		difference(m.last.Bytes, from.Bytes) / seconds,
	}
}

// difference is a - b; a number of messages may be a little behind, as fragments are told apart
// later than they are counted.
func difference(a, b uint64) float64 { return float64(a - min(a, b)) }
