package fuzz

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// load is one load of the page: its session, and the model of it.
type load struct {
	engine *transport.Engine
	page   *transporttest.Page
	net    network
	memory int64 // of the new session
	native bool
	feed   *feed

	// The model. Guarded by mu: the page's goroutines tell what arrives.
	mu       sync.Mutex
	clock    int64
	broken   error
	over     string // why the session ended, "" while it lives
	channels []*channel
	resumed  *resumed // nil: the page has not attached to the feed
	calls    []*call
	ordered  int   // ordered calls that the page has made
	handled  []int // by Go
	control  order // events and scripts on lane 0
	scripts  []nativeScript
	waiting  map[uint32]bool // scripts that the page waits for

	caller, events *actor
	emits          sync.Mutex // held by a handler that emits
	evals          []*actor
}

// now is the next moment; the caller holds mu.
func (l *load) now() int64 {
	l.clock++
	return l.clock
}

// breaks keeps the first violation; the caller holds mu.
func (l *load) breaks(err error) {
	if l.broken == nil && err != nil {
		l.broken = err
	}
}

// offer begins a send; the caller holds mu.
func (l *load) offer(o *order, s, size int) (int, *offer) {
	m := &offer{size: size, start: l.now()}
	o.series[s].offers = append(o.series[s].offers, m)
	return len(o.series[s].offers) - 1, m
}

// decide ends it; the caller holds mu.
func (l *load) decide(m *offer, err error) {
	m.end, m.verdict = l.now(), accepted
	if err != nil {
		m.verdict = refused
		if !expected(err) && !errors.Is(err, transporttest.ErrEnded) &&
			!errors.Is(err, transporttest.ErrChannelClosed) {
			var e *transport.Error
			if !errors.As(err, &e) && !strings.Contains(err.Error(), "one-way") {
				l.breaks(fmt.Errorf("a send gave %w", err))
			}
		}
	}
	if m.verdict == refused && m.arrived {
		l.breaks(fmt.Errorf("a message of %d bytes was refused, with %w, and has come", m.size,
			err))
	}
}

// newLoad opens a page.
func newLoad(e *transport.Engine, f *feed, settings [4]byte) (*load, error) {
	l := &load{engine: e, feed: f, native: settings[1]&nativeEvals != 0,
		waiting: make(map[uint32]bool)}
	l.control = order{name: "lane 0"}
	for i := range byte(4) { // Event, EventContext, evals, events of handlers
		l.control.series = append(l.control.series, &series{id: i << 4, parallel: i == 2})
	}
	l.caller, l.events = newActor(), newActor()
	c := transporttest.Config{
		Owner: l, Network: l.net.carry, Control: l.controlled, Arrived: l.arrived,
		ForbidEval: l.native,
		Eval:       func(js string) (any, error) { return scriptNumber(js) },
	}
	if l.native {
		c.NativeEval = func(id uint32, js string, result bool) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.scripts = append(l.scripts, nativeScript{id, js, result})
		}
	}
	page, err := transporttest.Open(e, c)
	if err != nil {
		return nil, err
	}
	l.page, l.memory = page, page.Session.Stats().Memory
	return l, nil
}

// carry moves everything that is on its way one step on.
func (l *load) carry() bool {
	return l.net.round(func(b []byte) { l.page.Handle(b) })
}

// checkEnd notes a session's end that nobody asked for.
func (l *load) checkEnd() {
	err := l.page.Session.Err()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil || l.over != "" {
		if pageErr := l.page.Err(); err == nil && pageErr != nil {
			l.breaks(fmt.Errorf("the page has ended alone: %w", pageErr))
		}
		return
	}
	l.over = err.Error()
	if !strings.Contains(l.over, "did not reach the page in") {
		l.breaks(fmt.Errorf("the session has ended: %w", err))
	}
}

// mostRounds bounds how long a network without faults may take.
const mostRounds = 20_000

// heal lets everything arrive until nothing moves any more.
func (l *load) heal() {
	l.net.mu.Lock()
	l.net.fates = nil
	for _, f := range l.net.flights {
		f.fate = -1
	}
	l.net.mu.Unlock()
	quiet := 0
	for range mostRounds {
		synctest.Wait()
		moved := l.carry()
		synctest.Wait()
		l.mu.Lock()
		channels := l.channels
		l.mu.Unlock()
		for _, c := range channels {
			moved = c.read(1<<30) || moved
			moved = c.receive(1<<30) || moved
		}
		moved = l.readFeed(1<<30) || moved
		moved = l.ran() || moved
		switch {
		case moved:
			quiet = 0
		case quiet == 0:
			quiet++
			// the page's pause before it sends again, and held posts
			time.Sleep(25 * time.Millisecond)
		case quiet < 5 && l.page.Session.Stats().Unreceipted > 0:
			quiet++
			time.Sleep(1100 * time.Millisecond)
		default:
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks(errors.New("the session does not come to rest"))
}

// repair heals, lets all commands return, and checks that everything has arrived.
func (l *load) repair() {
	l.heal()
	l.mu.Lock()
	channels := l.channels
	l.mu.Unlock()
	for _, c := range channels {
		c.returnCommand(false)
		synctest.Wait()
		if c.options&4 != 0 {
			c.closeGo(false)
		}
	}
	if l.feed.offered > 0 {
		l.resume("last")
	}
	l.heal()
	l.feed.channel.Close()
	l.heal()
	l.checkEnd()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks(l.control.settled())
	for _, c := range l.channels {
		l.breaks(c.order.settled())
		l.breaks(c.upward.settled())
	}
	if l.over != "" {
		if l.page.Err() == nil {
			l.breaks(errors.New("the session has ended, and the page does not know"))
		}
		return
	}
	l.breaks(l.control.missing(l.clock))
	for _, c := range l.channels {
		if !c.left {
			l.breaks(c.order.missing(l.clock))
			if c.down != nil && !c.closed {
				l.breaks(fmt.Errorf("%s: the page has not seen the end", c.order.name))
			}
		}
	}
	l.breaks(l.checkFeed())
	for _, c := range l.calls {
		l.breaks(c.check())
	}
	st := l.page.Session.Stats()
	if l.broken == nil && (st.Unreceipted > 0 || st.Lanes > 0 || st.Running > 0 ||
		st.Memory != l.memory) {
		l.breaks(fmt.Errorf("all is over, and the session holds %+v, at first %d bytes", st,
			l.memory))
	}
}

// end ends the load as a reload does, or the window's end. Who waits for the session must be told.
func (l *load) end(reason string) {
	l.mu.Lock()
	if l.over == "" {
		l.over = reason
	}
	l.mu.Unlock()
	l.page.Session.End(reason)
	synctest.Wait()
	l.net.end()
	l.page.Close()
	left := transporttest.Leftovers(l.page.Session)
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks(left)
	l.breaks(l.control.settled())
	l.caller.end()
	l.events.end()
	for _, a := range l.evals {
		a.end()
	}
	for _, c := range l.channels {
		l.breaks(c.order.settled())
		l.breaks(c.upward.settled())
		if c.down != nil {
			if err := c.down.TrySend(nil); !errors.Is(err, transport.ErrClosed) {
				l.breaks(fmt.Errorf("after the session's end a send gives %w", err))
			}
		}
		for _, a := range append(c.actors[:], c.sender) {
			a.end()
		}
		c.cancel(nil)
	}
}
