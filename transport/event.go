package transport

import (
	"context"
	"errors"

	"github.com/tailrace-go/tailrace/transport/wire"
)

// eventReserve: one part in so many of lane 0 is kept back from events for results, errors and
// evals, so that a flood of events can't make those wait or fail.
const eventReserve = 4

// errNoSubscription is an event for nobody.
var errNoSubscription = errors.New("transport: an event needs at least one subscription")

// Event sends one event to the page, in order with the session's other events, evals and
// results. subs are the page's subscriptions that it is for, at least one. binary: the page gets the bytes;
// otherwise payload is one JSON value, which is not checked. Both slices are the caller's again when Event returns.
//
// Event does not wait: ErrFull when events hold three quarters of lane 0 (the rest is kept for results
// and evals) or others wait in EventContext.
func (s *Session) Event(subs []uint32, binary bool, payload []byte) error {
	return s.EventContext(noWait, subs, binary, payload)
}

// EventContext is Event, but waits for room until ctx ends. Those who wait get it in the order in which they came.
// Don't call it on the UI thread, nor in an ordered command.
func (s *Session) EventContext(ctx context.Context, subs []uint32, binary bool, payload []byte) error {
	err := s.event(ctx, subs, binary, payload)
	if err != nil {
		s.figures.eventsRefused.Add(1)
		return err
	}
	s.figures.events.Add(1)
	return nil
}

func (s *Session) event(ctx context.Context, subs []uint32, binary bool, payload []byte) error {
	if len(subs) == 0 {
		return errNoSubscription
	}
	n := 8 + 4*len(subs) + len(payload)
	if n > s.opt.MaxMessage {
		return ErrTooLarge
	}
	l := s.control
	var small [128]byte // the head of an event for a few subscriptions needs no memory of its own
	head := wire.AppendEventHead(small[:0], subs, binary)
	if n > l.maxFrame(l.ring.Load()) {
		return l.sendFragments(ctx, wire.Event, append(head, payload...))
	}
	return l.write(ctx, low, wire.Event, head, payload)
}
