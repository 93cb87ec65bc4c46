package bus

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/transport"
)

// phase is how far a page is: from one to the next, but for live, which goes back to catchingUp
// when a listener that comes late is to get sticky events.
type phase int32

const (
	connected  phase = iota // it is not ready: what is for the window is kept
	catchingUp              // it is given what is kept, and what comes goes behind that
	// the same, but lane 0 is full: as for a live page, there is no room for more events
	behind
	live // nothing is kept: events go straight into lane 0
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
	subs  *xsync.MapOf[string, *audience] // by event name
	// a result went before its events; guarded by the page's mu
	late    bool
	numbers map[uint32]seat // where each subscription stands; guarded by the page's mu
	logged  map[string]bool // codes of refusals that were logged; guarded by the page's mu
}

// seat is where a subscription stands: among those to that name, at that index.
type seat struct {
	name string
	at   int
}

// audience is the subscriptions of one page to one name, in the order of registration. Emitters
// read it without a lock. A page may have thousands, and change them in a loop, so that a change
// must not copy all: a new one is appended behind what earlier readers see, and one that ends
// leaves a hole. When half of it is holes, the rest is copied.
//
// Only the newest audience of a name is appended to, and only under the page's mu.
type audience struct {
	subs    []uint32 // read and written by sync/atomic; 0: that one has ended
	targets []Target
	live    int // how many have not ended; guarded by the page's mu
}

// fewHoles are left as they are.
const fewHoles = 16

func newConn(s *transport.Session) *conn {
	ctx, cancel := context.WithCancel(context.Background())
	return &conn{
		session: s,
		ctx:     ctx,
		cancel:  cancel,
		subs:    xsync.NewMapOf[string, *audience](),
		numbers: make(map[uint32]seat),
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

// match gives the subscriptions that hear m: read-only, and valid until m's next match.
func (c *conn) match(m *message) []uint32 {
	a, ok := c.subs.Load(m.name)
	if !ok {
		return nil
	}
	all := m.accept == nil && m.target.Kind == KindAny
	m.subs = m.subs[:0]
	for i := range a.subs {
		if sub := a.sub(i); sub != 0 && (all || m.reaches(a.targets[i])) {
			m.subs = append(m.subs, sub)
		}
	}
	return m.subs
}

// sub gives a subscription, 0 when it has ended.
func (a *audience) sub(i int) uint32 { return atomic.LoadUint32(&a.subs[i]) }

// check refuses a subscription that can't be added. The caller holds the page's mu.
func (c *conn) check(sub uint32, limit int) error {
	if sub == 0 {
		return refusal(transport.CodeBadArguments, "subscription 0 is none")
	}
	if _, taken := c.numbers[sub]; taken {
		return refusal(transport.CodeBadArguments, "subscription %d is taken", sub)
	}
	if len(c.numbers) >= limit {
		return refusal(CodeListeners, "%d subscriptions are registered already: end some, or "+
			"raise bus.Options.MaxListeners", limit)
	}
	return nil
}

// add registers a subscription that check lets pass. The caller holds the page's mu.
func (c *conn) add(name string, t Target, sub uint32) {
	old, ok := c.subs.Load(name)
	if !ok {
		old = new(audience)
	}
	c.numbers[sub] = seat{name, len(old.subs)}
	c.subs.Store(name, &audience{append(old.subs, sub), append(old.targets, t), old.live + 1})
}

// remove ends a subscription. The caller holds the page's mu.
func (c *conn) remove(name string, sub uint32) error {
	p, ok := c.numbers[sub]
	if !ok || p.name != name {
		return refusal(CodeUnknownListener, "this page has no subscription %d to that event", sub)
	}
	delete(c.numbers, sub)
	a, _ := c.subs.Load(name)
	atomic.StoreUint32(&a.subs[p.at], 0)
	a.live--
	switch holes := len(a.subs) - a.live; {
	case a.live == 0:
		c.subs.Delete(name)
	case holes > fewHoles && holes > a.live:
		c.subs.Store(name, c.packed(a, p.name))
	}
	return nil
}

// packed is the audience without its holes. The caller holds the page's mu.
func (c *conn) packed(a *audience, name string) *audience {
	next := &audience{make([]uint32, 0, a.live), make([]Target, 0, a.live), a.live}
	for i := range a.subs {
		if sub := a.sub(i); sub != 0 {
			c.numbers[sub] = seat{name, len(next.subs)}
			next.subs, next.targets = append(next.subs, sub), append(next.targets, a.targets[i])
		}
	}
	return next
}

// refusal is the error that a page's call is answered with.
func refusal(code, format string, a ...any) error {
	return &transport.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}
