package meter

import (
	"math"
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	at := func(seconds float64) time.Duration {
		return time.Duration(seconds * float64(time.Second))
	}
	var m Meter
	m.Start(at(100.2))
	check := func(now, messages, bytes float64) {
		t.Helper()
		r := m.Rate(at(now))
		if math.Abs(r.Messages-messages) > 1e-9*messages || math.Abs(r.Bytes-bytes) > 1e-9*bytes {
			t.Errorf("at %v: %v, want %v messages and %v bytes a second", now, r, messages, bytes)
		}
	}
	check(100.2, 0, 0)
	m.Tick(Step(at(100.3)), Count{10, 1000})
	check(100.3, 20, 2000) // over half a second at least
	check(101.2, 10, 1000) // since the beginning
	m.Tick(Step(at(102.1)), Count{40, 4000})
	check(102.2, 20, 2000)
	check(102.5, 30/2.0, 3000/2.0) // the steps from 100.5 to 102.5: the first ten came before
	check(104.2, 30/2.2, 3000/2.2) // from 102.0 on
	check(104.5, 0, 0)             // the thirty came before 102.5
	check(1e6, 0, 0)
	m.Tick(Step(at(1e6+0.1)), Count{50, 5000}) // what came after a long pause counts in full
	check(1e6+0.1, 10/2.1, 1000/2.1)
	for i := range 100 { // a steady flow
		m.Tick(Step(at(2e6+float64(i)/10)), Count{50 + uint64(i)*7, 5000 + uint64(i)*700})
	}
	check(2e6+9.9, 25*7/2.4, 25*700/2.4) // those at 7.5, 7.6 and so on
}

func TestLatency(t *testing.T) {
	var p Latency
	p.Begin(time.Second, 100)
	p.Begin(2*time.Second, 200) // another one is being measured
	if p.Awaits(99) || !p.Awaits(100) {
		t.Error("the credit of the batch is not what is waited for")
	}
	if got := p.Read(4 * time.Second); got != 3*time.Second {
		t.Errorf("overdue by %v", got)
	}
	p.End(1500 * time.Millisecond)
	if got := p.Read(time.Hour); got != 500*time.Millisecond {
		t.Errorf("%v", got)
	}
	p.Begin(1090*time.Millisecond, 250) // too early to measure again
	if p.Awaits(1000) {
		t.Error("measured twice within the pace")
	}
	p.Begin(2*time.Second, 300)
	if got := p.Read(2100 * time.Millisecond); got != 500*time.Millisecond {
		t.Errorf("%v, while the next is not later", got)
	}
}
