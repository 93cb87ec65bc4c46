package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/scripts"
)

// evals are the scripts that Go has its page evaluate. Any goroutine may touch them.
type evals struct {
	last    atomic.Uint64 // counts them; its low half is the last one's number
	waiting *xsync.MapOf[uint32, chan evalReply]

	native  func(id uint32, js string, expectResult bool) // of SessionConfig, nil: there is none
	natives atomic.Uint64                                 // how many were evaluated so
	scripts scripts.Store                                 // those that the page may ask for so
}

func (e *evals) start(c *SessionConfig, b *budget.Budget) {
	e.waiting = xsync.NewMapOf[uint32, chan evalReply]()
	e.native = c.NativeEval
	e.scripts.Start(b)
}

type evalReply struct {
	data json.RawMessage
	err  error
}

// Eval runs a script in the page's global scope, in order with the session's events, other evals
// and results. It does not wait: ErrFull when lane 0 has no space, ErrMemory when SessionBytes are
// used up. A script that throws is logged, and shows in the page as an uncaught error.
func (s *Session) Eval(js string) error {
	return s.sendEval(noWait, s.evalID(), js, false)
}

// EvalContext is Eval, but waits for space until ctx ends. Don't call it on the UI thread.
func (s *Session) EvalContext(ctx context.Context, js string) error {
	return s.sendEval(contexts.OrBackground(ctx), s.evalID(), js, false)
}

// EvalResult runs a script like Eval and returns its value as JSON (null for undefined); when the
// value is a promise, what that resolves to. A script that throws gives a *Error with code "eval",
// whose Detail has its name and stack. It waits for the page; don't call it on the UI thread.
func (s *Session) EvalResult(ctx context.Context, js string) (json.RawMessage, error) {
	ctx = contexts.OrBackground(ctx)
	reply := make(chan evalReply, 1)
	id := s.evalID()
	for {
		if _, taken := s.evals.waiting.LoadOrStore(id, reply); !taken {
			break
		}
		id = s.evalID()
	}
	defer s.evals.waiting.Delete(id)
	if err := s.sendEval(ctx, id, js, true); err != nil {
		return nil, err
	}
	select {
	case r := <-reply:
		return r.data, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.ctx.Done():
		select {
		case r := <-reply: // with the last that a page sent before it was left
			return r.data, r.err
		default:
			return nil, s.Err()
		}
	}
}

// evalID gives an eval its number, which is never 0. After 2^32 evals the numbers begin anew,
// without those whose value is still waited for.
func (s *Session) evalID() uint32 {
	for {
		n := s.evals.last.Add(1)
		id := uint32(n)
		if n == uint64(id) {
			return id
		}
		if _, waits := s.evals.waiting.Load(id); id != 0 && !waits {
			return id
		}
	}
}

// Flags of an eval frame.
const (
	evalQuiet  = 1 // nobody waits for the result: only an error is told
	evalNative = 2 // Go can evaluate it natively
)

// evalNotAllowed is the form of a page's result that asks Go to evaluate natively.
const evalNotAllowed = 3

func (s *Session) sendEval(ctx context.Context, id uint32, js string, expectResult bool) error {
	if err := s.Check(ActionEval, ""); err != nil {
		return err
	}
	flags := uint32(0)
	if !expectResult {
		flags |= evalQuiet
	}
	if s.evals.native != nil {
		flags |= evalNative
		c := &scripts.Script{ID: id, JS: js, Result: expectResult}
		if err := s.roomForScript(ctx, c.Cost()); err != nil {
			return fmt.Errorf("failed to eval: %w", err)
		}
		s.evals.scripts.Keep(c)
	}
	payload := twoWords(make([]byte, 0, 8+len(js)), id, flags)
	err := s.lanes.control.send(ctx, wire.Eval, append(payload, js...))
	if s.evals.native != nil {
		if err != nil {
			s.evals.scripts.Take(id)
		} else {
			s.evals.scripts.Sent(id, s.lanes.control.out.ring.Load().Tail())
		}
	}
	if err != nil {
		return fmt.Errorf("failed to eval: %w", err)
	}
	return nil
}

