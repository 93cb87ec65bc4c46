//go:build linux && cgo

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

// bench is a window in which faults are injected one at a time, with steady traffic in both
// directions.
type bench struct {
	label   string
	app     *webview.App
	window  *webview.Window
	pool    *pool
	process int
	trials  chan *trial
	current atomic.Pointer[trial]
}

// trial is one page of a bench, from its stream's beginning to its end.
type trial struct {
	*bench
	session *transport.Session
	finish  chan struct{} // closed: the stream comes to its end
	through chan struct{} // closed: report is there
	begun   counter       // messages that were sent down, or are being sent
	up      sequence

	mu     sync.Mutex
	moved  chan struct{} // closed when what follows has changed
	seen   uint32        // how many messages the page had when it sent its last
	taken  []time.Time   // when each message of the page came
	report report
	err    error
}

// report is what a page has found when its stream is at its end.
type report struct {
	disorder disorder
	arrived  []time.Time // when each message came
}

// every is the time between two messages, in each direction.
const every = 2 * time.Millisecond

func newBench(label string, carrier webview.CarrierKind, p *pool, log *slog.Logger) (*bench,
	error) {
	b := &bench{label: label, pool: p, trials: make(chan *trial, 4)}
	var err error
	b.app, err = webview.New(webview.Options{Assets: pages(), Carrier: carrier, KeepRunning: true,
		Logger: log})
	if err != nil {
		return nil, err
	}
	e := b.app.Engine()
	transport.Handle(e, "trial", b.serve)
	transport.Handle(e, "report", b.reported)
	return b, nil
}

// open opens the window and gives its first trial. others are the web processes of other windows.
func (b *bench) open(ctx context.Context, others func(pid int) bool) (*trial, error) {
	var err error
	if b.window, err = b.app.Open(webview.WindowOptions{Label: b.label, Width: 480, Height: 320,
		URL: "faults.html"}); err != nil {
		return nil, err
	}
	t, err := b.next(ctx)
	if err != nil {
		return nil, err
	}
	b.process, err = newProcess(ctx, others)
	return t, err
}

// next waits for the next page.
func (b *bench) next(ctx context.Context) (*trial, error) {
	select {
	case t := <-b.trials:
		return t, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(patience):
		return nil, fmt.Errorf("window %q: no page has begun within %v", b.label, patience)
	}
}

type trialArgs struct {
	Stream *transport.Stream[[]byte, []byte]
}

// serve is the command that a page calls first.
func (b *bench) serve(ctx context.Context, a trialArgs) (totals, error) {
	t := &trial{
		bench: b, session: transport.SessionFrom(ctx), finish: make(chan struct{}),
		through: make(chan struct{}), moved: make(chan struct{}),
	}
	b.current.Store(t)
	b.trials <- t
	sent := make(chan error, 1)
	go func() { sent <- t.send(ctx, a.Stream) }()
	err := errors.Join(t.receive(ctx, a.Stream), <-sent)
	if err != nil {
		t.change(func() { t.err = err })
	}
	return totals{t.begun.value(), t.up.count()}, err
}

func (t *trial) send(ctx context.Context, s *transport.Stream[[]byte, []byte]) error {
	r := rand.New(rand.NewPCG(1, 2))
	var buf []byte
	for {
		which, last := uint32(0), false
		select {
		case <-t.finish:
			which, last = lastFlag, true
		default:
		}
		size := 100
		if r.IntN(4) == 0 {
			size = r.IntN(5000)
		}
		if err := s.Send(ctx, t.pool.raw(&buf, r, which, t.begun.add(), size)); err != nil || last {
			return err
		}
		if err := wait(ctx, every); err != nil {
			return err
		}
	}
}

// receive takes the page's messages. Their payload begins with the number of messages that the page
// had.
func (t *trial) receive(ctx context.Context, s *transport.Stream[[]byte, []byte]) error {
	for {
		b, err := s.Receive(ctx)
		if err != nil {
			return err
		}
		n, last, err := readRaw(b, 0)
		if err != nil {
			return err
		}
		_ = t.up.take(n) // what is wrong is counted
		now := time.Now()
		t.change(func() {
			t.taken = append(t.taken, now)
			t.seen = binary.LittleEndian.Uint32(b[messageHead:])
		})
		if last {
			return nil
		}
	}
}

func (t *trial) change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.moved)
	t.moved = make(chan struct{})
}

// until waits for what traffic brings.
func (t *trial) until(ctx context.Context, what string, ok func() bool) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		t.mu.Lock()
		done, err, moved := ok(), t.err, t.moved
		t.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return fmt.Errorf("window %q: %s: not within %v; %+v", t.label, what, patience,
				t.session.Stats())
		}
	}
}

// pageHas waits until the page has more than n messages.
func (t *trial) pageHas(ctx context.Context, n uint32) error {
	return t.until(ctx, fmt.Sprintf("the page to have message %d", n), func() bool {
		return t.seen > n
	})
}

// goHas waits until Go has message n of the page, and tells when it came.
func (t *trial) goHas(ctx context.Context, n uint32) (at time.Time, err error) {
	err = t.until(ctx, fmt.Sprintf("Go to have message %d", n), func() bool {
		return uint32(len(t.taken)) > n
	})
	if err == nil {
		t.mu.Lock()
		at = t.taken[n]
		t.mu.Unlock()
	}
	return at, err
}

// end brings the stream to its end, and gives what the page has found.
func (t *trial) end(ctx context.Context) (report, error) {
	close(t.finish)
	select {
	case <-t.through:
	case <-ctx.Done():
		return report{}, context.Cause(ctx)
	case <-time.After(patience):
		return report{}, fmt.Errorf("window %q: the stream has not come to its end within %v; %+v",
			t.label, patience, t.session.Stats())
	}
	d := t.report.disorder.plus(t.up.disorder())
	d.Lost += int(t.begun.value()) - len(t.report.arrived)
	return report{d, t.report.arrived}, nil
}

// reported takes the page's report: lost, duplicated, reordered, messages sent, then the times at
// which messages came, all as doubles.
func (b *bench) reported(ctx context.Context, data []byte) (struct{}, error) {
	t := b.current.Load()
	if t == nil || t.session != transport.SessionFrom(ctx) || len(data)%8 != 0 || len(data) < 32 {
		return struct{}{}, errors.New("not now")
	}
	words := make([]float64, len(data)/8)
	for i := range words {
		words[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	t.report.disorder = disorder{int(words[0]), int(words[1]), int(words[2])}
	t.report.disorder.Lost += int(words[3]) - int(t.up.count())
	for _, ms := range words[4:] {
		t.report.arrived = append(t.report.arrived, time.UnixMicro(int64(ms*1000)))
	}
	close(t.through)
	return struct{}{}, nil
}
