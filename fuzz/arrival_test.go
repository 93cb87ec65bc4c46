package fuzz

import (
	"encoding/json"
	"fmt"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// controlled is told of what the page takes in on lane 0, in its order.
func (l *load) controlled(kind wire.Kind, id uint32, payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch kind {
	case wire.Event:
		l.breaks(l.control.arrive(payload))
	case wire.Eval:
		n, err := scriptNumber(string(payload))
		if err != nil {
			l.breaks(err)
			return
		}
		s := l.control.series[2]
		if n >= len(s.offers) || len(payload) != s.offers[n].size {
			l.breaks(fmt.Errorf("script %d of %d bytes, which nobody sent", n, len(payload)))
			return
		}
		l.breaks(l.control.arrive(content(s.id, n, s.offers[n].size)))
	case wire.Result, wire.Error:
		if id == 0 || int(id) > len(l.calls) {
			l.breaks(fmt.Errorf("%v for call %d", kind, id))
			return
		}
		l.answered(l.calls[id-1], kind == wire.Error)
	}
}

// answered checks what must have come before an answer.
func (l *load) answered(c *call, failed bool) {
	if c.answers++; c.answers > 1 {
		l.breaks(fmt.Errorf("call %d was answered twice", c.n))
	}
	c.failed = failed
	if c.event != nil && !c.event.arrived {
		l.breaks(fmt.Errorf("the answer to call %d came before its event", c.n))
	}
	if ch := c.channel; ch != nil && !c.canceled && !ch.left && ch.returns {
		if err := ch.order.missing(c.returned); err != nil {
			l.breaks(fmt.Errorf("the answer to call %d has come: %w", c.n, err))
		}
	}
}

// arrived is told of what the page takes in on channels.
func (l *load) arrived(lane uint32, kind wire.Kind, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.resumed; r != nil && r.page != nil && r.page.ID() == lane {
		l.breaks(r.arrive(l.feed, kind, data))
		return
	}
	var ch *channel
	for _, c := range l.channels {
		if c.page != nil && c.page.ID() == lane {
			ch = c
		}
	}
	switch {
	case ch == nil && kind == wire.Close: // of a lane that has brought a raw body
	case ch == nil:
		l.breaks(fmt.Errorf("a %v frame on lane %d", kind, lane))
	case ch.closed:
		l.breaks(fmt.Errorf("%s: a %v frame after the end", ch.order.name, kind))
	case kind == wire.Close:
		ch.closed = true
		l.breaks(ch.order.missing(l.clock))
		var got *transport.Error
		if len(data) > 0 {
			got = new(transport.Error)
			if err := json.Unmarshal(data, got); err != nil {
				l.breaks(err)
			}
		}
		if !ch.ended || (got == nil) != (ch.err == nil) || got != nil &&
			got.Message != ch.err.Error() {
			l.breaks(fmt.Errorf("%s: ended with %v, Go said %v (ended %v)", ch.order.name, got,
				ch.err, ch.ended))
		}
	default:
		l.breaks(ch.order.arrive(data))
	}
}