// roomForScript counts a source that is kept, or waits for room.
func (s *Session) roomForScript(ctx context.Context, cost int64) error {
	switch {
	case s.budget.TakeAny(budget.Scripts, cost):
		return nil
	case ctx == noWait:
		return ErrMemory
	}
	waits, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(s.ctx, func() { stop(s.Err()) })()
	return s.budget.Wait(waits, budget.Scripts, cost)
}

// evalReply takes the page's answer to an eval. A value that nobody waits for is dropped, an error
// logged.
func (s *Session) evalReply(kind wire.Kind, p []byte) error {
	id, body, rest, err := idAnd(p, kind)
	if err != nil {
		return err
	}
	if uint64(id) > s.evals.last.Load() ||
		body != 0 && (body != evalNotAllowed || kind != wire.Result || len(rest) > 0) {
		return wire.Broken("%v for eval %d, body %d", kind, id, body)
	}
	if body == evalNotAllowed {
		return s.notAllowed(id)
	}
	s.evals.scripts.Take(id)
	var r evalReply
	switch {
	case kind == wire.Error:
		e := new(Error)
		if err := json.Unmarshal(rest, e); err != nil {
			return wire.Broken("error for eval %d: %v", id, err)
		}
		r.err = e
	case !json.Valid(rest):
		return wire.Broken("result of eval %d is not JSON", id)
	default:
		r.data = bytes.Clone(rest)
	}
	if reply, ok := s.evals.waiting.LoadAndDelete(id); ok {
		reply <- r
	} else if e, ok := r.err.(*Error); ok {
		s.scriptFailed(e)
	}
	return nil
}

// notAllowed handles the page's word that its Content-Security-Policy forbids an eval.
func (s *Session) notAllowed(id uint32) error {
	c, ok := s.evals.scripts.Take(id)
	if !ok {
		return wire.Broken("native eval of script %d, which is not known", id)
	}
	s.evals.natives.Add(1)
	go s.evalNatively(id, c)
	return nil
}

// evalNatively is the goroutine of a native eval. When SessionConfig.NativeEval panics, nobody will
// tell the page that the script ran, which goes on by itself after a while.
func (s *Session) evalNatively(id uint32, c scripts.Script) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		s.log.Error("native eval panicked", "panic", f.Panic, "stack", f.Stack)
		s.NativeEvaluated(id, nil, &Error{CodePanic, "the native eval panicked: see the app's log",
			nil})
	})
	s.evals.native(id, c.JS, c.Result)
	returned = true
}

// NativeEvaluated is an answer to SessionConfig.NativeEval that does not come from the page: the
// script's value as JSON (nil: null), or why it failed; an *Error, with code "eval" and a detail of
// name and stack, is what EvalResult gives.
//
// Usually the page answers itself. It must be told that the script ran, by the script's end, or by
// a second script when it can't run:
//
//	globalThis[Symbol.for('tailrace.native')]?.(id, f)  // f gives the value, or throws
//	globalThis[Symbol.for('tailrace.native')]?.(id)     // there is no value
//	globalThis[Symbol.for('tailrace.native')]?.(id, null, {name, message, stack})  // it can't run
//
// What a script throws that nobody waits for shows in the page as an uncaught error. After ten
// seconds without a word the page goes on, with an error.
func (s *Session) NativeEvaluated(id uint32, result json.RawMessage, err error) {
	if reply, ok := s.evals.waiting.LoadAndDelete(id); ok {
		if err == nil && result == nil {
			result = json.RawMessage("null")
		}
		reply <- evalReply{result, err}
		return
	}
	if err != nil {
		s.scriptFailed(crossing(s.log, err))
	}
}

// scriptFailed logs the error of a script that nobody waits for.
func (s *Session) scriptFailed(e *Error) {
	s.log.Warn("script failed", "error", e.Message, "detail", e.Detail)
}
