//go:build linux && cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/webview"
)

// faultsTable injects each kind of fault alone, again and again.
type faultsTable struct {
	out      io.Writer
	times    int
	random   *rand.Rand
	injector *faults.Injector
	hits     chan hit
	scheme   *bench
	shm      *bench
}

// hit is a fault and the first message of its request, and of its answer.
type hit struct {
	at       time.Time
	up, down uint32
}

// recovered is a kind's result.
type recovered struct {
	times    []time.Duration
	disorder disorder
}

func faultsJob(seed uint64, times int, log *slog.Logger, out io.Writer) (*webview.App, func() error,
	error) {
	t := &faultsTable{out: out, times: times, random: rand.New(rand.NewPCG(seed, 5)),
		hits: make(chan hit, 1)}
	t.injector = faults.New(faults.Options{Seed: seed, OnHit: t.hit})
	p := newPool(t.random)
	var err error
	if t.scheme, err = newBench("scheme", webview.CarrierScheme, p, log); err != nil {
		return nil, nil, err
	}
	if t.shm, err = newBench("shm", webview.CarrierShm, p, log); err != nil {
		return nil, nil, err
	}
	return t.scheme.app, t.measure, nil
}

// firstMessage gives the first message of a batch, if it has one that stands in it whole.
func firstMessage(batch []byte, d wire.Direction) (n uint32, ok bool) {
	b, err := wire.Decode(batch, d)
	if err != nil {
		return 0, false
	}
	found := errors.New("found")
	for _, run := range b.Runs {
		err := run.Each(func(f wire.Frame, _ int) error {
			if run.Lane == 0 || f.Kind != wire.Bytes {
				return nil
			}
			n, _, err = readRaw(f.Payload, 0)
			if err == nil {
				err = found
			}
			return err
		})
		if err == found {
			return n, true
		}
	}
	return 0, false
}

// hit is told of each fault.
func (t *faultsTable) hit(h faults.Hit) {
	if h.Kind == faults.CarrierLost {
		return
	}
	now := hit{at: h.At}
	now.up, _ = firstMessage(h.Up, wire.Up)
	now.down, _ = firstMessage(h.Down, wire.Down)
	t.hits <- now // one for each Arm
}

// measure writes the table.
func (t *faultsTable) measure() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	faults.Use(t.injector)
	defer faults.Use(nil)
	none := func(int) bool { return false }
	first, err := t.scheme.open(ctx, none)
	if err != nil {
		return err
	}
	second, err := t.shm.open(ctx, func(pid int) bool { return pid == t.scheme.process })
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "| fault | carrier | times | lost | duplicated | reordered | recovered "+
		"after: p50 | p99 | most |\n|---|---|---|---|---|---|---|---|---|\n")
	var wrong []error
	row := func(what, carrier string, r recovered, err error) bool {
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s, %s: %w", what, carrier, err))
			return false
		}
		slices.Sort(r.times)
		at := func(share float64) string {
			return fmt.Sprintf("%.0f ms",
				float64(r.times[min(len(r.times)-1, int(share*float64(len(r.times))))])/float64(
					time.Millisecond))
		}
		d := r.disorder
		fmt.Fprintf(t.out, "| %s | %s | %d | %d | %d | %d | %s | %s | %s |\n", what, carrier,
			len(r.times), d.Lost, d.Duplicated, d.Reordered, at(.5), at(.99), at(1))
		if d.any() {
			wrong = append(wrong, fmt.Errorf("%s, %s: %+v", what, carrier, d))
		}
		return true
	}
	for _, k := range faults.Requests {
		var r recovered
		if first, r, err = t.requests(ctx, k, first); !row(k.String(), "scheme", r, err) {
			return errors.Join(wrong...)
		}
	}
	var r recovered
	if second, r, err = t.carrierLost(ctx, second); !row(faults.CarrierLost.String(), "shm", r,
		err) {
		return errors.Join(wrong...)
	}
	r, err = t.kills(ctx, first, func(pid int) bool { return pid == t.shm.process })
	row("web process killed", "scheme", r, err)
	r, err = t.kills(ctx, second, func(pid int) bool { return pid == t.scheme.process })
	row("web process killed", "shm", r, err)
	fmt.Fprint(t.out, "\nRecovered after: from the fault until the first message that it hit was "+
		"handed to the callback, in the page or in Go. For a POST that was taken, whose message "+
		"was there already: until Go got the next one. For a killed process: from the kill "+
		"until the first message to the next page.\n")
	return errors.Join(wrong...)
}

