package bus

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/transport"
)

// Page is a window as the bus sees it: one page after the other, and what is kept for the next one.
// Whoever makes windows calls Open, Connect and Close.
type Page struct {
	bus   *Bus
	label string
	conn  atomic.Pointer[conn] // of the page that is connected, nil: none. Replaced under mu

	foreign atomic.Bool // the page is not the app's, and will not connect. Set under mu

	mu       sync.Mutex // guards what follows, and the phase of conn
	backlog  backlog
	draining bool // somebody gives the backlog: see drain
	closed   bool
	changed  chan struct{} // closed when a call that waits should look again; nil: none waits
	awaited  uint64        // changed is to be closed when the entry with that number is given; or 0

	delivered, refused atomic.Uint64
}

// Open tells that a window exists. What is for it is kept until its page is ready.
func (b *Bus) Open(label string) *Page {
	p := &Page{bus: b, label: label}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := *b.pages.Load()
	pages := append(old[:len(old):len(old)], p)
	b.pages.Store(&pages)
	return p
}

// Connect tells that the window shows a new page, which has that session. Call it before the
// session's first batch is received. What the page before had registered is gone. It panics when
// the session is nil.
func (p *Page) Connect(s *transport.Session) {
	if s == nil {
		panic("bus: Connect with a nil session")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.detach()
	p.foreign.Store(false)
	p.bus.sessions.Store(s, p)
	p.conn.Store(newConn(s))
	p.signal()
}

// Leave tells that the window goes on to another page, while the session of this one still takes
// what it has sent: the page gets nothing any more, and what is emitted is kept for the next one,
// but its own emits are heard as long as the session runs its commands.
func (p *Page) Leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.detach()
	p.signal()
}

// SetForeign tells that the window shows a page that will not connect, since it is not the app's:
// nothing is kept for it, and an eval gives ErrForeign. False, like Connect, ends that.
func (p *Page) SetForeign(foreign bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.foreign.Store(foreign)
	if foreign {
		p.detach()
		p.backlog.drop()
	}
	p.signal()
}

// Close tells that the window is gone. What is kept for it is dropped. Its listeners in Go, those
// for Window, Webview and WebviewWindow of its label, end when they have handled what was emitted
// before.
func (p *Page) Close() {
	b := p.bus
	b.mu.Lock()
	pages := []*Page{}
	other := false
	for _, o := range *b.pages.Load() {
		if o != p {
			pages = append(pages, o)
			other = other || o.label == p.label
		}
	}
	b.pages.Store(&pages)
	b.mu.Unlock()

	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.detach()
	p.backlog.drop()
	p.signal()
	p.mu.Unlock()
	if first && !other {
		b.endListeners(p.label)
	}
}

// detach forgets the connection, if there is one. The caller holds mu.
func (p *Page) detach() {
	c := p.conn.Load()
	if c == nil {
		return
	}
	p.conn.Store(nil)
	c.cancel()
	p.bus.sessions.Delete(c.session)
	p.backlog.forNextPage()
}

// lost forgets a connection whose session has ended.
func (p *Page) lost(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.Load() == c {
		p.detach()
		p.signal()
	}
}

// state gives the connection and its phase. A page whose session has ended is none.
func (p *Page) state() (*conn, phase) {
	c := p.conn.Load()
	if c != nil && c.over() {
		p.lost(c)
		c = p.conn.Load()
	}
	if c == nil {
		return nil, connected
	}
	return c, phase(c.phase.Load())
}

// gone says why nothing can be kept any more. The caller holds mu.
func (p *Page) gone() error {
	switch {
	case p.closed:
		return errWindowGone
	case p.foreign.Load():
		return ErrForeign
	}
	return nil
}

// moved reports whether the page's state is another than that. The caller holds mu.
func (p *Page) moved(c *conn, at phase) bool {
	return p.conn.Load() != c || c != nil && phase(c.phase.Load()) != at
}

// enter begins a phase. The caller holds mu.
func (p *Page) enter(c *conn, next phase) {
	c.phase.Store(int32(next))
	p.signal()
}

