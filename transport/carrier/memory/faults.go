package memory

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Faults are what goes wrong between the page and Go. Each chance is 0 to 1.
type Faults struct {
	// Seed makes the choices repeatable for one order of requests.
	Seed uint64
	// LoseRequest and LoseAnswer are chances that a request never reaches Go, or its answer
	// never the page; the page sees a failed fetch.
	LoseRequest, LoseAnswer float64
	// CutAnswer is the chance that an answer arrives with its end missing, EmptyAnswer with
	// nothing.
	CutAnswer, EmptyAnswer float64
	// Repeat is the chance that a request reaches Go twice, and that the page handles an answer
	// twice.
	Repeat float64
	// Delay is the longest time, chosen evenly, that a request and its answer each take: different
	// delays reorder them.
	Delay time.Duration
}

// dice makes the choices.
type dice struct {
	mu sync.Mutex
	f  Faults
	r  *rand.Rand
}

func newDice(f Faults) *dice {
	return &dice{f: f, r: rand.New(rand.NewPCG(f.Seed, 1))}
}

func (d *dice) chance(p float64) bool {
	if p <= 0 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.Float64() < p
}

func (d *dice) wait() {
	if d.f.Delay <= 0 {
		return
	}
	d.mu.Lock()
	t := time.Duration(d.r.Int64N(int64(d.f.Delay) + 1))
	d.mu.Unlock()
	time.Sleep(t) // the carrier's delay, virtual time under synctest
}

func (d *dice) below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.IntN(n)
}
