package bus

import (
	"context"
	"time"

	"github.com/tailrace-go/tailrace/internal/contexts"
)

// settleTime bounds how long a command's result waits for the page to be ready. A page that is ready at
// DOMContentLoaded needs far less; one that awaits a command before it says that it is ready goes on after this.
const settleTime = 2 * time.Second

// Settle is for transport.SessionConfig: a command's result waits until the events that were kept for the page while it
// ran are in lane 0. Without that the result would overtake the command's own events when
// a page calls before it is ready, or is given sticky events. For a page to become ready it waits 2 seconds at most.
//
// Whose events those are is not known: what others emit to the window while the command runs delays its result, too, when the
// page is not ready. At a live page, or when nothing was kept, it costs three atomic loads.
func (p *Page) Settle() func(context.Context) {
	before := p.kept.Load()
	return func(ctx context.Context) {
		c := p.conn.Load()
		if c == nil || phase(c.phase.Load()) == live {
			return
		}
		if last := p.kept.Load(); last > before {
			p.settle(contexts.OrBackground(ctx), last)
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
		case c == nil || at == live || p.gone() != nil || p.beyond(last):
			p.mu.Unlock()
			return
		case p.moved(c, at):
			p.mu.Unlock()
			continue
		}
		wait := ctx
		if at == connected {
			wait = limited
		}
		if p.awaited == 0 || p.awaited > last {
			p.awaited = last
		}
		if p.waitChange(wait, c) != nil {
			return
		}
	}
}

// beyond reports whether all that waits was kept after the entry with that number. The caller holds mu.
func (p *Page) beyond(number uint64) bool {
	switch {
	case p.giving != nil:
		return p.giving.number > number
	case p.backlog.len() > 0:
		return p.backlog.at(0).number > number
	}
	return true
}
