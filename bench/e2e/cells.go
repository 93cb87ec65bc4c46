package main

import (
	"fmt"
	"strings"
	"time"
)

// How much each cell sends in one round: half a second to two on two slow cores. A run of large messages
// begins with a small ring that grows; that should not weigh.
const (
	bulk        = 200 << 20 // bytes of large messages
	small       = 300_000   // messages of 128 B
	kilo        = 60_000    // messages of 1 KB
	events      = 600_000   // a second of them
	evals       = 20_000
	pings       = 500
	calls       = 500
	callsAtOnce = 1000
)

func (b *bench) add(r row, run func() (sample, error)) {
	name := fmt.Sprintf("%s/%s/%s/%d", r.System, r.Case, r.Direction, r.Size)
	b.cells = append(b.cells, &cell{name: name, place: len(b.cells), row: r, run: run})
}

// rateOf makes a sample of n messages in that time.
func rateOf(n int, took time.Duration, err error) (sample, error) {
	return sample{rate: float64(n) / took.Seconds()}, err
}

func (b *bench) addCells() {
	tailrace := func(kase, direction string, size, channels int) row {
		return row{System: "tailrace", Carrier: "scheme", Case: kase, Direction: direction, Size: size, Channels: channels, Inflight: b.pulls}
	}
	bareRow := func(kase, direction string, size, inflight int) row {
		return row{System: "bare", Carrier: "scheme", Case: kase, Direction: direction, Size: size, Channels: 1, Inflight: inflight}
	}
	evalRow := func(kase string, size int) row {
		return row{System: "eval", Carrier: "eval", Case: kase, Direction: "down", Size: size, Channels: 1, Inflight: 64}
	}

	for _, size := range []int{64 << 10, 1 << 20} {
		n := bulk / size
		b.add(tailrace("raw", "down", size, 1), b.down("raw", n, size, 1))
		// The same bytes in answers as large as Tailrace's batches.
		answers := bulk / b.batch
		b.add(bareRow("raw", "down", size, b.pulls), func() (sample, error) {
			_, took, err := b.bare.down(cannedBlob, answers, b.pulls)
			return sample{rate: float64(answers*b.batch) / float64(size) / took.Seconds()}, err
		})
	}
	for _, c := range []struct{ size, n, canned int }{{128, small, canned128}, {1 << 10, kilo, canned1K}} {
		b.add(tailrace("raw", "down", c.size, 1), b.down("raw", c.n, c.size, 1))
		b.add(bareRow("raw", "down", c.size, b.pulls), func() (sample, error) {
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
		// A call with one JSON value is what JavaScriptCore evaluates fastest by far: it does not compile it.
		payload := strings.Repeat("x", c.size-16)
		b.add(evalRow("raw", c.size), func() (sample, error) {
			took, err := b.bare.evals(evals, func(i int) string { return fmt.Sprintf(`onText({"n":%d,"m":"%s"})`, i, payload) })
			return rateOf(evals, took, err)
		})
	}
	b.add(tailrace("raw", "down", 128, 8), b.down("raw", small, 128, 8))
	b.add(tailrace("json", "down", 128, 1), b.down("json", small/3, 128, 1))
	b.add(evalRow("json", 128), func() (sample, error) {
		took, err := b.bare.evals(evals, func(i int) string { return "onObject(" + text(i) + ")" })
		return rateOf(evals, took, err)
	})

	b.add(tailrace("event", "down", tickSize, 1), func() (sample, error) {
		took, err := b.run(fmt.Sprintf("events(%d)", events))
		return rateOf(events, took, err)
	})
	pad := strings.Repeat("x", tickSize-tickRest)
	b.add(evalRow("event", tickSize), func() (sample, error) {
		took, err := b.bare.evals(evals, func(i int) string { return fmt.Sprintf(`onText({"n":%d,"m":"%s"})`, i, pad) })
		return rateOf(evals, took, err)
	})

	b.add(tailrace("latency", "down", 8, 1), b.latency)
	b.add(bareRow("latency", "down", 8, 1), b.trip(cannedSmall, pings, 0))

	one := tailrace("command", "up", 128, 1)
	one.Inflight = 1
	b.add(one, func() (sample, error) {
		took, err := b.run(fmt.Sprintf("commands(%d,false)", calls))
		return rateOf(calls, took, err)
	})
	b.add(bareRow("command", "up", 128, 1), b.trip(cannedAnswer, calls, 128))
	many := one
	many.Inflight = callsAtOnce
	b.add(many, func() (sample, error) {
		took, err := b.run(fmt.Sprintf("commands(%d,true)", callsAtOnce))
		return rateOf(callsAtOnce, took, err)
	})

	b.add(tailrace("raw", "up", 128, 1), b.up(small/3, 128))
	b.add(tailrace("raw", "up", 64<<10, 1), b.up(bulk/6/(64<<10), 64<<10))
	b.add(bareRow("raw", "up", 64<<10, b.pulls), func() (sample, error) {
		n := bulk / 6 / (64 << 10)
		_, took, err := b.bare.run(b.bare.w, fmt.Sprintf("up(%d,%d,%d)", 64<<10, n, b.pulls))
		return rateOf(n, took, err)
	})
}

func (b *bench) down(command string, n, size, channels int) func() (sample, error) {
	n -= n % channels
	return func() (sample, error) {
		took, err := b.run(fmt.Sprintf("down(%q,%d,%d,%d)", command, n, size, channels))
		return rateOf(n, took, err)
	}
}

func (b *bench) up(n, size int) func() (sample, error) {
	return func() (sample, error) {
		took, err := b.run(fmt.Sprintf("up(%d,%d)", n, size))
		return rateOf(n, took, err)
	}
}

func (b *bench) latency() (sample, error) {
	if _, err := b.run(fmt.Sprintf("latency(%d)", pings)); err != nil {
		return sample{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return percentiles(b.trips), nil
}

// trip measures bare requests one after the other.
func (b *bench) trip(canned, n, body int) func() (sample, error) {
	return func() (sample, error) {
		if _, _, err := b.bare.run(b.bare.w, fmt.Sprintf("trips(%d,%d,%d)", canned, n, body)); err != nil {
			return sample{}, err
		}
		return b.bare.intervals(), nil
	}
}
