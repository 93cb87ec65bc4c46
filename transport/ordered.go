package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// HandleOrdered registers fn as a command that is handled in the order in which the page called it,
// relative to all ordered commands and to the start of ordinary ones: a page that calls one and then
// another, without awaiting, has them handled in that order.
//
// fn runs on a goroutine that the session has for its ordered commands while there are some. What the page calls meanwhile waits
// for it, so it should not block: no EventContext, EvalContext, EvalResult or Flush. Its context has SessionFrom
// and Header, and ends when fn returns.
//
// Args and Result are those of Handle, without channels. Args []byte takes a raw body, which fn may keep;
// json.RawMessage takes the arguments' JSON as it came, unchecked. Calls that
// come behind one whose long raw body has not arrived yet wait for that.
//
// Options.Policy is not asked: fn asks with Session.Check for what the command means.
func HandleOrdered[Args, Result any](e *Engine, name string, fn func(ctx context.Context, args Args) (Result, error)) {
	register(e, &command{name: name, ordered: true}, fn)
}

func (inv *invocation) ordered() bool { return inv.command != nil && inv.command.ordered }

// turns are a session's ordered commands, and the commands that came behind them.
type turns struct {
	mu    sync.Mutex
	queue []*invocation // the first one has its turn
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

// next gives the command whose turn it is, nil when there is none. done: the turn of the one before is over.
func (t *turns) next(done bool) *invocation {
	t.mu.Lock()
	defer t.mu.Unlock()
	if done {
		t.queue[0] = nil
		t.queue = t.queue[1:]
	}
	if len(t.queue) == 0 {
		t.queue = nil
		return nil
	}
	return t.queue[0]
}

// start starts a command when its turn has come. The caller holds inMu.
func (s *Session) start(inv *invocation) {
	if inv.ordered() && len(inv.lanes) > 0 && inv.refused == nil {
		inv.refused = &Error{CodeBadArguments, fmt.Sprintf("command %q takes no channels", inv.name), nil}
	}
	switch queued, first := s.turns.add(inv); {
	case first:
		go s.takeTurns()
	case !queued:
		go inv.run()
	}
}

// takeTurns runs ordered commands one after the other, and starts the others, until none is left.
func (s *Session) takeTurns() {
	for inv := s.turns.next(false); inv != nil; inv = s.turns.next(true) {
		if inv.ordered() {
			inv.runOrdered()
		} else {
			go inv.run()
		}
	}
}

// runOrdered runs an ordered command. Its answer goes at once when there is room for it; the next command does not wait for that.
func (inv *invocation) runOrdered() {
	a, err := inv.perform()
	inv.cancel(context.Canceled)
	if err != nil || !a.raw || len(a.data) <= inlineBody {
		if failed := inv.reply(noWait, a, err); failed == nil || errors.Is(failed, ErrClosed) {
			inv.over()
			return
		}
	}
	go inv.answer(a, err)
}
