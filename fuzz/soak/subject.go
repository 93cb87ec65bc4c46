//go:build linux && cgo

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

// subject is a window that is loaded, reloaded and killed again and again.
type subject struct {
	run    *run
	label  string
	app    *webview.App
	window *webview.Window
	memory bool // it has shared memory

	lives   chan *life
	current atomic.Pointer[life]
	process atomic.Int64 // the web process; 0 while there is none
	born    atomic.Int64 // how many web processes it has had

	mu     sync.Mutex
	random *rand.Rand
	index  int
	next   uint32 // of the ticks
	floor  uint32 // the first tick that was sent after the last session's end
}

// newSubject makes the App of one window.
func newSubject(r *run, number uint64, label string, carrier webview.CarrierKind) (*subject,
	error) {
	s := &subject{
		run: r, label: label, memory: carrier == webview.CarrierShm,
		lives: make(chan *life, 4), random: rand.New(rand.NewPCG(r.seed, number)),
	}
	var err error
	s.app, err = webview.New(webview.Options{Assets: pages(), Carrier: carrier, KeepRunning: true,
		Logger: r.log})
	if err != nil {
		return nil, err
	}
	e := s.app.Engine()
	transport.Handle(e, "plan", s.begin)
	transport.Handle(e, "bytes", inLife(s, (*life).bytes))
	transport.Handle(e, "texts", inLife(s, (*life).texts))
	transport.Handle(e, "burst", inLife(s, (*life).burst))
	transport.Handle(e, "progress", inLife(s, (*life).progress))
	transport.Handle(e, "done", inLife(s, (*life).done))
	transport.Handle(e, "wrong", inLife(s, (*life).wrong))
	transport.Handle(e, "echo", func(_ context.Context, v json.RawMessage) (json.RawMessage,
		error) {
		return v, nil
	})
	transport.Handle(e, "echoBytes", func(_ context.Context, b []byte) ([]byte, error) {
		return b, nil
	})
	_, err = s.app.Listen("tock", s.tock)
	return s, err
}

// open opens the window, and waits for its first page.
func (s *subject) open(ctx context.Context) error {
	var err error
	s.window, err = s.app.Open(webview.WindowOptions{Label: s.label, Width: 640, Height: 480,
		URL: "soak.html"})
	if err != nil {
		return err
	}
	l, err := s.await(ctx)
	if err != nil {
		return err
	}
	s.lives <- l
	return s.adopt(ctx)
}

// await waits for the next page's first call.
func (s *subject) await(ctx context.Context) (*life, error) {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case l := <-s.lives:
		return l, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-t.C:
		return nil, fmt.Errorf("window %q: no page has begun within %v after session %d: %s",
			s.label, patience, s.lastIndex(), s.state(ctx))
	}
}

// lastIndex is the newest session's.
func (s *subject) lastIndex() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index
}

// state tells of a page that does not begin.
func (s *subject) state(ctx context.Context) string {
	session := s.window.Session()
	if session == nil {
		return "it has no session"
	}
	fmt.Fprintf(s.run.out, "window %q: no page has begun: asking it\n", s.label)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	page, err := s.window.EvalResult(ctx,
		`({ state: document.readyState, tailrace: tailrace.session.state, url: location.href,
			loaded: performance.getEntriesByType('resource').map((e) =>
				[e.name, Math.round(e.startTime), Math.round(e.duration), e.transferSize]),
			now: performance.now() })`)
	return fmt.Sprintf("page %s (%v), session %+v", page, err, session.Stats())
}

// adopt finds the window's new web process: the one that belongs to no other window. The caller
// holds run.killing, or is alone.
func (s *subject) adopt(ctx context.Context) error {
	old := s.process.Swap(0)
	pid, err := newProcess(ctx, func(pid int) bool { return int64(pid) == old || s.run.owned(pid) })
	if err != nil {
		return fmt.Errorf("window %q: %w", s.label, err)
	}
	s.process.Store(int64(pid))
	s.born.Add(1)
	return nil
}

// How a session ends, of 1000.
const (
	killed   = 100
	finished = 400
)

// How long a session lives.
const (
	shortestLife = 2 * time.Second
	longestLife  = 8 * time.Second
)

