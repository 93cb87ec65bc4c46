package bus

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/tailrace-go/tailrace/transport"
)

// entry is an event or a script that is kept for a page, in its order. Guarded by the page's mu, once it is
// in the backlog.
type entry struct {
	*payload          // of an event; data is the source of a script
	script   bool     //
	target   Target   //
	filtered bool     // it was emitted by a filter, which accepted the targets in accepted
	accepted []Target //
	sticky   uint64   // number of a sticky event
	subs     []uint32 // who gets it; nil: that is decided when it is given
	own      bool     // it is for this window: the next page gets it, if this one does not
}

// overhead is counted for an entry besides its payload.
const overhead = 64

func (e *entry) size() int { return overhead + len(e.name) + len(e.data) }

// entry makes what is kept of a message for the window of that label. subs is copied.
func (m *message) entry(label string, subs []uint32, own bool) *entry {
	e := &entry{payload: m.share(), target: m.target, sticky: m.sticky, subs: slices.Clone(subs), own: own}
	if m.accept != nil {
		e.filtered, e.accepted = true, m.accepted(label)
	}
	return e
}

// reaches reports whether a page's listener registered for l gets the event.
func (e *entry) reaches(l Target) bool {
	if e.filtered {
		return l == Any || slices.Contains(e.accepted, l)
	}
	return e.target.reaches(l)
}

// matchEntry gives the subscriptions that get an entry now.
func (c *conn) matchEntry(e *entry) []uint32 {
	a, ok := c.subs.Load(e.name)
	if !ok {
		return nil
	}
	var subs []uint32
	for i, t := range a.targets {
		if e.reaches(t) {
			subs = append(subs, a.subs[i])
		}
	}
	return subs
}

// gone says why nothing can be kept any more. The caller holds mu.
func (p *Page) gone() error {
	switch {
	case p.closed:
		return ErrClosed
	case p.foreign.Load():
		return ErrForeign
	}
	return nil
}

// moved reports whether the page's state is another than that. The caller holds mu.
func (p *Page) moved(c *conn, at phase) bool {
	return p.conn.Load() != c || c != nil && phase(c.phase.Load()) != at
}

// keep appends to the backlog, if the page's state is still that; again says that it is not. Without
// room it waits for a change, unless ctx is noWait, and then says again, too. A page that is behind has no room for events: it would
// never be live while emitters are as fast as the page. Scripts may use what lane 0 keeps back from events.
func (p *Page) keep(ctx context.Context, c *conn, at phase, e *entry) (again bool, err error) {
	p.mu.Lock()
	err = p.gone()
	switch {
	case err != nil:
	case p.moved(c, at):
		again = true
	case e.size() > p.bus.maxKept:
		err = transport.ErrTooLarge
	case p.bytes+e.size() <= p.bus.opt.PendingBytes && (at != behind || e.script):
		p.append(e)
	case ctx == noWait:
		err = ErrFull
	default:
		err = p.waitChange(ctx, c)
		return err == nil, err
	}
	p.mu.Unlock()
	return again, err
}

// append adds an entry. The caller holds mu.
func (p *Page) append(e *entry) {
	p.backlog.push(e)
	p.bytes += e.size()
	p.kept++
}

// pop removes the first entry. Who waits for room is woken when half of it is there, rather than for each entry; the next phase
// wakes them, too. The caller holds mu.
func (p *Page) pop() {
	half := p.bus.opt.PendingBytes / 2
	before := p.bytes
	p.bytes -= p.backlog.pop().size()
	if before > half && p.bytes <= half {
		p.signal()
	}
}

// enter begins a phase. The caller holds mu.
func (p *Page) enter(c *conn, next phase) {
	c.phase.Store(int32(next))
	p.signal()
}

// drop empties the backlog. The caller holds mu.
func (p *Page) drop() {
	p.backlog.clear()
	p.bytes = 0
}

