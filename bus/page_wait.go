package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/transport"
)

// signal wakes who waits for a change. The caller holds mu.
func (p *Page) signal() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
	p.awaited = 0
}

// waitChange unlocks mu and waits until something has changed: there is room, or another phase. The
// end of the session of c is a change, too.
func (p *Page) waitChange(ctx context.Context, c *conn) error { return p.waitChangeOr(ctx, c, nil) }

// errCrowded says that the page can call nothing.
var errCrowded = errors.New("bus: the page has as many calls under way as it may")

// waitChangeOr is waitChange that ends with errCrowded, too.
func (p *Page) waitChangeOr(ctx context.Context, c *conn, crowded <-chan struct{}) error {
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
	case <-crowded:
		return errCrowded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

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
	before := p.backlog.last.Load()
	return func(ctx context.Context) {
		c := p.conn.Load()
		if c == nil || phase(c.phase.Load()) == live {
			return
		}
		if last := p.backlog.last.Load(); last > before {
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
		case c == nil || at == live || at == connected && c.later,
			p.gone() != nil || p.backlog.beyond(last):
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

// EvalResult waits until the page is ready and has what was kept for it, has it run a script and
// waits for the value, as JSON. Errors: ErrUIThread, ErrForeign, ErrClosed in a *WindowError, the
// cause of ctx, or transport.Session.EvalResult's.
func (p *Page) EvalResult(ctx context.Context, js string) (json.RawMessage, error) {
	if p.bus.opt.OnUI() {
		return nil, ErrUIThread
	}
	ctx = contexts.OrBackground(ctx)
	for {
		c, at := p.state()
		if at == live {
			return c.session.EvalResult(ctx, js)
		}
		p.mu.Lock()
		if err := p.gone(); err != nil {
			p.mu.Unlock()
			return nil, &WindowError{p.label, err}
		}
		if p.moved(c, at) {
			p.mu.Unlock()
			continue
		}
		if err := p.waitChange(ctx, c); err != nil {
			return nil, err
		}
	}
}

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
		if kept = p.backlog.len(); kept > 0 || at == catchingUp || at == behind {
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
		p.label,
		fmt.Errorf(
			"%d events and scripts that were kept for a page were not delivered: %w", kept, err),
	}
}