// rest lets traffic flow for a moment between two faults.
func (t *faultsTable) rest(ctx context.Context) error {
	return wait(ctx, 20*time.Millisecond+time.Duration(t.random.IntN(60))*time.Millisecond)
}

// requests injects one kind of fault into requests. It ends the trial and gives the next one.
func (t *faultsTable) requests(
	ctx context.Context, k faults.Kind, now *trial,
) (next *trial, r recovered, err error) {
	upward := k == faults.LostRequest || k == faults.LostAnswer
	var downs []hit
	for range t.times {
		if err := t.rest(ctx); err != nil {
			return nil, r, err
		}
		t.injector.Arm(k, now.label, func(up, down []byte) bool {
			if upward {
				_, ok := firstMessage(up, wire.Up)
				return ok
			}
			_, ok := firstMessage(down, wire.Down)
			return ok
		})
		var h hit
		select {
		case h = <-t.hits:
		case <-time.After(patience):
			return nil, r, fmt.Errorf("nothing could be hit within %v; %+v", patience,
				now.session.Stats())
		}
		switch {
		case !upward:
			downs = append(downs, h)
			err = now.pageHas(ctx, h.down)
		default:
			n := h.up
			if k == faults.LostAnswer {
				now.mu.Lock()
				n = max(n, uint32(len(now.taken)))
				now.mu.Unlock()
			}
			var at time.Time
			at, err = now.goHas(ctx, n)
			r.times = append(r.times, max(0, at.Sub(h.at)))
		}
		if err != nil {
			return nil, r, err
		}
	}
	got, err := now.end(ctx)
	if err != nil {
		return nil, r, err
	}
	for _, h := range downs {
		r.times = append(r.times, max(0, got.arrived[h.down].Sub(h.at)))
	}
	r.disorder = got.disorder
	now.window.Reload()
	next, err = now.next(ctx)
	return next, r, err
}

// carrierLost takes shared memory away from one session after another.
func (t *faultsTable) carrierLost(ctx context.Context, now *trial) (next *trial, r recovered,
	err error) {
	for range t.times {
		if err := now.pageHas(ctx, 30); err != nil {
			return nil, r, err
		}
		if err := t.rest(ctx); err != nil {
			return nil, r, err
		}
		if c := now.session.Stats().Carrier; c != "shm" {
			return nil, r, fmt.Errorf("the carrier is %s before shared memory was lost", c)
		}
		at, n := time.Now(), now.begun.value()
		if !t.injector.Down(now.label) {
			return nil, r, errors.New("there is no shared memory")
		}
		if err := now.pageHas(ctx, n+20); err != nil {
			return nil, r, err
		}
		if c := now.session.Stats().Carrier; c != "scheme" {
			return nil, r, fmt.Errorf("the carrier is %s after shared memory was lost", c)
		}
		got, err := now.end(ctx)
		if err != nil {
			return nil, r, err
		}
		r.times = append(r.times, max(0, got.arrived[n].Sub(at)))
		r.disorder = r.disorder.plus(got.disorder)
		now.window.Reload()
		if now, err = now.next(ctx); err != nil {
			return nil, r, err
		}
	}
	return now, r, nil
}

// kills kills the window's web process again and again. What was delivered before must be without a
// gap.
func (t *faultsTable) kills(
	ctx context.Context, now *trial, others func(pid int) bool,
) (r recovered, err error) {
	b := now.bench
	for range t.times {
		if err := now.pageHas(ctx, 30); err != nil {
			return r, err
		}
		if err := t.rest(ctx); err != nil {
			return r, err
		}
		if b.process <= 0 {
			return r, errors.New("there is no web process")
		}
		at, old := time.Now(), b.process
		if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
			return r, fmt.Errorf("failed to kill the web process: %w", err)
		}
		select {
		case <-now.session.Done():
		case <-time.After(patience):
			return r, fmt.Errorf("the session has not ended within %v after its web process",
				patience)
		}
		r.disorder = r.disorder.plus(now.up.disorder())
		b.window.Reload()
		if now, err = b.next(ctx); err != nil {
			return r, err
		}
		if b.process, err = newProcess(ctx, func(pid int) bool {
			return pid == old || others(pid)
		}); err != nil {
			return r, err
		}
		killed := at
		if err := now.pageHas(ctx, 0); err != nil {
			return r, err
		}
		r.times = append(r.times, time.Since(killed))
	}
	got, err := now.end(ctx)
	r.disorder = r.disorder.plus(got.disorder)
	return r, err
}
