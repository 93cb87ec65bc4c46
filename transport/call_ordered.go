package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
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

// turns are a session's ordered commands, and the commands that came behind them.
type turns struct {
	mu    sync.Mutex
	queue []*invocation // the first one has its turn
	last  func()        // called, on a goroutine of its own, when the queue is empty
}

// behind has f called once, on a goroutine of its own, when every turn is over.
func (t *turns) behind(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 {
		go f()
		return
	}
	t.last = f
}

// add queues inv if it has to wait for its turn. first: nobody was waiting.
func (t *turns) add(inv *invocation) (queued, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first = len(t.queue) == 0
	if first && !inv.ordered() {
		return false, false
	}
	t.queue = append(t.queue, inv)
	return true, first
}

// next ends a turn and gives the command that has the next one, nil when there is none.
func (t *turns) next() *invocation {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue[0] = nil
	t.queue = t.queue[1:]
	if len(t.queue) == 0 {
		t.queue = nil
		if t.last != nil {
			go t.last()
			t.last = nil
		}
		return nil
	}
	return t.queue[0]
}

// start starts a command when its turn has come. The caller holds inMu.
func (s *Session) start(inv *invocation) {
	if inv.ordered() && len(inv.lanes) > 0 && inv.refused == nil {
		inv.refused = &Error{
			CodeBadArguments, fmt.Sprintf("command %q takes no channels", inv.name), nil,
		}
	}
	switch queued, first := s.turns.add(inv); {
	case first:
		go s.takeTurns(inv)
	case !queued:
		s.begins.add(inv)
	}
}

// takeTurns runs ordered commands one after the other, and starts the others, until none is left.
// inv has its turn.
func (s *Session) takeTurns(inv *invocation) {
	over := false
	defer func() {
		if !over { // the handler has ended this goroutine
			go s.takeTurns(s.turns.next())
		}
	}()
	for ; inv != nil; inv = s.turns.next() {
		if inv.ordered() {
			inv.runOrdered()
		} else {
			s.begins.add(inv)
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
