package transport

import (
	"errors"
	"reflect"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/missing"
	"github.com/tailrace-go/tailrace/transport/internal/tickets"
)

// open are the calls whose arguments are being decoded.
var open = tickets.NewBook[*lane]()

// channels finds those that a call's arguments declare and the page has not passed.
var channels = missing.Finder{
	Channel: reflect.TypeFor[boundChannel](),
	Connected: func(channel any) bool {
		c, ok := channel.(boundChannel)
		return ok && c.bound() != nil
	},
}

// boundChannel is a *Channel or a *Stream, or a struct that embeds one.
type boundChannel interface{ bound() *lane }

// errEmbedded is the UnmarshalJSON of a channel that is not there.
var errEmbedded = errors.New("a nil *Channel or *Stream can't be decoded: a struct that embeds " +
	"one must embed the Channel or Stream itself, or name the field")

// decodeJSON stores the arguments in *args, connects the channels in them, and tells the page of
// each.
func (inv *invocation) decodeJSON(args any) error {
	body := inv.args.body
	var call *tickets.Call[*lane]
	if len(inv.args.lanes) > 0 && channels.MayHold(args) {
		call = open.Open(inv.args.lanes)
		defer open.Close(call)
		body = call.Mark(inv.args.body)
	}
	if err := decode(inv.s.opt.Codec, body, args); err != nil {
		return err
	}
	if err := channels.Check(args); err != nil {
		return err
	}
	if call != nil {
		for _, p := range call.Passed() {
			if !p.Found {
				continue
			}
			if err := inv.announce(p.Lane, p.Window); err != nil {
				return err
			}
		}
	}
	for _, l := range inv.args.opened {
		if err := inv.announce(l, 0); err != nil {
			return err
		}
	}
	return nil
}

// announce tells the page once that Go has taken the lane, and how much it may send.
func (inv *invocation) announce(l *lane, window int64) error {
	l.state.mu.Lock()
	news := !l.state.announced || window > l.in.window.Load()
	if news {
		l.state.announced = true
		l.in.window.Store(window)
	}
	l.state.mu.Unlock()
	if !news {
		return nil
	}
	payload := twoWords(make([]byte, 0, 16), l.id, 0)
	return inv.s.lanes.control.send(inv.s.ctx, wire.Open, twoWords(payload, uint32(window), 0))
}
