//go:build linux && cgo

package main

import (
	"fmt"
	"strings"
	"time"
)

// load is how much the cells of one carrier send in one round: half a second to two on two slow
// cores. A run of large messages begins with a small ring that grows; that should not weigh.
// Neither should the first gigabytes over shared memory, which are a third slower: the web process
// has given the memory of earlier buffers back to the system by then.
type load struct {
	bulk     int // bytes of large messages
	borrowed int // the same, when the page uses one buffer again and again
	small    int // messages of 128 B
	kilo     int // messages of 1 KB
	json     int
	events   int
	calls    int // commands, one after the other
	up       int // bytes of large messages
	upSmall  int // messages of 128 B
}

var (
	overScheme = load{bulk: 128 << 20, small: 300_000, kilo: 60_000, json: 100_000, events: 300_000,
		calls: 500, up: 64 << 20, upSmall: 100_000}
	overShm = load{bulk: 6 << 30, borrowed: 12 << 30, small: 3_000_000, kilo: 1_000_000,
		json: 500_000, events: 600_000, calls: 3000, up: 256 << 20, upSmall: 500_000}
)

const (
	evals       = 20_000
	bareBulk    = 128 << 20 // bytes of large answers
	barePosts   = 32 << 20  // bytes of POSTs
	pings       = 500
	pingsBusy   = 200 // at 100 Hz
	callsAtOnce = 1000
	atOnceTimes = 5
	mostPosts   = 8
)

func (b *bench) add(r row, run func() (sample, error)) {
	b.cells = append(b.cells, &cell{place: len(b.cells), row: r, run: run})
}

func (b *bench) addCells() {
	b.addTailrace(b.scheme, overScheme)
	b.addTailrace(b.shm, overShm)
	b.addBorrowed(b.shm, overShm)
	b.addBare()
	b.addBareShm()
	b.addEvals()
}

