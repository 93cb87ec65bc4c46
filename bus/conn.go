package bus

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/transport"
)

// phase is how far a page is: from one to the next, but for live, which goes back to catchingUp when a listener that comes
// late is to get sticky events.
type phase int32

const (
	connected  phase = iota // it is not ready: what is for the window is kept
	catchingUp              // it is given what is kept, and what comes goes behind that
	behind                  // the same, but lane 0 is full: as for a live page, there is no room for more events
	live                    // nothing is kept: events go straight into lane 0
)

// conn is the connection with one page of a window: its session and what it has registered there.
type conn struct {
	session *transport.Session
	ctx     context.Context // ends when the page is not the window's any more
	cancel  context.CancelFunc
	asked   bool // ready waits for the drainer; guarded by the page's mu
	// the page says by itself when it is ready; guarded by the page's mu
	later bool
	phase atomic.Int32                    // changes under the page's mu
	subs  *xsync.MapOf[string, *audience] // by event name; the audiences are immutable
	// a result went before its events; guarded by the page's mu
	late    bool
	numbers map[uint32]string // the name of each subscription; guarded by the page's mu
	logged  map[string]bool   // codes of refusals that were logged; guarded by the page's mu
}

// audience is the subscriptions of one page to one name, in the order of registration.
type audience struct {
	subs    []uint32
	targets []Target
}

func newConn(s *transport.Session) *conn {
	ctx, cancel := context.WithCancel(context.Background())
	return &conn{
		session: s,
		ctx:     ctx,
		cancel:  cancel,
		subs:    xsync.NewMapOf[string, *audience](),
		numbers: make(map[uint32]string),
		logged:  make(map[string]bool),
	}
}

// over reports whether the session has ended.
func (c *conn) over() bool {
	select {
	case <-c.session.Done():
		return true
	default:
		return false
	}
}

// match gives the subscriptions that hear m. They are m's to use again, or the audience's: read-only, and
// valid until m's next match.
func (c *conn) match(m *message) []uint32 {
	a, ok := c.subs.Load(m.name)
	if !ok {
		return nil
	}
	if m.accept == nil && m.target.Kind == KindAny {
		return a.subs
	}
	m.subs = m.subs[:0]
	for i, t := range a.targets {
		if m.reaches(t) {
			m.subs = append(m.subs, a.subs[i])
		}
	}
	return m.subs
}

// check refuses a subscription that can't be added. The caller holds the page's mu.
func (c *conn) check(sub uint32, limit int) error {
	if sub == 0 {
		return refusal(transport.CodeBadArguments, "subscription 0 is none")
	}
	if _, taken := c.numbers[sub]; taken {
		return refusal(transport.CodeBadArguments, "subscription %d is taken", sub)
	}
	if len(c.numbers) >= limit {
		return refusal(CodeListeners, "%d subscriptions are registered already: end some, or raise bus.Options.MaxListeners", limit)
	}
	return nil
}

// add registers a subscription that check lets pass. The caller holds the page's mu.
func (c *conn) add(name string, t Target, sub uint32) {
	c.numbers[sub] = name
	c.subs.Compute(name, func(old *audience, _ bool) (*audience, bool) {
		if old == nil {
			old = new(audience)
		}
		n := len(old.subs)
		return &audience{append(old.subs[:n:n], sub), append(old.targets[:n:n], t)}, false
	})
}

// remove ends a subscription. The caller holds the page's mu.
func (c *conn) remove(name string, sub uint32) error {
	if of, ok := c.numbers[sub]; !ok || of != name {
		return refusal(CodeUnknownListener, "this page has no subscription %d to that event", sub)
	}
	delete(c.numbers, sub)
	c.subs.Compute(name, func(old *audience, _ bool) (*audience, bool) {
		rest := new(audience)
		for i, s := range old.subs {
			if s != sub {
				rest.subs = append(rest.subs, s)
				rest.targets = append(rest.targets, old.targets[i])
			}
		}
		return rest, len(rest.subs) == 0
	})
	return nil
}

// refusal is the error that a page's call is answered with.
func refusal(code, format string, a ...any) error {
	return &transport.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}
