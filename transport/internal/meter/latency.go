package meter

import (
	"sync/atomic"
	"time"
)

// Latency measures how long the page takes to consume a batch: one batch at a time, and not more
// often than a pace, as each measure costs the credit's goroutine a lock.
//
// A lock of the caller's guards Begin, End and Read.
type Latency struct {
	total       atomic.Uint64 // consumed when the credit says so much; 0: nothing is measured
	next        time.Duration // when to measure again
	since, last time.Duration
}

const pace = 100 * time.Millisecond

// Begin measures a batch that brings the bytes sent up to total, unless an earlier one is being
// measured.
func (p *Latency) Begin(now time.Duration, total uint64) {
	if now >= p.next && p.total.Load() == 0 {
		p.since, p.next = now, now+pace
		p.total.Store(total)
	}
}

// Awaits says whether that credit is what was waited for. Then End ends it. It needs no lock.
func (p *Latency) Awaits(credited uint64) bool {
	total := p.total.Load()
	return total != 0 && credited >= total
}

// End ends the measure of the batch.
func (p *Latency) End(now time.Duration) {
	p.last = now - p.since
	p.total.Store(0)
}

// Read is the last latency, or how long the batch that is measured has taken, if that is more.
func (p *Latency) Read(now time.Duration) time.Duration {
	if p.total.Load() == 0 {
		return p.last
	}
	return max(p.last, now-p.since)
}
