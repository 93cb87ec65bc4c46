package transport

import (
	"fmt"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/envelope"
)

// nameCost is memory that stays for a channel that a call names, in bytes.
const nameCost = 16

// parse reads the envelope and opens the lanes that it names. The caller holds up.mu.
func (inv *invocation) parse(text []byte) error {
	e, err := envelope.Parse(inv.id, text)
	if err != nil {
		return err
	}
	defer e.Close()
	inv.named(e.Command())
	headers, cost := e.Headers()
	inv.headers = headers
	inv.held += cost
	if err := e.Channels(inv.channel); err != nil {
		return err
	}
	body, err := e.Body()
	if err != nil {
		return err
	}
	inv.args.raw = body.Raw
	if body.Apart {
		return inv.comesApart(body)
	}
	return nil
}

// comesApart opens the lane on which the raw body comes.
func (inv *invocation) comesApart(body envelope.Body) error {
	s, id := inv.s, body.Lane
	behind := inv.args.length
	inv.args.length = body.Length
	if id%2 == 0 || uint64(id) > 1<<32-1 || uint32(id) <= s.up.lanes || behind > 0 {
		return wire.Broken("invoke %d: lane %d can't bring its body", inv.id, id)
	}
	if n := s.lanes.uploads.Load(); n >= int64(2*s.opt.Pending) {
		return wire.Broken("%d lanes for raw bodies, which the page does not close", n)
	}
	s.up.lanes = uint32(id)
	inv.args.upload = newLane(s, uint32(id), s.opt.RingBytes)
	inv.args.upload.name = inv.name
	inv.args.upload.in.shut = true // until the policy has been asked, and all else allows the call
	s.enter(inv.args.upload, &s.lanes.uploads)
	inv.args.upload.in.window.Store(int64(s.opt.Window))
	return nil
}

// maxCommandName is the longest name of a command, in bytes: pages choose them, and Go keeps them
// while a call runs.
const maxCommandName = 1024

// named finds the command of that name.
func (inv *invocation) named(name []byte) {
	if c, ok := inv.s.engine.commands.Load(string(name)); ok {
		inv.command, inv.name = c, c.name
		return
	}
	if n := len(name); n > maxCommandName {
		name = name[:maxShownName]
		inv.refused = &Error{
			CodeUnknownCommand,
			fmt.Sprintf(
				"there is no command %q…, whose name has %d bytes: no name has more than %d", name,
				n, maxCommandName),
			nil,
		}
	}
	inv.name = string(name)
	inv.held += int64(len(inv.name))
}

// channel finds or opens a lane that the arguments name.
func (inv *invocation) channel(id uint32, borrow bool) error {
	s := inv.s
	l := s.lane(id)
	switch {
	case id > s.up.lanes:
		open := int(s.lanes.channels.Load())
		if open >= 2*s.opt.Lanes {
			return wire.Broken("%d channels, the limit is %d", open, s.opt.Lanes)
		}
		if open >= s.opt.Lanes && inv.refused == nil {
			inv.refused = &Error{
				CodeTooManyLanes,
				fmt.Sprintf("%d channels are open already: close some, or "+
					"raise Options.Lanes", s.opt.Lanes), nil,
			}
		}
		s.up.lanes = id
		l = newLane(s, id, s.opt.RingBytes)
		l.name, l.borrow = inv.name, borrow
		s.enter(l, &s.lanes.channels)
		inv.args.opened = append(inv.args.opened, l)
	case l == nil || l.end.why.Load() != nil:
		inv.refuseEnded(id)
		return nil
	case l.borrow != borrow:
		return wire.Broken("invoke %d: lane %d was opened with borrow %v", inv.id, id, l.borrow)
	}
	if this := s.up.invokes + 1; l.named != this {
		l.named = this
	} else {
		return nil // it stands there twice
	}
	s.engine.pass(gapHold)
	if !l.hold() {
		inv.refuseEnded(id)
		return nil
	}
	inv.held += nameCost
	inv.args.lanes = append(inv.args.lanes, l)
	return nil
}

// refuseEnded refuses a call that names a channel which has ended.
func (inv *invocation) refuseEnded(id uint32) {
	if inv.refused == nil {
		inv.refused = &Error{
			CodeChannelEnded,
			fmt.Sprintf("channel %d has ended and can't be passed again: make a new one", id), nil,
		}
	}
}

// crowd tells when as many commands run as may.
type crowd struct {
	mu      ranked.Mutex[ranked.Leaf]
	reached chan struct{} // closed when they do; nil: nobody has asked
}

// full notes that they do.
func (c *crowd) full() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reached != nil {
		close(c.reached)
		c.reached = nil
	}
}

// Crowded gives a channel that is closed when as many of the page's commands run as Options.Pending
// lets. The page calls nothing more then until one is answered: whoever delays an answer until the
// page says something must not delay it further.
func (s *Session) Crowded() <-chan struct{} {
	c := &s.calls.crowd
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reached == nil {
		c.reached = make(chan struct{})
	}
	reached := c.reached
	if s.calls.pending.Load() >= int64(s.opt.Pending) { // before the lock, full had nobody to tell
		close(reached)
		c.reached = nil
	}
	return reached
}
