package bus

import (
	"context"
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
	phase   atomic.Int32                    // changes under the page's mu
	subs    *xsync.MapOf[string, *audience] // by event name; changes under the page's mu

	// The page's mu guards what follows.
	numbers map[uint32]seat // where each subscription stands
	logged  map[string]bool // codes of refusals that were logged
	asked   bool            // ready waits for the drainer
	later   bool            // the page says by itself when it is ready
	late    bool            // a result went before its events
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

// event puts an event into the session's lane 0.
func (c *conn) event(ctx context.Context, subs []uint32, binary bool, data []byte) error {
	if ctx == noWait {
		return c.session.Event(subs, binary, data)
	}
	return c.session.EventContext(ctx, subs, binary, data)
}

func (c *conn) run(ctx context.Context, js string) error {
	if ctx == noWait {
		return c.session.Eval(js)
	}
	return c.session.EvalContext(ctx, js)
}

// match gives the subscriptions that hear m: read-only, and valid until m's next match.
func (c *conn) match(m *message) []uint32 {
	a, ok := c.subs.Load(m.name)
	if !ok {
		return nil
	}
	all := m.filter.accept == nil && m.target.Kind == KindAny
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

// listen registers a subscription of the page, which gets the sticky events.
func (p *Page) listen(c *conn, name string, t Target, sub uint32) error {
	drain, err := p.register(c, name, t, sub)
	if drain {
		p.drain(false)
	}
	return err
}

// register registers a subscription. drain says that a live page has something to catch up with, by
// the caller.
//
// The sticky events come first: they go to the front of the backlog, and a live page catches up
// before the subscription is there for emitters to find. What is kept is newer than what is stored
// only.
func (p *Page) register(c *conn, name string, t Target, sub uint32) (drain bool, err error) {
	b := p.bus
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.Load() != c {
		return false, errGone
	}
	if err := c.check(sub, b.opt.MaxListeners); err != nil {
		return false, err
	}
	if phase(c.phase.Load()) == connected { // ready gives the sticky events
		c.add(name, t, sub)
		return false, nil
	}
	due := p.sticky(name, &audience{subs: []uint32{sub}, targets: []Target{t}})
	if drain = len(due) > 0 && phase(c.phase.Load()) == live; drain {
		p.draining = true
		p.enter(c, catchingUp)
	}
	p.backlog.put(due)
	c.add(name, t, sub)
	return drain, nil
}

// sticky makes entries of the sticky events of that name for those who listen. One that waits in
// the backlog comes from there. The caller holds both mutexes.
func (p *Page) sticky(name string, a *audience) []*entry {
	stored := p.bus.sticky.named(name)
	if len(stored) == 0 {
		return nil
	}
	kept := p.backlog.stickies(name)
	var due []*entry
	for _, s := range stored {
		e := &entry{payload: s.payload, target: s.target, sticky: s.number}
		if e.subs = a.match(e); e.subs == nil {
			continue
		}
		switch k := kept[s.number]; {
		case k == nil:
			due = append(due, e)
		case k.subs != nil: // else it goes to all who listen by then
			before := k.cost
			k.subs = append(k.subs, e.subs...)
			p.backlog.bytes += k.weigh() - before
		}
	}
	return due
}

// unlisten ends a subscription of the page.
func (p *Page) unlisten(c *conn, name string, sub uint32) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.Load() != c {
		return errGone
	}
	return c.remove(name, sub)
}

// errGone answers a call of a page that its window does not show any more.
var errGone = refusal(transport.CodeClosed, "the window shows another page")
