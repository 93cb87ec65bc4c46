package bus

import (
	"context"
	"time"
)

// settleTime bounds how long a command's result waits for the page to be ready. A page that is ready at
// DOMContentLoaded needs far less; one that awaits a command before it says that it is ready goes on after this.
const settleTime = 2 * time.Second

// Settle is for transport.SessionConfig: a command's result waits until the events that were kept for the page while it
// ran are in lane 0, but not for longer than 2 seconds. Without that the result would overtake the command's own events when
// a page calls before it is ready.
func (p *Page) Settle() func(context.Context) {
	if c, at := p.state(); c == nil || at == live {
		return nil
	}
	p.mu.Lock()
	before := p.kept
	p.mu.Unlock()
	return func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, settleTime)
		defer cancel()
		for {
			c, at := p.state()
			p.mu.Lock()
			switch {
			case c == nil || at == live || p.kept == before || p.gone() != nil:
				p.mu.Unlock()
				return
			case p.moved(c, at):
				p.mu.Unlock()
				continue
			}
			if p.waitChange(ctx, c) != nil {
				return
			}
		}
	}
}
