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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/webview"
)

// faultRate is the share of requests of the scheme that come to harm.
const faultRate = 0.01

// run is one soak.
type run struct {
	seed     uint64
	log      *slog.Logger
	out      io.Writer
	pool     *pool
	injector *faults.Injector
	subjects []*subject
	made     time.Time // faults are told by the time since then
	began    time.Time // when all windows were open
	tally    tally
	cancel   context.CancelCauseFunc
	series   series

	killing sync.Mutex // held from a kill until the next web process is known
	wrongs  sync.Once
	recent  recent
}

// tally counts what has been checked.
type tally struct {
	sessions, reloads, kills, finishes atomic.Uint64
	downMessages, downBytes            atomic.Uint64 // as the pages have reported
	upMessages, upBytes                atomic.Uint64
	commands, ticks, tocks, refused    atomic.Uint64

	mu       sync.Mutex
	disorder disorder
}

func (t *tally) disorders() disorder {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.disorder
}

// newRun makes the Apps. Main goroutine only.
func newRun(seed uint64, log *slog.Logger, out io.Writer) (*run, error) {
	r := &run{seed: seed, log: log, out: out, made: time.Now()}
	r.began = r.made
	r.pool = newPool(rand.New(rand.NewPCG(seed, 0)))
	r.injector = faults.New(faults.Options{Seed: seed, Rate: faultRate, OnHit: r.hit})
	for i, c := range []struct {
		label   string
		carrier webview.CarrierKind
	}{{"scheme", webview.CarrierScheme}, {"shm", webview.CarrierShm}} {
		s, err := newSubject(r, uint64(i+1), c.label, c.carrier)
		if err != nil {
			return nil, err
		}
		r.subjects = append(r.subjects, s)
	}
	return r, nil
}

// owned reports whether a web process is known to be a window's.
func (r *run) owned(pid int) bool {
	return slices.ContainsFunc(r.subjects, func(s *subject) bool {
		return s.process.Load() == int64(pid)
	})
}

// stop ends the run with an error.
func (r *run) stop(err error) {
	r.cancel(fmt.Errorf("%w\nthe latest faults:%s", err, r.recent.String()))
}

// wrong ends the run because messages are lost, twice there or in a wrong order.
func (r *run) wrong(d disorder, err error) {
	r.tally.mu.Lock()
	r.tally.disorder = r.tally.disorder.plus(d)
	r.tally.mu.Unlock()
	r.stop(err)
}

// hit notes a fault.
func (r *run) hit(h faults.Hit) {
	r.recent.add(h.Label,
		fmt.Sprintf("%.3f s, %s: %v, %d bytes up, %d down", time.Since(r.made).Seconds(), h.Path,
			h.Kind,
			len(h.Up), len(h.Down)))
}

// recent are the last few lines of a long text.
type recent struct {
	mu    sync.Mutex
	lines map[string][]string // by window
}

const mostRecent = 8

func (r *recent) add(label, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines == nil {
		r.lines = map[string][]string{}
	}
	lines := append(r.lines[label], line)
	if len(lines) > mostRecent {
		lines = slices.Delete(lines, 0, 1)
	}
	r.lines[label] = lines
}

func (r *recent) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for label, lines := range r.lines {
		for _, line := range lines {
			fmt.Fprintf(&b, "\n  window %s, %s", label, line)
		}
	}
	return b.String()
}

// lateness is how long a missing message may take to be late only.
const lateness = time.Second

// late calls f when what is late has come.
func (r *run) late(f func()) {
	r.wrongs.Do(func() { time.AfterFunc(lateness, f) })
}

// within waits until c is closed.
func (r *run) within(ctx context.Context, c <-chan struct{}, otherwise string) error {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return fmt.Errorf("%s within %v", otherwise, patience)
	}
}

// wait waits for d.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// soak runs for that time, writes the table, and returns the first thing that was wrong. Not on the
// main goroutine.
func (r *run) soak(length time.Duration) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	r.cancel = cancel
	faults.Use(r.injector)
	for _, s := range r.subjects { // one after the other, so that each one's web process is known
		if err := s.open(ctx); err != nil {
			return fmt.Errorf("%w\nthe latest faults:%s", err, r.recent.String())
		}
	}
	r.began = time.Now()
	over := make(chan struct{})
	defer time.AfterFunc(length, func() { close(over) }).Stop()
	var all, beside sync.WaitGroup
	aside, leave := context.WithCancel(ctx)
	for _, s := range r.subjects {
		beside.Go(func() { s.tickle(aside) })
		all.Go(func() {
			if err := s.live(ctx, over); err != nil && ctx.Err() == nil {
				r.stop(err)
			}
		})
	}
	beside.Go(func() { r.observe(aside) })
	all.Wait()
	leave()
	beside.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if d := r.tally.disorders(); d.any() {
		return errors.New("the page's messages were in disorder")
	}
	return nil
}

// shutdown closes the windows.
func (r *run) shutdown() error {
	faults.Use(nil)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var errs []error
	for _, s := range r.subjects {
		for _, w := range s.app.Windows() {
			w.Destroy()
			select {
			case <-w.Done():
			case <-ctx.Done():
				errs = append(errs, fmt.Errorf("window %q is not closed: %w", w.Label(), ctx.Err()))
			}
		}
	}
	return errors.Join(errs...)
}
