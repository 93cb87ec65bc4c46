package bus

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
)

// The commands of pages. All are ordered (transport.HandleOrdered): handled in the order in which
// the page called them. The arguments are a JSON object; the result is null. A call that is refused
// has no effect.
const (
	// CommandListen {event, target?, sub}: the page listens to an event, for a target (default
	// Any). It chooses sub, 1 to 2^32-1 and unique among its subscriptions, which every event for
	// it names. Policy: listen.
	CommandListen = "plugin:event|listen"
	// CommandUnlisten {event, sub} ends a subscription.
	CommandUnlisten = "plugin:event|unlisten"
	// CommandEmit {event, payload?} emits to Any. Policy: emit, as for the next two. For an event
	// tauri://… besides: window, with the target's label, or * where it has none.
	CommandEmit = "plugin:event|emit"
	// CommandEmitTo {event, target, payload?} emits to a target.
	CommandEmitTo = "plugin:event|emit_to"
	// CommandEmitBytes emits a raw body. The headers HeaderEvent and HeaderTarget stand for the
	// arguments.
	CommandEmitBytes = "plugin:event|emit_bytes"
	// CommandReady {}: the page's listeners are there.
	CommandReady = "plugin:event|ready"
	// CommandReadyLater {}: the page itself will tell, by CommandReady, and may wait for any result
	// before that.
	CommandReadyLater = "plugin:event|ready_later"

	// HeaderEvent has the event's name, HeaderTarget the target in JSON (default Any). Both may be
	// percent-encoded, since headers of the web have no letters beyond Latin-1.
	HeaderEvent  = "tailrace-event"
	HeaderTarget = "tailrace-target"
)

// register makes the commands.
func (b *Bus) register(e *transport.Engine) {
	b.handle(e, CommandListen, shown((*Bus).pageListen))
	b.handle(e, CommandUnlisten, shown((*Bus).pageUnlisten))
	b.handle(e, CommandEmit, (*Bus).pageEmit)
	b.handle(e, CommandEmitTo, (*Bus).pageEmitTo)
	b.handle(e, CommandReady, shown(func(_ *Bus, c caller, _ args) error {
		c.page.ready(c.conn)
		return nil
	}))
	b.handle(e, CommandReadyLater, shown(func(_ *Bus, c caller, _ args) error {
		c.page.readyLater(c.conn)
		return nil
	}))
	o := options(CommandEmitBytes)
	o.Permit = func(ctx context.Context) error { // before the body has come
		return b.call(ctx, CommandEmitBytes, func(c caller) error {
			name, t, err := headerEvent(ctx)
			if err != nil {
				return err
			}
			return mayEmit(c, t, name)
		})
	}
	emit := func(ctx context.Context, body []byte) (any, error) {
		return nil, b.call(ctx, CommandEmitBytes, func(caller) error {
			name, t, err := headerEvent(ctx)
			if err != nil {
				return err
			}
			return b.emitFor(t, name, body, true)
		})
	}
	transport.HandleWith(e, CommandEmitBytes, o, emit)
}

// caller is the page that calls a command. A page that its window does not show any more has a
// session alone: the transport runs its last commands, and what it emits is heard.
type caller struct {
	session *transport.Session
	page    *Page
	conn    *conn
}

// shown refuses the calls of a page that its window does not show any more.
func shown(run func(*Bus, caller, args) error) func(*Bus, caller, args) error {
	return func(b *Bus, c caller, a args) error {
		if c.page == nil {
			return errGone
		}
		return run(b, c, a)
	}
}

// options are those of a command, as its row in the table says.
func options(name string) transport.CommandOptions {
	row := builtin.Named(name)
	return transport.CommandOptions{Ordered: row.Ordered, Asks: row.Asks(), MaxArgs: row.MaxArgs}
}

// handle registers a command with JSON arguments.
func (b *Bus) handle(e *transport.Engine, name string, run func(*Bus, caller, args) error) {
	transport.HandleWith(e, name, options(name),
		func(ctx context.Context, data json.RawMessage) (any, error) {
			return nil, b.call(ctx, name, func(c caller) error {
				if len(data) > leading {
					if err := mayEmitLong(c, data); err != nil {
						return err
					}
				}
				a, err := parseArgs(data)
				if err != nil {
					return err
				}
				return run(b, c, a)
			})
		})
}

