package transport

import (
	"sync"
	"sync/atomic"
	"time"
)

// count is a number of messages and their bytes.
type count struct{ messages, bytes uint64 }

// A meter gives the rate of a count over the last seconds. It has no clock: whoever counts up
// brings the time, once a batch. It keeps what the count was when each of the last few steps began.
//
// Rejected: a moving average with exponential decay, which still shows a flow seconds after its
// end; a rate between two calls of Stats, which two readers of different pace spoil for each other.
type meter struct {
	at    int64 // the current step; with last what a batch touches: they share a cache line
	last  count
	born  time.Duration
	begin [meterSteps]count
}

const (
	meterStep  = 500 * time.Millisecond
	meterSteps = 5 // four whole ones and the current one
)

// start begins to measure, with a count of zero.
func (m *meter) start(now time.Duration) { m.born, m.at = now, stepOf(now) }

// stepOf is the number of the step at that time.
func stepOf(now time.Duration) int64 { return int64(now / meterStep) }

// tick tells the count in that step.
func (m *meter) tick(step int64, c count) {
	if step != m.at {
		m.roll(step)
	}
	m.last = c
}

// roll begins a later step.
func (m *meter) roll(step int64) {
	for n := max(m.at+1, step-meterSteps+1); n <= step; n++ {
		m.begin[n%meterSteps] = m.last
	}
	m.at = max(m.at, step)
}

// rate is the average from the beginning of the oldest step on.
func (m *meter) rate(now time.Duration) Rate {
	m.roll(stepOf(now))
	oldest := max(0, m.at-meterSteps+1)
	from := m.begin[oldest%meterSteps]
	over := now - max(m.born, time.Duration(oldest)*meterStep)
	seconds := max(over, meterStep).Seconds()
	return Rate{
		difference(m.last.messages, from.messages) / seconds, difference(m.last.bytes,
			from.bytes) / seconds,
	}
}

// difference is a - b; a number of messages may be a little behind, as fragments are told apart
// later than they are counted.
func difference(a, b uint64) float64 { return float64(a - min(a, b)) }

// latency measures how long the page takes to consume a batch: one batch at a time, and not more
// often than latencyPace, as each measure costs the credit's goroutine a lock.
type latency struct {
	total atomic.Uint64 // consumed when the credit says so much; 0: nothing is measured
	// Guarded by the lane's mu.
	next        time.Duration // when to measure again
	since, last time.Duration
}

const latencyPace = 100 * time.Millisecond

// begin measures a batch that brings the bytes sent up to total, unless an earlier one is being
// measured.
func (p *latency) begin(now time.Duration, total uint64) {
	if now >= p.next && p.total.Load() == 0 {
		p.since, p.next = now, now+latencyPace
		p.total.Store(total)
	}
}

// awaits says whether that credit is what was waited for. Then end ends it. It needs no lock.
func (p *latency) awaits(credited uint64) bool {
	total := p.total.Load()
	return total != 0 && credited >= total
}

func (p *latency) end(now time.Duration) {
	p.last = now - p.since
	p.total.Store(0)
}

func (p *latency) read(now time.Duration) time.Duration {
	if p.total.Load() == 0 {
		return p.last
	}
	return max(p.last, now-p.since)
}

// blocked sums up how long senders wait.
type blocked struct {
	mu      sync.Mutex
	waiting int
	total   time.Duration // of those that don't wait any more
	since   time.Duration // the sum of the times at which those that do have begun
}

func (b *blocked) enter(now time.Duration) {
	b.mu.Lock()
	b.waiting++
	b.since += now
	b.mu.Unlock()
}

func (b *blocked) leave(began, now time.Duration) {
	b.mu.Lock()
	b.waiting--
	b.since -= began
	b.total += now - began
	b.mu.Unlock()
}

func (b *blocked) read(now time.Duration) (total time.Duration, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total + time.Duration(b.waiting)*now - b.since, b.waiting
}