// take delivers a message to the window's page, or keeps it. Nobody listens: nil. With noWait it
// does not wait. An emitter's messages stay in order, none lost, none doubled, wherever the page's
// steps fall:
//
//	emitter                            the page's ready, and its end
//	1 read connection and phase,       a catchingUp begins, under mu
//	  match; live: still that phase?   b the drainer takes the first entry out of the
//	2 live: Session.Event                backlog, under mu, and gives it to the session
//	3 else, under mu: still that       c nothing is left: live begins, under the mu that saw it
//	  phase? append to the backlog     d the session ends
//	4 no: from 1 again                 e it is detached, under mu, by whoever sees d first
//
// What if …
//
//   - 1 before a, 3 before a: b gives the message. 3 after a: 4.
//   - 1 after a, 3 before c: c waits until b has given the message. 3 after c: 4, and then 2; what
//     the same emitter had appended before is in lane 0 since b.
//   - 1 after c: 2 is behind all of b.
//   - 2 after d: Event gives ErrClosed and has accepted nothing. The emitter does e, and goes to 1:
//     the next page gets it. Only what lane 0 has accepted ends with a page.
//   - 3 after d, before e: e leaves the message in the backlog for the next page.
//   - d or e within b: the entry is in no backlog. The session accepted it: it ends with that page.
//     It did not: the drainer puts it back in front, for the next page. Until one of the two is
//     known, the next page does not begin a, and b has one drainer at a time: so no later entry
//     gets before it, and no page gets it after another one.
//
// A live page goes back to a when a new listener is to get sticky events. It is registered after
// that, so a match that has it is no match of a live phase before, and the check in 1 sends the
// emitter behind the sticky events.
//
// The phase behind is like catchingUp, but that 3 finds no room.
func (p *Page) take(ctx context.Context, m *message) error {
	for {
		c, at := p.state()
		own := false
		var subs []uint32
		if at == connected {
			if own = !p.foreign.Load() && m.names(p.label); !own {
				return nil
			}
		} else if subs = c.match(m); len(subs) == 0 {
			return nil
		}
		if err := m.encode(); err != nil {
			return err
		}
		if at == live {
			if phase(c.phase.Load()) != live {
				continue
			}
			err := c.event(ctx, subs, m.body.binary, m.body.data)
			if errors.Is(err, transport.ErrClosed) {
				p.lost(c)
				continue
			}
			if err == nil {
				m.heard++
			}
			return p.count(err)
		}
		e := m.entry(p.label, subs, own || m.names(p.label))
		again, err := p.keep(ctx, c, at, e)
		if again {
			continue
		}
		switch {
		case err == nil:
			m.heard++
			return nil
		case err == ErrForeign, err == errWindowGone && m.target.Label != p.label:
			return nil // nobody is there; what is for all windows is not an error then
		}
		return p.count(err)
	}
}

// count notes what became of an event, and makes the error this package's.
func (p *Page) count(err error) error {
	if err == nil {
		p.delivered.Add(1)
		return nil
	}
	p.refused.Add(1)
	return own(err)
}

// own makes the session's error this package's.
func own(err error) error {
	if errors.Is(err, transport.ErrFull) {
		return ErrFull
	}
	return err
}

// Eval has the page run a script, in order with the window's events and other evals. It does not
// wait: before the page is ready the script is kept like an event. Errors, in a *WindowError:
// ErrFull, ErrForeign, ErrClosed, or transport.Session.Eval's. A script that was kept and can't be
// sent then is logged.
func (p *Page) Eval(js string) error { return p.eval(noWait, js) }

// EvalContext is Eval that waits for room until ctx ends; ErrUIThread on the UI thread.
func (p *Page) EvalContext(ctx context.Context, js string) error {
	if p.bus.opt.OnUI() {
		return ErrUIThread
	}
	return p.eval(contexts.OrBackground(ctx), js)
}

func (p *Page) eval(ctx context.Context, js string) error {
	for {
		c, at := p.state()
		again, err := false, error(nil)
		if at == live {
			if err = c.run(ctx, js); errors.Is(err, transport.ErrClosed) {
				p.lost(c)
				continue
			}
		} else {
			again, err = p.keep(ctx, c, at, &entry{
				script: true, own: true, payload: &payload{data: []byte(js)},
			})
		}
		switch {
		case again:
		case err != nil:
			return &WindowError{p.label, own(err)}
		default:
			return nil
		}
	}
}