// live goes from page to page until the run's time is over; then the last page finishes.
func (s *subject) live(ctx context.Context, over <-chan struct{}) error {
	s.mu.Lock()
	r := rand.New(rand.NewPCG(s.random.Uint64(), 1))
	s.mu.Unlock()
	for {
		l, err := s.await(ctx)
		if err != nil {
			return err
		}
		length := shortestLife + time.Duration(r.Int64N(int64(longestLife-shortestLife)))
		fall := time.Duration(-1)
		if s.memory && r.IntN(3) == 0 {
			fall = time.Duration(r.Int64N(int64(length)))
		}
		end := r.IntN(1000)
		last, err := s.pass(ctx, over, length, fall)
		switch {
		case err != nil:
		case last:
			return s.toEnd(ctx, l)
		case end < killed:
			err = s.kill(ctx, l)
		case end < finished:
			if err = s.toEnd(ctx, l); err == nil {
				s.reload(l)
			}
		default:
			s.reload(l)
		}
		if err != nil {
			return err
		}
	}
}

// pass lets time pass. After fall, if that is not below 0, shared memory is lost. last: the run's
// time is over.
func (s *subject) pass(
	ctx context.Context, over <-chan struct{}, length, fall time.Duration,
) (last bool, err error) {
	var falls <-chan time.Time
	if fall >= 0 {
		falls = time.After(fall)
	}
	ends := time.After(length)
	for {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-over:
			return true, nil
		case <-falls:
			falls = nil
			s.run.injector.Down(s.label)
		case <-ends:
			return false, nil
		}
	}
}

func (s *subject) reload(l *life) {
	l.ending.Store(true)
	s.run.tally.reloads.Add(1)
	s.window.Reload()
}

// kill kills the web process and loads the page again.
func (s *subject) kill(ctx context.Context, l *life) error {
	s.run.killing.Lock()
	defer s.run.killing.Unlock()
	pid := int(s.process.Load())
	if pid <= 0 {
		return fmt.Errorf("window %q has no web process", s.label)
	}
	l.ending.Store(true)
	s.run.tally.kills.Add(1)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("failed to kill the web process of window %q: %w", s.label, err)
	}
	if err := s.run.within(ctx, l.session.Done(), l.place("the session has not ended with its "+
		"web process")); err != nil {
		return err
	}
	s.window.Reload()
	next, err := s.await(ctx)
	if err != nil {
		return err
	}
	s.lives <- next
	return s.adopt(ctx)
}

// toEnd has all streams come to their end, and sees that everything has arrived.
func (s *subject) toEnd(ctx context.Context, l *life) error {
	close(l.finish)
	for {
		err := s.emit("finish")
		if err == nil {
			break
		}
		if !errors.Is(err, transport.ErrFull) {
			return errors.New(l.place("event finish: " + err.Error()))
		}
		if err := wait(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	s.run.tally.finishes.Add(1)
	return s.run.within(ctx, l.finished, l.place("the streams have not come to their end"))
}

// tick is an event for the page: n counts the ticks; that of "finish" is the next tick's.
type tick struct {
	N uint32 `json:"n"`
}

// emit emits one tick, or "finish".
func (s *subject) emit(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.window.Emit(name, tick{s.next})
	if err == nil && name == "tick" {
		s.next++
	}
	return err
}

// over notes that a session has ended: all ticks from now on are for the next page.
func (s *subject) over() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floor = s.next
}

// tickle emits ticks until ctx ends. What is refused is not counted.
func (s *subject) tickle(ctx context.Context) {
	r := rand.New(rand.NewPCG(s.run.seed, 7))
	for wait(ctx, time.Duration(r.IntN(20))*time.Millisecond) == nil {
		for range 1 + r.IntN(4) {
			if err := s.emit("tick"); err != nil {
				s.run.tally.refused.Add(1)
			}
		}
	}
}

// tock takes an event of the page.
func (s *subject) tock(e bus.Event) {
	var t struct{ Index, N int }
	if err := e.Decode(&t); err != nil {
		s.run.stop(fmt.Errorf("window %q: event tock: %w", s.label, err))
		return
	}
	l := s.current.Load()
	if l == nil || l.index != t.Index {
		return // of a page that is gone
	}
	if err := l.tocks.take(uint32(t.N)); err != nil {
		l.disordered("events of the page", &l.tocks, err)
		return
	}
	s.run.tally.tocks.Add(1)
}
