package bus

import (
	"context"
	"strings"
	"time"
)

// settleTime bounds how long a command's result waits for its page to be ready. No order of calls
// needs it: it is for a document that never gets there, as when a script that it loads hangs. The
// log tells of it.
const settleTime = 2 * time.Second

// commandPrefix begins the names of the bus's own commands.
const commandPrefix = "plugin:event|"

// Settle is for transport.SessionConfig: a command's result waits until the events that were kept
// for the page while it ran are in lane 0. Without that the result would overtake the command's own
// events when a page calls before it is ready, or is given sticky events.
//
// So a result may wait for the page to say that it is ready. That must never wait for such a
// result:
//
//   - The bus's own commands are answered at once. A page is ready when its document is parsed and
//     these are answered; so it may await any number of them before, in any order.
//   - A page that says by itself when it is ready may await anything before. It tells so first
//     (CommandReadyLater), and results do not wait for it.
//   - When as many commands run as may, the page can't call anything, and so not say that it is
//     ready: results go then.
//
// What is left is a document that does not get ready. After 2 seconds a result goes without waiting
// longer.
//
// Whose events those are is not known: what others emit to the window while the command runs delays
// its result, too, when the page is not ready. At a live page, or when nothing was kept, it costs
// three atomic loads.
func (p *Page) Settle(command string) func(context.Context) {
	if strings.HasPrefix(command, commandPrefix) {
		return nil
	}
	before := p.kept.Load()
	return func(ctx context.Context) {
		c := p.conn.Load()
		if c == nil || phase(c.phase.Load()) == live {
			return
		}
		if last := p.kept.Load(); last > before {
			p.settle(ctx, last)
		}
	}
}

// settle waits until the entries up to that number are given, or gone.
func (p *Page) settle(ctx context.Context, last uint64) {
	limited, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		c, at := p.state()
		p.mu.Lock()
		switch {
		case c == nil || at == live || p.gone() != nil || p.beyond(last) || at == connected &&
			c.later:
			p.mu.Unlock()
			return
		case p.moved(c, at):
			p.mu.Unlock()
			continue
		}
		wait, crowded := ctx, (<-chan struct{})(nil)
		if at == connected {
			wait, crowded = limited, c.session.Crowded()
		}
		if p.awaited == 0 || p.awaited > last {
			p.awaited = last
		}
		switch err := p.waitChangeOr(wait, c, crowded); {
		case err == errCrowded:
			return
		case err != nil:
			if ctx.Err() == nil && p.firstLate(c) {
				p.bus.log.Warn(
					"bus: a page is not ready: a command's result goes before its events",
					"window", p.label, "waited", settleTime)
			}
			return
		}
	}
}

// firstLate reports whether this is the page's first result that goes before its events.
func (p *Page) firstLate(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !c.late
	c.late = true
	return first
}

// beyond reports whether all that waits was kept after the entry with that number. The caller holds
// mu.
func (p *Page) beyond(number uint64) bool {
	switch {
	case p.giving != nil:
		return p.giving.number > number
	case p.backlog.len() > 0:
		return p.backlog.at(0).number > number
	}
	return true
}
