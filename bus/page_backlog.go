package bus

import (
	"context"
	"slices"

	"github.com/tailrace-go/tailrace/transport"
)

// entry is an event or a script that is kept for a page, in its order. Guarded by the page's mu,
// once it is in the backlog.
type entry struct {
	*payload          // of an event; data is the source of a script
	script   bool     //
	target   Target   //
	filtered bool     // it was emitted by a filter, which accepted the targets in accepted
	accepted []Target //
	sticky   uint64   // number of a sticky event
	subs     []uint32 // who gets it; nil: that is decided when it is given
	own      bool     // it is for this window: the next page gets it, if this one does not
	number   uint64   // counts what keep appends; 0: a sticky event that stands in front
	cost     int      // what it counts for while it is kept
}

// entryCost is what an entry takes beside its payload.
const entryCost = 128

// weigh says what an entry counts for from now on: who gets it may be written in it. Payloads of
// sticky events are shared.
func (e *entry) weigh() int {
	e.cost = e.size() + entryCost + 4*len(e.subs)
	for _, t := range e.accepted {
		e.cost += 24 + len(t.Label)
	}
	return e.cost
}

// entry makes what is kept of a message for the window of that label. subs is copied.
func (m *message) entry(label string, subs []uint32, own bool) *entry {
	e := &entry{payload: m.share(), target: m.target, sticky: m.sticky, subs: slices.Clone(subs),
		own: own}
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

// match gives the subscriptions that get an entry.
func (a *audience) match(e *entry) []uint32 {
	if a == nil {
		return nil
	}
	var subs []uint32
	for i, t := range a.targets {
		if sub := a.sub(i); sub != 0 && e.reaches(t) {
			subs = append(subs, sub)
		}
	}
	return subs
}

// keep appends to the backlog, if the page's state is still that; again says that it is not.
// Without room it waits for a change, unless ctx is noWait, and then says again, too. A page that
// is behind has no room for events: it would never be live while emitters are as fast as the page.
// Scripts may use what lane 0 keeps back from events.
func (p *Page) keep(ctx context.Context, c *conn, at phase, e *entry) (again bool, err error) {
	p.mu.Lock()
	err = p.gone()
	switch {
	case err != nil:
	case p.moved(c, at):
		again = true
	case e.size() > p.bus.maxKept:
		err = transport.ErrTooLarge
	case p.bytes+e.weigh() <= p.bus.opt.PendingBytes && (at != behind || e.script):
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
	e.number = p.kept.Add(1)
	p.backlog.push(e)
	p.bytes += e.cost
}

// put puts entries in front, in their order. The caller holds mu.
func (p *Page) put(list []*entry) {
	for _, e := range slices.Backward(list) {
		p.backlog.pushFront(e)
		p.bytes += e.weigh()
	}
}

// next takes the first entry out, to be given; its room stays taken. The caller holds mu.
func (p *Page) next() *entry {
	p.giving = p.backlog.pop()
	return p.giving
}

// gave ends what next began. Who waits for room is woken when half of it is there, rather than for
// each entry; the next phase wakes them, too. The caller holds mu.
func (p *Page) gave(e *entry) {
	if p.giving != e {
		return // it was dropped meanwhile
	}
	p.giving = nil
	half := p.bus.opt.PendingBytes / 2
	before := p.bytes
	p.bytes -= e.cost
	if before > half && p.bytes <= half || p.waiting() == 0 || p.awaited != 0 &&
		e.number >= p.awaited {
		p.signal()
	}
}

// waiting counts what waits for a page, with what is being given. The caller holds mu.
func (p *Page) waiting() int {
	n := p.backlog.len()
	if p.giving != nil {
		n++
	}
	return n
}

// drop empties the backlog. The caller holds mu.
func (p *Page) drop() {
	p.backlog.clear()
	p.giving = nil
	p.bytes = 0
}

// forNextPage leaves in the backlog what the next page should get. The caller holds mu.
func (p *Page) forNextPage() {
	for range p.backlog.len() {
		e := p.backlog.pop()
		if e.own {
			e.subs = nil
			p.backlog.push(e)
		} else {
			p.bytes -= e.cost
		}
	}
}
