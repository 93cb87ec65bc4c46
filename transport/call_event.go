package transport

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
)

// events are those on their way into lane 0. Any goroutine may touch them.
type events struct {
	turn              token // is free while no large event waits to begin, and none behind it
	accepted, refused atomic.Uint64
}

// eventReserve: one part in so many of lane 0 is kept back from events for results, errors and
// evals, so that a flood of events can't make those wait or fail.
const eventReserve = 4

// errNoSubscription is an event for nobody.
var errNoSubscription = errors.New("transport: an event needs at least one subscription")

// Event sends one event to the page, in order with the session's other events, evals and results.
// subs are the page's subscriptions that it is for, at least one. binary: the page gets the bytes;
// otherwise payload is one JSON value, which is not checked. Both slices are the caller's again
// when Event returns.
//
// Event does not wait: ErrFull when events hold three quarters of lane 0 (the rest is kept for
// results and evals) or others wait in EventContext.
func (s *Session) Event(subs []uint32, binary bool, payload []byte) error {
	return s.countEvent(s.event(noWait, subs, binary, payload))
}

// EventContext is Event, but waits for room until ctx ends. Those who wait get it in the order in
// which they came. An event that is larger than half of lane 0 (Options.ControlBytes) goes in
// pieces: later ones that are short may pass between these, and messages of more than a frame
// (MaxBatch/2 or an eighth of lane 0) wait for its end: an Eval that long gives ErrFull meanwhile.
// Don't call it on the UI thread, nor in an ordered command.
func (s *Session) EventContext(ctx context.Context, subs []uint32, binary bool,
	payload []byte) error {
	return s.countEvent(s.event(contexts.OrBackground(ctx), subs, binary, payload))
}

// countEvent notes what became of an event.
func (s *Session) countEvent(err error) error {
	if err != nil {
		s.events.refused.Add(1)
		if err == ErrFull {
			s.eventRefused()
		}
		return err
	}
	s.events.accepted.Add(1)
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
	l := s.lanes.control
	var small [128]byte // the head of an event for a few subscriptions needs no memory of its own
	head := wire.AppendEventHead(small[:0], subs, binary)
	if n > l.maxFrame(l.out.ring.Load()) {
		return s.largeEvent(ctx, append(head, payload...))
	}
	if len(s.events.turn) == 0 { // a large event waits: this one waits behind it
		if err := l.takeTurn(ctx, s.events.turn); err != nil {
			return err
		}
		defer func() { s.events.turn <- struct{}{} }()
	}
	return l.write(ctx, low, wire.Event, head, payload)
}

// largeEvent accepts an event that goes in fragments. While it waits for room to begin, it has not
// lane 0's turn for fragments, so that evals and results which need that go on; it has the events'
// turn then, so that later events don't overtake it.
//
// An event of up to half of the ring begins when there is room for the whole of it. What ordinary
// frames take of that room meanwhile it takes of theirs: its other fragments are ordinary claims. A
// larger one goes through the ring piece by piece, with low claims, and has the turn for so long.
//
// Rejected: to wait in the ring's queue for the first fragment. A claim that was granted can't be
// given back when another message has the turn, and to hold the turn meanwhile stops evals.
func (s *Session) largeEvent(ctx context.Context, data []byte) error {
	l := s.lanes.control
	r := l.out.ring.Load() // the only one: lane 0's ring has its full size from the start
	if err := l.err(); err != nil {
		return err // r may be what freeRings leaves
	}
	piece, whole := l.maxFrame(r), len(data) <= r.Cap()/2
	if ctx == noWait && !whole {
		return errTooLargeToTry
	}
	if err := l.takeTurn(ctx, s.events.turn); err != nil {
		return err
	}
	ours := true // the events' turn
	giveBack := func() {
		if ours {
			ours = false
			s.events.turn <- struct{}{}
		}
	}
	defer giveBack()
	need := 0
	if whole { // with frame headers, and the padding at the end of the ring's buffer
		need = len(data) + r.Cap()/8 + (len(data)/piece+2)*2*ring.Unit
	}
	err := s.beginEvent(ctx, r, data, piece, need)
	if err != nil {
		return err
	}
	m := ordinary
	if !whole { // then small ones pass between its fragments
		m = low
		giveBack()
	}
	defer func() { l.out.turn <- struct{}{} }()
	return l.goOn(ctx, m, data, piece)
}

