package transport

import (
	"context"
	"errors"
	"fmt"
)

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
