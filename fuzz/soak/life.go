//go:build linux && cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// patience bounds every wait for a page.
const patience = time.Minute

// counter counts up from any goroutine.
type counter struct{ n atomic.Uint32 }

// add gives the value before.
func (c *counter) add() uint32   { return c.n.Add(1) - 1 }
func (c *counter) value() uint32 { return c.n.Load() }

// life is one session of a window, from the page's first call to whatever ends it.
type life struct {
	*subject
	index   int
	seed    uint64
	session *transport.Session
	began   time.Time

	ending   atomic.Bool   // the run ends it: calls may fail from now on
	finish   chan struct{} // closed: all streams come to their end
	finished chan struct{} // closed: the page says that all is through, and Go has found it so
	news     atomic.Int64  // when the page was heard of last, in Unix nanoseconds

	flows [len(streams)]flow
	tocks sequence // the page's events

	mu    sync.Mutex
	known progress // the page's last report
}

// random is the generator of one stream.
func (l *life) random(which uint32) *rand.Rand {
	return rand.New(rand.NewPCG(l.seed, uint64(which)))
}

// place says where in the run something happened.
func (l *life) place(what string) string {
	return fmt.Sprintf("window %q (%s), session %d, after %v: %s", l.label,
		l.session.Stats().Carrier, l.index, time.Since(l.began).Round(time.Millisecond), what)
}

// broke ends the run if a call failed that should not.
func (l *life) broke(what string, err error) {
	var message messageError
	if !l.ending.Load() || errors.As(err, &message) {
		// The end of the session may be what failed the call: then that is the better reason.
		select {
		case <-l.session.Done():
			err = fmt.Errorf("%w (the session's end: %w)", err, l.session.Err())
		default:
		}
		l.run.stop(fmt.Errorf("%s: %w", l.place(what), err))
	}
}

// disordered ends the run because of a wrong number, but a second later: what is missing may be
// late.
func (l *life) disordered(what string, s *sequence, err error) {
	place := l.place(what)
	l.run.late(func() { l.run.wrong(s.disorder(), fmt.Errorf("%s: %w", place, err)) })
}

// plan is what a page shall do.
type plan struct {
	Index   int      `json:"index"`
	Seed    uint32   `json:"seed"`
	Streams []stream `json:"streams"`
	Floor   uint32   `json:"floor"` // the first tick must not be above
}

// begin is the page's first call.
func (s *subject) begin(ctx context.Context, _ struct{}) (plan, error) {
	l := &life{
		subject: s, session: transport.SessionFrom(ctx), began: time.Now(),
		finish: make(chan struct{}), finished: make(chan struct{}),
	}
	s.mu.Lock()
	s.index++
	l.index, l.seed = s.index, s.random.Uint64()
	p := plan{Index: l.index, Seed: uint32(l.seed), Streams: streams[:], Floor: s.floor}
	s.mu.Unlock()
	l.news.Store(time.Now().UnixNano())
	s.current.Store(l)
	s.run.tally.sessions.Add(1)
	go l.watch()
	select {
	case s.lives <- l:
		return p, nil
	case <-ctx.Done():
		return p, context.Cause(ctx)
	}
}

// of gives the life that a command belongs to.
func (s *subject) of(ctx context.Context) (*life, error) {
	if l := s.current.Load(); l != nil && l.session == transport.SessionFrom(ctx) {
		return l, nil
	}
	return nil, errors.New("the page has not begun")
}

// inLife has a method of a life be a command.
func inLife[Args, Result any](s *subject, method func(*life, context.Context, Args) (Result,
	error)) func(context.Context, Args) (Result, error) {
	return func(ctx context.Context, a Args) (Result, error) {
		l, err := s.of(ctx)
		if err != nil {
			var none Result
			return none, err
		}
		return method(l, ctx, a)
	}
}

// watch sees that the session neither ends by itself nor falls silent.
func (l *life) watch() {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-l.session.Done():
			if !l.ending.Load() {
				l.run.stop(fmt.Errorf("%s: %w", l.place("nobody has ended the session, and it "+
					"has ended"), l.session.Err()))
			}
			l.subject.over()
			return
		case <-look.C:
			if quiet := time.Since(time.Unix(0, l.news.Load())); quiet > patience &&
				!l.ending.Load() {
				l.run.stop(fmt.Errorf("%s: %+v",
					l.place(fmt.Sprintf("nothing was heard of the page for %v", quiet)),
					l.session.Stats()))
				return
			}
		}
	}
}

// progress is what a page has checked so far.
type progress struct {
	Received [len(streams)]uint32 `json:"received"`
	Bytes    uint64               `json:"bytes"`
	Commands uint64               `json:"commands"`
	Ticks    uint64               `json:"ticks"`
	Tocks    uint32               `json:"tocks"`
}

func (p progress) messages() (n uint64) {
	for _, r := range p.Received {
		n += uint64(r)
	}
	return n
}

// progress is the page's regular report.
func (l *life) progress(_ context.Context, p progress) (struct{}, error) {
	l.news.Store(time.Now().UnixNano())
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.messages() < l.known.messages() {
		return struct{}{}, nil // an older one
	}
	for i, n := range p.Received {
		if begun := l.flows[i].sent.begun.value(); n > begun {
			l.run.stop(errors.New(l.place(fmt.Sprintf("the page has %d messages of the stream of "+
				"%s, and %d were sent", n, streams[i].Name, begun))))
		}
	}
	t := &l.run.tally
	t.downMessages.Add(p.messages() - l.known.messages())
	t.downBytes.Add(p.Bytes - l.known.Bytes)
	t.commands.Add(p.Commands - l.known.Commands)
	t.ticks.Add(p.Ticks - l.known.Ticks)
	l.known = p
	return struct{}{}, nil
}

// done is the page's word that all has come to its end, and in what numbers.
func (l *life) done(ctx context.Context, p progress) (struct{}, error) {
	if _, err := l.progress(ctx, p); err != nil {
		return struct{}{}, err
	}
	for i := range l.flows {
		if sent := l.flows[i].sent.accepted.value(); sent != p.Received[i] {
			l.run.stop(errors.New(l.place(fmt.Sprintf("of %d messages of the stream of %s the "+
				"page has %d", sent, streams[i].Name, p.Received[i]))))
		}
	}
	// Go's listeners have queues of their own.
	for deadline := time.Now().Add(patience); l.tocks.count() != p.Tocks; {
		if time.Now().After(deadline) {
			l.run.stop(errors.New(l.place(fmt.Sprintf("of %d events of the page %d have come",
				p.Tocks, l.tocks.count()))))
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(l.finished)
	return struct{}{}, nil
}

// failure is what a page has found wrong.
type failure struct {
	Place    string   `json:"place"`
	Text     string   `json:"text"`
	Call     bool     `json:"call"` // a call failed, which it may at the end of a session
	Disorder disorder `json:"disorder"`
}

func (l *life) wrong(_ context.Context, f failure) (struct{}, error) {
	if f.Call && l.ending.Load() {
		return struct{}{}, nil
	}
	l.run.wrong(f.Disorder, errors.New(l.place(f.Place+", in the page: "+f.Text)))
	return struct{}{}, nil
}

// burst sends numbered messages, which must be in the page before its result.
func (l *life) burst(ctx context.Context, a struct {
	Channel *transport.Channel[[]uint32]
	N       uint32
}) (uint32, error) {
	for n := range a.N {
		if err := a.Channel.Send(ctx, []uint32{n}); err != nil {
			l.broke("command burst", err)
			return n, err
		}
	}
	return a.N, nil
}
