package bus

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/transport"
)

// backlog is what is kept for a page, in its order. The page's mu guards it, but for last.
type backlog struct {
	last   atomic.Uint64 // number of the last entry that was appended
	queue  fifo[*entry]
	giving *entry // taken out of the queue, and not in lane 0 yet; nil: none
	bytes  int    // of the queue, and giving
}

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
	if m.filter.accept != nil {
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
	case p.backlog.bytes+e.weigh() <= p.bus.opt.PendingBytes && (at != behind || e.script):
		p.backlog.append(e)
	case ctx == noWait:
		err = ErrFull
	default:
		err = p.waitChange(ctx, c)
		return err == nil, err
	}
	p.mu.Unlock()
	return again, err
}

// gave ends what backlog.next began. Who waits for room is woken when half of it is there, rather
// than for each entry; the next phase wakes them, too. The caller holds mu.
func (p *Page) gave(e *entry) {
	b := &p.backlog
	if b.giving != e {
		return // it was dropped meanwhile
	}
	b.giving = nil
	half := p.bus.opt.PendingBytes / 2
	before := b.bytes
	b.bytes -= e.cost
	if before > half && b.bytes <= half || b.len() == 0 || p.awaited != 0 && e.number >= p.awaited {
		p.signal()
	}
}

// append adds an entry.
func (b *backlog) append(e *entry) {
	e.number = b.last.Add(1)
	b.queue.push(e)
	b.bytes += e.cost
}

// put puts entries in front, in their order.
func (b *backlog) put(list []*entry) {
	for _, e := range slices.Backward(list) {
		b.queue.pushFront(e)
		b.bytes += e.weigh()
	}
}

// next takes the first entry out, to be given; its room stays taken.
func (b *backlog) next() *entry {
	b.giving = b.queue.pop()
	return b.giving
}

// putBack ends what next began: the entry is the first one again.
func (b *backlog) putBack() {
	b.queue.pushFront(b.giving)
	b.giving = nil
}

// len counts what waits for a page, with what is being given.
func (b *backlog) len() int {
	n := b.queue.len()
	if b.giving != nil {
		n++
	}
	return n
}

// beyond reports whether all that waits was kept after the entry with that number.
func (b *backlog) beyond(number uint64) bool {
	switch {
	case b.giving != nil:
		return b.giving.number > number
	case b.queue.len() > 0:
		return b.queue.at(0).number > number
	}
	return true
}

// stickies are the entries in the queue that are sticky events of that name, by their numbers.
func (b *backlog) stickies(name string) map[uint64]*entry {
	kept := make(map[uint64]*entry)
	for i := range b.queue.len() {
		if e := b.queue.at(i); e.sticky != 0 && e.name == name {
			kept[e.sticky] = e
		}
	}
	return kept
}

// drop empties the backlog.
func (b *backlog) drop() {
	b.queue.clear()
	b.giving = nil
	b.bytes = 0
}

// forNextPage leaves what the next page should get.
func (b *backlog) forNextPage() {
	for range b.queue.len() {
		e := b.queue.pop()
		if e.own {
			e.subs = nil
			b.queue.push(e)
		} else {
			b.bytes -= e.cost
		}
	}
}
