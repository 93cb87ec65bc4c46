package bus

import (
	"cmp"
	"errors"
	"slices"

	"github.com/tailrace-go/tailrace/transport"
)

// ready is told that the page's listeners are there: it gets the sticky events that are stored,
// then the backlog, then what comes.
func (p *Page) ready(c *conn) {
	if p.begin(c) {
		p.drain(false)
	}
}

// readyLater is told that results must not wait for ready.
func (p *Page) readyLater(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.Load() == c {
		c.later = true
		p.signal()
	}
}

// begin makes a connected page catch up, and reports whether the caller is to drain. While an entry
// is being given to the page before, it leaves that to the drainer.
func (p *Page) begin(c *conn) (drain bool) {
	b := p.bus
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved(c, connected) {
		return false
	}
	if p.backlog.giving != nil {
		c.asked = true
		return false
	}
	var due []*entry
	c.subs.Range(func(name string, a *audience) bool {
		due = append(due, p.sticky(name, a)...)
		return true
	})
	slices.SortFunc(due, func(x, y *entry) int { return cmp.Compare(x.sticky, y.sticky) })
	p.backlog.put(due)
	p.enter(c, catchingUp)
	drain = !p.draining
	p.draining = true
	return drain
}

// drain gives the backlog to the page, and makes it live. A window has one drainer: who set
// draining. It goes from one page to the next, if need be, and only it removes entries while a page
// is connected. At first it does not wait: when lane 0 is full, or more comes than was there, it
// leaves the rest to a goroutine, which does. So the page's command, and those behind it, do not
// wait for the end of a flood.
func (p *Page) drain(waits bool) {
	p.mu.Lock()
	most := p.backlog.queue.len()
	p.mu.Unlock()
	for n := 0; ; n++ {
		if n > most && !waits {
			go p.drain(true)
			return
		}
		c, e, subs := p.first()
		if e == nil {
			return
		}
		ctx := noWait
		if phase(c.phase.Load()) == behind {
			ctx = c.ctx
		}
		var err error
		if e.script {
			err = c.run(ctx, string(e.data))
		} else {
			err = c.event(ctx, subs, e.binary, e.data)
		}
		switch {
		case errors.Is(err, transport.ErrClosed), err != nil && c.ctx.Err() != nil:
			p.lost(c)
			p.putBack(c, e)
			continue
		case ctx == noWait && noRoom(err):
			p.putBack(c, e)
			if !waits {
				go p.drain(true)
				return
			}
			continue
		case err == nil && !e.script:
			p.delivered.Add(1)
		case err != nil && e.script:
			p.bus.log.Error("bus: a script that was kept for a page could not be sent", "window",
				p.label, "error", err)
		case err != nil:
			p.refused.Add(1)
			p.bus.log.Error("bus: an event that was kept for a page could not be sent", "window",
				p.label, "event", e.name, "error", err)
		}
		p.mu.Lock()
		p.gave(e)
		p.mu.Unlock()
	}
}

// noRoom reports whether what did not wait may be accepted when it does.
func noRoom(err error) bool {
	return errors.Is(err, transport.ErrFull) || errors.Is(err, transport.ErrTooLarge) ||
		errors.Is(err, transport.ErrMemory)
}

// first takes out the first entry that somebody gets, and says who. Nil: the page is live now, not
// ready, or gone, and draining is over. The mutex is free between entries, and while they are
// matched: on the UI thread window events need it.
func (p *Page) first() (*conn, *entry, []uint32) {
	for {
		p.mu.Lock()
		c := p.conn.Load()
		switch {
		case c != nil && phase(c.phase.Load()) == connected && c.asked:
			p.mu.Unlock()
			p.begin(c)
			continue
		case c == nil || phase(c.phase.Load()) == connected:
			p.draining = false
			p.mu.Unlock()
			return nil, nil, nil
		case p.backlog.queue.len() == 0:
			p.draining = false
			p.enter(c, live)
			p.mu.Unlock()
			return nil, nil, nil
		}
		e := p.backlog.next()
		// who listens now: a later listener gets its sticky events first, and not this one
		a, _ := c.subs.Load(e.name)
		p.mu.Unlock()
		if e.subs == nil && !e.script {
			e.subs = a.match(e)
		}
		if e.script || len(e.subs) > 0 {
			return c, e, e.subs
		}
		p.bus.figures.unheard.Add(1)
		p.mu.Lock()
		p.gave(e)
		p.mu.Unlock()
	}
}

// putBack puts back what the session of c did not accept: it has no room, and the page is behind;
// or it has ended, and the next page gets what is for this window.
func (p *Page) putBack(c *conn, e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	here := p.conn.Load() == c
	switch {
	case p.backlog.giving != e: // it was dropped meanwhile
		return
	case here:
		p.enter(c, behind)
	case !e.own:
		p.gave(e)
		return
	default:
		e.subs = nil
	}
	p.backlog.putBack()
}