// call finds the calling page and runs its command.
func (b *Bus) call(ctx context.Context, command string, run func(caller) error) error {
	c := caller{session: transport.SessionFrom(ctx)}
	if p, ok := b.sessions.Load(c.session); ok {
		if conn := p.conn.Load(); conn != nil && conn.session == c.session {
			c.page, c.conn = p, conn
		}
	}
	err := run(c)
	var refused *transport.Error
	// the session logs denials
	if errors.As(err, &refused) && refused.Code != transport.CodeDenied {
		if c.logs(refused.Code) {
			b.log.Warn("bus: a page's call was refused", "window", c.session.Label(),
				"command", command, "code", refused.Code, "error", refused.Message)
		}
	}
	return err
}

// logs says whether a refusal is to be logged: the first one of each code for each page.
func (c caller) logs(code string) bool {
	if c.page == nil {
		return true
	}
	c.page.mu.Lock()
	defer c.page.mu.Unlock()
	first := !c.conn.logged[code]
	c.conn.logged[code] = true
	return first
}

func (b *Bus) pageListen(c caller, a args) error {
	name, err := a.name()
	if err != nil {
		return err
	}
	t := Any
	if a.target != nil {
		if t, err = a.to(); err != nil {
			return err
		}
	}
	sub, err := a.number()
	if err != nil {
		return err
	}
	if err := c.session.Check(transport.ActionListen, name); err != nil {
		return err
	}
	return c.page.listen(c.conn, name, t, sub)
}

func (b *Bus) pageUnlisten(c caller, a args) error {
	name, err := a.name()
	if err != nil {
		return err
	}
	sub, err := a.number()
	if err != nil {
		return err
	}
	return c.page.unlisten(c.conn, name, sub)
}

func (b *Bus) pageEmit(c caller, a args) error {
	name, err := a.name()
	if err != nil {
		return err
	}
	return b.emitJSON(c, Any, name, a.payload)
}

func (b *Bus) pageEmitTo(c caller, a args) error {
	name, err := a.name()
	if err != nil {
		return err
	}
	t, err := a.to()
	if err != nil {
		return err
	}
	return b.emitJSON(c, t, name, a.payload)
}

// headerEvent reads the event and the target from a call's headers.
func headerEvent(ctx context.Context) (name string, t Target, err error) {
	t = Any
	if name, err = header(transport.Header(ctx, HeaderEvent)); err != nil {
		return "", t, err
	}
	if name, err = pageName(name); err != nil {
		return "", t, err
	}
	if value := transport.Header(ctx, HeaderTarget); value != "" {
		text, err := header(value)
		if err != nil {
			return "", t, err
		}
		if !json.Valid([]byte(text)) {
			return "", t, refusal(CodeTarget, "the header %s is no JSON", HeaderTarget)
		}
		if t, err = pageTarget([]byte(text)); err != nil {
			return "", t, err
		}
	}
	return name, t, nil
}

// mayEmitLong asks the policy about the event of long arguments, which are not read before. Only
// those of events with a payload are long; emitJSON asks again, about what has been checked.
func mayEmitLong(c caller, data []byte) error {
	name, err := leadingEvent(data)
	if err != nil {
		return err
	}
	return c.session.Check(transport.ActionEmit, name)
}

// windowEvents begins the names of the events that tell of windows.
const windowEvents = "tauri://"

// mayEmit asks the policy whether a page may emit an event for a target.
func mayEmit(c caller, t Target, name string) error {
	if err := c.session.Check(transport.ActionEmit, name); err != nil {
		return err
	}
	if !strings.HasPrefix(name, windowEvents) {
		return nil
	}
	// Who may not act on a window may not make its page believe that somebody did, as by
	// tauri://close-requested.
	label := t.Label
	if !t.Kind.labelled() {
		label = "*"
	}
	return c.session.Check(transport.ActionWindow, label)
}

// emitJSON emits a payload of JSON for a page, if it may. The payload has been checked.
func (b *Bus) emitJSON(c caller, t Target, name string, payload []byte) error {
	if err := mayEmit(c, t, name); err != nil {
		return err
	}
	if payload == nil {
		payload = null
	}
	return b.emitFor(t, name, payload, false)
}

// emitFor emits for a page that may.
func (b *Bus) emitFor(t Target, name string, data []byte, binary bool) error {
	m := messages.Get().(*message)
	defer m.free()
	m.bus, m.target, m.name = b, t, name
	m.body.encoded, m.body.binary, m.body.data = true, binary, data
	err := b.deliver(noWait, m)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNoWindow):
		return refusal(CodeNoWindow, "no window has the label of %v", t)
	case errors.Is(err, transport.ErrTooLarge):
		return refusal(CodeTooLarge, "event %q has %d bytes: into a window, a page can emit "+
			"about %d (half of transport.Options.ControlBytes): use a channel", name, len(data),
			b.maxFromPage)
	default: // the app knows which window or listener; the page need not
		return refusal(CodeFull, "event %q: not all who listen had room", name)
	}
}
