package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/transport"
)

// Flush returns when nothing is kept for the window any more and its page has what the session has
// accepted (transport.Session.Flush). While something is kept it waits for a page that is ready,
// whether one comes or not: give ctx an end. What is accepted while it waits may be waited for,
// too.
//
// Errors, in a *WindowError: the cause of ctx, or ErrClosed or ErrForeign when the window went
// meanwhile, each with the number of events and scripts that were kept and did not get there;
// transport.Session.Flush's, such as ErrClosed for a page that ended with something in lane 0;
// ErrUIThread.
func (p *Page) Flush(ctx context.Context) error {
	if p.bus.opt.OnUI() {
		return ErrUIThread
	}
	ctx = contexts.OrBackground(ctx)
	var lost error // with a page that ended meanwhile
	kept := 0
	for {
		c, at := p.state()
		p.mu.Lock()
		if err := p.gone(); err != nil {
			p.mu.Unlock()
			if kept == 0 {
				return lost
			}
			return errors.Join(lost, p.undelivered(kept, err))
		}
		if p.moved(c, at) {
			p.mu.Unlock()
			continue
		}
		if kept = p.waiting(); kept > 0 || at == catchingUp || at == behind {
			if err := p.waitChange(ctx, c); err != nil {
				return errors.Join(lost, p.undelivered(kept, err))
			}
			continue
		}
		p.mu.Unlock()
		if c == nil {
			return lost
		}
		err := c.session.Flush(ctx)
		if err == nil {
			return lost
		}
		lost = &WindowError{p.label, err}
		if !errors.Is(err, transport.ErrClosed) {
			return lost
		}
		p.lost(c)
	}
}

// undelivered says how much of what was kept did not get to a page.
func (p *Page) undelivered(kept int, err error) error {
	return &WindowError{
		p.label, fmt.Errorf(
			"%d events and scripts that were kept for a page were not delivered: %w", kept, err),
	}
}