// signal wakes who waits for a change. The caller holds mu.
func (p *Page) signal() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// waitChange unlocks mu and waits until something has changed: there is room, or another phase. The end of
// the session of c is a change, too.
func (p *Page) waitChange(ctx context.Context, c *conn) error {
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	changed := p.changed
	p.mu.Unlock()
	var over <-chan struct{}
	if c != nil {
		over = c.session.Done()
	}
	select {
	case <-changed:
		return nil
	case <-over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// forNextPage leaves in the backlog what the next page should get. The caller holds mu.
func (p *Page) forNextPage() {
	for range p.backlog.len() {
		e := p.backlog.pop()
		if e.own {
			e.subs = nil
			p.backlog.push(e)
		} else {
			p.bytes -= e.size()
		}
	}
}

// ready is told that the page's listeners are there: it gets the sticky events that are stored, then the backlog, then
// what comes.
func (p *Page) ready(c *conn) {
	if p.begin(c) {
		p.drain(noWait, c)
	}
}

// begin makes a connected page catch up, and reports whether it was connected.
func (p *Page) begin(c *conn) bool {
	b := p.bus
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved(c, connected) {
		return false
	}
	var due []*entry
	c.subs.Range(func(name string, a *audience) bool {
		due = append(due, p.sticky(name, a)...)
		return true
	})
	slices.SortFunc(due, func(x, y *entry) int { return cmp.Compare(x.sticky, y.sticky) })
	n := p.backlog.len()
	for _, e := range due {
		p.append(e)
	}
	for range n { // what was kept comes behind the sticky events
		p.backlog.push(p.backlog.pop())
	}
	p.enter(c, catchingUp)
	return true
}

// sticky makes entries of the sticky events of that name for those who listen. One that is in the backlog
// comes from there. The caller holds both mutexes.
func (p *Page) sticky(name string, a *audience) []*entry {
	var due []*entry
	for _, s := range p.bus.sticky.named(name) {
		e := &entry{payload: s.payload, target: s.target, sticky: s.number}
		for i, t := range a.targets {
			if s.target.reaches(t) {
				e.subs = append(e.subs, a.subs[i])
			}
		}
		if e.subs != nil && !p.comes(s.number) {
			due = append(due, e)
		}
	}
	return due
}

// comes reports whether the backlog holds that sticky event for whoever listens by then.
func (p *Page) comes(number uint64) bool {
	for i := range p.backlog.len() {
		if e := p.backlog.at(i); e.sticky == number && e.subs == nil {
			return true
		}
	}
	return false
}

// listen registers a subscription of the page, which gets the sticky events.
func (p *Page) listen(c *conn, name string, t Target, sub uint32) error {
	late, err := p.register(c, name, t, sub)
	if late {
		p.drain(noWait, c)
	}
	return err
}

// register registers a subscription. late says that a live page has something to catch up with, by the caller.
func (p *Page) register(c *conn, name string, t Target, sub uint32) (late bool, err error) {
	b := p.bus
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.Load() != c {
		return false, errGone
	}
	if err := c.add(name, t, sub, b.opt.MaxListeners); err != nil {
		return false, err
	}
	if phase(c.phase.Load()) == connected {
		return false, nil // ready gives the sticky events
	}
	due := p.sticky(name, &audience{[]uint32{sub}, []Target{t}})
	for _, e := range due {
		p.append(e)
	}
	late = len(due) > 0 && phase(c.phase.Load()) == live
	if late {
		p.enter(c, catchingUp)
	}
	return late, nil
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

// drain gives the backlog to a page that catches up, and makes it live. There is one drainer for a page in
// that phase: who set it. Only it removes entries while the connection is the page's. With
// noWait it does not wait: when lane 0 is full, it leaves the rest to a goroutine.
func (p *Page) drain(ctx context.Context, c *conn) {
	for {
		e, subs := p.first(c)
		if e == nil {
			return
		}
		var err error
		if e.script {
			err = c.run(ctx, string(e.data))
		} else {
			err = c.event(ctx, subs, e.binary, e.data)
		}
		switch {
		case errors.Is(err, transport.ErrClosed):
			p.lost(c)
			return
		case ctx == noWait && (errors.Is(err, transport.ErrFull) || errors.Is(err, transport.ErrTooLarge)):
			p.mu.Lock()
			if p.conn.Load() == c {
				p.enter(c, behind)
			}
			p.mu.Unlock()
			go p.drain(context.Background(), c)
			return
		}
		p.gave(c, e, err)
	}
}

// first gives the first entry that somebody gets, and who. Nil: the page is live now, or gone.
func (p *Page) first(c *conn) (*entry, []uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.Load() != c {
		return nil, nil
	}
	for p.backlog.len() > 0 {
		e := p.backlog.at(0)
		if e.script {
			return e, nil
		}
		if e.subs == nil {
			e.subs = c.matchEntry(e)
		}
		if len(e.subs) > 0 {
			return e, e.subs
		}
		p.bus.figures.unheard.Add(1)
		p.pop()
	}
	p.enter(c, live)
	return nil, nil
}

// gave removes the first entry, which was given or can't be.
func (p *Page) gave(c *conn, e *entry, err error) {
	p.mu.Lock()
	if p.conn.Load() == c {
		p.pop()
	}
	p.mu.Unlock()
	switch {
	case err == nil && !e.script:
		p.delivered.Add(1)
	case err != nil && e.script:
		p.bus.log.Error("bus: a script that was kept for a page could not be sent", "window", p.label, "error", err)
	case err != nil:
		p.refused.Add(1)
		p.bus.log.Error("bus: an event that was kept for a page could not be sent", "window", p.label, "event", e.name, "error", err)
	}
}