// beginEvent waits for lane 0's turn and for need bytes of room, and writes the first fragment.
// Without an error the caller has the turn.
func (s *Session) beginEvent(ctx context.Context, r *ring.Ring, data []byte, piece,
	need int) error {
	l := s.lanes.control
	room := func() bool { return r.Len()+need <= r.Cap()-r.Cap()/eventReserve }
	for {
		before, err := l.receipt(), ErrFull
		if room() {
			if err := l.takeTurn(ctx, l.out.turn); err != nil {
				return err
			}
			if room() { // still: it may have waited for the turn
				err = l.begin(noWait, low, wire.Event, data, piece)
			}
			if err == nil {
				return nil
			}
			l.out.turn <- struct{}{}
		}
		if err != ErrFull || ctx == noWait {
			return err
		}
		// Who finds no room, or others who wait for it, finds something in the ring that has no
		// receipt.
		if err := l.waitReceipt(ctx, before+1); err != nil {
			return err
		}
	}
}

// waitReceipt waits, as a blocked sender, until the ring has its receipt up to that position.
func (l *lane) waitReceipt(ctx context.Context, pos uint64) error {
	defer l.unblock(l.block())
	return l.wait(ctx, mark{pos: pos}, true)
}

// HandleOrdered registers fn as a command that is handled in the order in which the page called it,
// relative to all ordered commands and to the start of ordinary ones: a page that calls one and
// then another, without awaiting, has them handled in that order.
//
// fn runs on a goroutine that the session has for its ordered commands while there are some. What
// the page calls meanwhile waits for it, so it should not block: no EventContext, EvalContext,
// EvalResult or Flush. Its context has SessionFrom and Header, and ends when the call is answered.
// Calls that wait when the session ends are not handled any more.
//
// Args and Result are those of Handle, without channels. Args []byte takes a raw body, which fn may
// keep; json.RawMessage takes the arguments' JSON as it came, unchecked. Calls that come behind one
// whose long raw body has not arrived yet wait for that.
//
// It panics when Handle does, and the policy is asked for the same permission.
func HandleOrdered[Args, Result any](e *Engine, name string,
	fn func(ctx context.Context, args Args) (Result, error)) {
	HandleWith(e, name, CommandOptions{Ordered: true}, fn)
}

func (inv *invocation) ordered() bool { return inv.command != nil && inv.command.Ordered }

// start starts a command when its turn has come. The caller holds up.mu.
func (s *Session) start(inv *invocation) {
	if inv.ordered() && len(inv.args.lanes) > 0 && inv.refused == nil {
		inv.refused = &Error{
			CodeBadArguments, fmt.Sprintf("command %q takes no channels", inv.name), nil,
		}
	}
	switch queued, first := s.calls.turns.Add(inv, inv.ordered()); {
	case first:
		go s.takeTurns(inv)
	case !queued:
		s.calls.begins.Add(inv)
	}
}

// takeTurns runs ordered commands one after the other, and starts the others, until none is left.
// inv has its turn.
func (s *Session) takeTurns(inv *invocation) {
	over := false
	defer func() {
		if over {
			return
		}
		if next, ok := s.calls.turns.Next(); ok { // the handler has ended this goroutine
			go s.takeTurns(next)
		}
	}()
	for ok := true; ok; inv, ok = s.calls.turns.Next() {
		if inv.ordered() {
			inv.runOrdered()
		} else {
			s.calls.begins.Add(inv)
		}
	}
	over = true
}

// runOrdered runs an ordered command. Its answer goes at once when nothing must come before it and
// there is room; the next command does not wait for that.
func (inv *invocation) runOrdered() {
	var settled func(context.Context)
	inv.err = errExited
	defer func() {
		inv.conclude()
		switch {
		case settled != nil:
			go func() {
				defer inv.answer()
				settled(inv.ctx)
			}()
		case !inv.answerNow():
			go inv.answer()
		}
	}()
	settled = inv.settled()
	inv.perform()
}

// answerNow sends the result if that needs no waiting, and reports whether it is over.
func (inv *invocation) answerNow() bool {
	if inv.err == nil && inv.result.raw && len(inv.result.data) > inlineBody {
		return false
	}
	if err := inv.reply(noWait); err != nil && !errors.Is(err, ErrClosed) {
		return false
	}
	inv.over()
	return true
}