func (b *bench) addTailrace(t *tailrace, l load) {
	row := func(kase, direction string, size, channels int) row {
		r := row{System: "tailrace", Carrier: t.carrier, Case: kase, Direction: direction,
			Size: size, Channels: channels}
		if t == b.scheme {
			r.Inflight = b.pulls
		}
		return r
	}
	for _, c := range []struct{ size, n int }{{64 << 10, l.bulk >> 16}, {1 << 20, l.bulk >> 20},
		{64, l.small}, {128, l.small}, {1 << 10, l.kilo}} {
		b.add(row("raw", "down", c.size, 1), t.down("raw", c.n, c.size, 1, false))
	}
	for _, channels := range []int{10, 100, 1000} { // all busy at once
		b.add(row("raw", "down", 128, channels), t.down("raw", l.small, 128, channels, false))
	}
	b.add(row("json", "down", 128, 1), t.down("json", l.json, 128, 1, false))
	b.add(row("event", "down", tickSize, 1), func() (sample, error) {
		took, err := t.run(fmt.Sprintf("events(%d)", l.events))
		return rateOf(l.events, took, err)
	})

	b.add(row("latency", "down", 8, 1), t.latencies(pings, time.Millisecond))
	b.add(row("latency-no-gap", "down", 8, 1), t.latencies(pings, 0))
	for _, size := range []int{128, 64 << 10} {
		b.add(row("latency-flooded", "down", size, 2), t.floods(pingsBusy, 10*time.Millisecond,
			size))
	}

	one := row("command", "up", 128, 1)
	one.Inflight = 1
	b.add(one, func() (sample, error) {
		if _, err := t.run(fmt.Sprintf("commands(%d,false)", l.calls)); err != nil {
			return sample{}, err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		return percentiles(between(t.calls)), nil
	})
	many := one
	many.Inflight = callsAtOnce
	b.add(many, func() (sample, error) {
		var took time.Duration
		for range atOnceTimes {
			once, err := t.run(fmt.Sprintf("commands(%d,true)", callsAtOnce))
			if err != nil {
				return sample{}, err
			}
			took += once
		}
		return rateOf(atOnceTimes*callsAtOnce, took, nil)
	})

	for _, c := range []struct{ size, n int }{{128, l.upSmall}, {64 << 10, l.up >> 16},
		{1 << 20, l.up >> 20}} {
		b.add(row("raw", "up", c.size, 1), func() (sample, error) {
			took, err := t.run(fmt.Sprintf("up(%d,%d)", c.n, c.size))
			return rateOf(c.n, took, err)
		})
	}
}

func (b *bench) addBorrowed(t *tailrace, l load) {
	for _, c := range []struct{ size, n int }{
		{64 << 10, l.borrowed >> 16}, {1 << 20, l.borrowed >> 20}, {128, l.small},
		{1 << 10, l.kilo},
	} {
		r := row{System: "tailrace", Carrier: t.carrier, Case: "raw-borrow", Direction: "down",
			Size: c.size, Channels: 1}
		b.add(r, t.down("raw", c.n, c.size, 1, true))
	}
}

func (b *bench) addBare() {
	row := func(kase, direction string, size, inflight int) row {
		return row{System: "bare", Carrier: "scheme", Case: kase, Direction: direction, Size: size,
			Channels: 1, Inflight: inflight}
	}
	for _, size := range []int{64 << 10, 1 << 20} {
		// The same bytes in answers as large as Tailrace's batches.
		answers := bareBulk / b.batch
		b.add(row("raw", "down", size, b.pulls), func() (sample, error) {
			_, took, err := b.bare.down(cannedBlob, answers, b.pulls)
			n := float64(answers*b.batch) / float64(size)
			return sample{n: int(n), rate: n / took.Seconds()}, err
		})
	}
	for _, c := range []struct{ size, n, canned int }{
		{128, overScheme.small, canned128}, {1 << 10, overScheme.kilo, canned1K},
	} {
		b.add(row("raw", "down", c.size, b.pulls), func() (sample, error) {
			per := (b.batch - 80) / (c.size + 16)
			v, took, err := b.bare.down(c.canned, c.n/per+1, b.pulls)
			if err != nil {
				return sample{}, err
			}
			var messages int
			if _, err := fmt.Sscan(v.Get("messages"), &messages); err != nil {
				return sample{}, err
			}
			return rateOf(messages, took, nil)
		})
	}
	b.add(row("latency-no-gap", "down", 8, 1), b.trip(cannedSmall, pings, 0))
	b.add(row("command", "up", 128, 1), b.trip(cannedAnswer, overScheme.calls, 128))
	for inflight := 1; inflight <= mostPosts; inflight++ {
		b.add(row("raw", "up", 64<<10, inflight), func() (sample, error) {
			n := barePosts >> 16
			_, took, err := b.bare.run(b.bare.w, fmt.Sprintf("up(%d,%d,%d)", 64<<10, n, inflight))
			return rateOf(n, took, err)
		})
	}
}

func (b *bench) addBareShm() {
	for _, c := range []struct {
		kase    string
		size, n int
	}{
		{"raw", 64 << 10, overShm.bulk >> 16}, {"raw", 1 << 20, overShm.bulk >> 20},
		{"raw", 128, overShm.bulk >> 10}, {"raw", 1 << 10, overShm.bulk >> 12},
		{"raw-borrow", 64 << 10, overShm.borrowed >> 16},
		{"raw-borrow", 1 << 20,
			overShm.borrowed >> 20},
	} {
		b.add(row{System: "bare", Carrier: "shm", Case: c.kase, Direction: "down", Size: c.size,
			Channels: 1}, func() (sample, error) {
			return b.bareShm.run(c.n, c.size, c.kase == "raw-borrow")
		})
	}
}

// addEvals adds one eval per message. A call with one JSON value is what JavaScriptCore evaluates
// fastest by far: it does not compile it.
func (b *bench) addEvals() {
	add := func(kase string, size int, script func(i int) string) {
		b.add(row{System: "eval", Carrier: "eval", Case: kase, Direction: "down", Size: size,
			Channels: 1, Inflight: 64}, func() (sample, error) {
			took, err := b.bare.evals(evals, script)
			return rateOf(evals, took, err)
		})
	}
	for _, size := range []int{128, 1 << 10} {
		payload := strings.Repeat("x", size-16)
		add("raw", size, func(i int) string {
			return fmt.Sprintf(`onText({"n":%d,"m":"%s"})`, i, payload)
		})
	}
	add("json", 128, func(i int) string { return "onObject(" + text(i) + ")" })
	pad := strings.Repeat("x", tickSize-tickRest)
	add("event", tickSize, func(i int) string {
		return fmt.Sprintf(`onText({"n":%d,"m":"%s"})`, i, pad)
	})
}

func (t *tailrace) down(command string, n, size, channels int, borrow bool) func() (sample, error) {
	n -= n % channels
	return func() (sample, error) {
		took, err := t.run(fmt.Sprintf("down(%q,%d,%d,%d,%t)", command, n, size, channels, borrow))
		return rateOf(n, took, err)
	}
}

func (t *tailrace) latencies(n int, gap time.Duration) func() (sample, error) {
	return func() (sample, error) {
		if _, err := t.run(fmt.Sprintf("latency(%d,%d)", n, gap.Microseconds())); err != nil {
			return sample{}, err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		return percentiles(t.trips), nil
	}
}

// floods measures round trips at a fixed rate while another channel is full of messages of that
// size.
func (t *tailrace) floods(n int, gap time.Duration, size int) func() (sample, error) {
	return func() (sample, error) {
		took, err := t.run(fmt.Sprintf("flooded(%d,%d,%d)", n, gap.Microseconds(), size))
		if err != nil {
			return sample{}, err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		s := percentiles(t.trips)
		s.n, s.rate = t.flood, float64(t.flood)/took.Seconds()
		return s, nil
	}
}

// trip measures bare requests one after the other.
func (b *bench) trip(canned, n, body int) func() (sample, error) {
	return func() (sample, error) {
		trips := fmt.Sprintf("trips(%d,%d,%d)", canned, n, body)
		if _, _, err := b.bare.run(b.bare.w, trips); err != nil {
			return sample{}, err
		}
		return percentiles(b.bare.intervals()), nil
	}
}

// between gives the times between, in microseconds.
func between(at []time.Time) []float64 {
	d := make([]float64, 0, len(at))
	for i := 1; i < len(at); i++ {
		d = append(d, micros(at[i].Sub(at[i-1])))
	}
	return d
}
