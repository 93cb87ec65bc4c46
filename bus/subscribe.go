package bus

import "github.com/tailrace-go/tailrace/transport"

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
	p.put(due)
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
	kept := make(map[uint64]*entry)
	for i := range p.backlog.len() {
		if e := p.backlog.at(i); e.sticky != 0 && e.name == name {
			kept[e.sticky] = e
		}
	}
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
			p.bytes += k.weigh() - before
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
