package transport

import (
	"fmt"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/valyala/fastjson"
)

// maxEnvelope is the longest envelope in bytes, WIRE.md. Taking one apart costs up to 100 times its
// length for a moment.
const maxEnvelope = 256 << 10

// Memory that stays for a header beside its text, and for a channel, in bytes.
const (
	headerCost = 96
	nameCost   = 16
)

// parsers are fastjson's; a parser's values are read before it goes back.
var parsers fastjson.ParserPool

// longEnvelope is the length from which on a parser does not go back: it has become too large to
// keep.
const longEnvelope = 16 << 10

// parse reads the envelope and opens the lanes that it names. The caller holds inMu.
func (inv *invocation) parse(envelope []byte) error {
	parser := parsers.Get()
	if len(envelope) < longEnvelope {
		defer parsers.Put(parser)
	}
	v, err := parser.ParseBytes(envelope)
	if err != nil {
		return wire.Broken("invoke %d: envelope: %v", inv.id, err)
	}
	name := v.Get("cmd")
	if name == nil || name.Type() != fastjson.TypeString {
		return wire.Broken("invoke %d: envelope has no command", inv.id)
	}
	inv.named(name.GetStringBytes())
	if headers := v.GetObject("headers"); headers != nil {
		inv.headers = make(map[string]string, headers.Len())
		headers.Visit(func(key []byte, v *fastjson.Value) {
			value := v.GetStringBytes()
			inv.headers[string(key)] = string(value)
			inv.held += int64(len(key) + len(value) + headerCost)
		})
	}
	if err := inv.channels(v.GetArray("channels"), v.GetArray("borrow")); err != nil {
		return err
	}
	switch body := string(v.GetStringBytes("body")); body {
	case "json":
	case "bytes":
		inv.raw = true
	case "lane":
		inv.raw = true
		id := v.GetUint("lane")
		behind := inv.length
		inv.length = v.GetUint64("length")
		if id%2 == 0 || uint64(id) > 1<<32-1 || uint32(id) <= inv.s.pageLanes || behind > 0 {
			return wire.Broken("invoke %d: lane %d can't bring its body", inv.id, id)
		}
		if n := inv.s.uploads.Load(); n >= int64(2*inv.s.opt.Pending) {
			return wire.Broken("%d lanes for raw bodies, which the page does not close", n)
		}
		inv.s.pageLanes = uint32(id)
		inv.upload = newLane(inv.s, uint32(id), inv.s.opt.RingBytes)
		inv.upload.name = inv.name
		inv.upload.in.shut = true // until the policy has been asked, and all else allows the call
		inv.s.enter(inv.upload, &inv.s.uploads)
		inv.upload.in.window.Store(int64(inv.s.opt.Window))
	default:
		return wire.Broken("invoke %d: body %q", inv.id, body)
	}
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

// channels finds or opens the lanes that the arguments name; borrow are those of them whose
// messages the page only borrows.
func (inv *invocation) channels(names, borrow []*fastjson.Value) error {
	var borrowed map[uint32]bool // true: it stands in names
	if len(borrow) > 0 {
		borrowed = make(map[uint32]bool, len(borrow))
		for _, c := range borrow {
			id, err := inv.channelID(c)
			if err != nil {
				return err
			}
			borrowed[id] = false
		}
	}
	for _, c := range names {
		id, err := inv.channelID(c)
		if err != nil {
			return err
		}
		_, borrow := borrowed[id]
		if err := inv.channel(id, borrow); err != nil {
			return err
		}
		if borrow {
			borrowed[id] = true
		}
	}
	for id, named := range borrowed {
		if !named {
			return wire.Broken("invoke %d: lane %d is to be borrowed and is none of its channels",
				inv.id, id)
		}
	}
	return nil
}

func (inv *invocation) channelID(v *fastjson.Value) (uint32, error) {
	id, err := v.Uint()
	if err != nil || id%2 == 0 || uint64(id) > 1<<32-1 {
		return 0, wire.Broken("invoke %d: %v is no channel", inv.id, v)
	}
	return uint32(id), nil
}

// channel finds or opens a lane that the arguments name.
func (inv *invocation) channel(id uint32, borrow bool) error {
	s := inv.s
	l := s.lane(id)
	switch {
	case id > s.pageLanes:
		open := int(s.channels.Load())
		if open >= 2*s.opt.Lanes {
			return wire.Broken("%d channels, the limit is %d", open, s.opt.Lanes)
		}
		if open >= s.opt.Lanes && inv.refused == nil {
			inv.refused = &Error{
				CodeTooManyLanes, fmt.Sprintf("%d channels are open already: close some, or "+
					"raise Options.Lanes", s.opt.Lanes), nil,
			}
		}
		s.pageLanes = id
		l = newLane(s, id, s.opt.RingBytes)
		l.name, l.borrow = inv.name, borrow
		s.enter(l, &s.channels)
		inv.opened = append(inv.opened, l)
	case l == nil || l.end.Load() != nil:
		inv.refuseEnded(id)
		return nil
	case l.borrow != borrow:
		return wire.Broken("invoke %d: lane %d was opened with borrow %v", inv.id, id, l.borrow)
	}
	if this := s.invokes + 1; l.named != this {
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
	inv.lanes = append(inv.lanes, l)
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
