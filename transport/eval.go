package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tailrace-go/tailrace/transport/wire"
)

type evalReply struct {
	data json.RawMessage
	err  error
}

// Eval runs a script in the page's global scope, in order with the session's other evals and
// results. It does not wait: ErrFull when lane 0 has no space. A script that throws is
// logged, and shows in the page as an uncaught error.
func (s *Session) Eval(js string) error {
	return s.sendEval(noWait, 0, js)
}

// EvalResult runs a script like Eval and returns its value as JSON (null for undefined); when the value
// is a promise, what that resolves to. A script that throws gives a *Error with code "eval".
// It waits for the page; don't call it on the UI thread.
func (s *Session) EvalResult(ctx context.Context, js string) (json.RawMessage, error) {
	id := s.lastEval.Add(1)
	if id == 0 {
		id = s.lastEval.Add(1)
	}
	reply := make(chan evalReply, 1)
	s.evals.Store(id, reply)
	defer s.evals.Delete(id)
	if err := s.sendEval(ctx, id, js); err != nil {
		return nil, err
	}
	select {
	case r := <-reply:
		return r.data, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.ctx.Done():
		return nil, s.Err()
	}
}

func (s *Session) sendEval(ctx context.Context, id uint32, js string) error {
	payload := twoWords(make([]byte, 0, 8+len(js)), id, 0)
	if err := s.control.send(ctx, wire.Eval, append(payload, js...)); err != nil {
		return fmt.Errorf("failed to eval: %w", err)
	}
	return nil
}

// evalReply takes the page's answer to an eval. An answer that nobody waits for is dropped.
func (s *Session) evalReply(kind wire.Kind, p []byte) error {
	id, body, rest, err := idAnd(p, kind)
	if err != nil {
		return err
	}
	if id > s.lastEval.Load() || body > 1 {
		return wire.Broken("%v for eval %d, body %d", kind, id, body)
	}
	var r evalReply
	switch {
	case kind == wire.Error:
		e := new(Error)
		if err := json.Unmarshal(rest, e); err != nil {
			return wire.Broken("error for eval %d: %v", id, err)
		}
		if id == 0 {
			s.log.Warn("script failed", "error", e.Message, "detail", e.Detail)
			return nil
		}
		r.err = e
	case !json.Valid(rest):
		return wire.Broken("result of eval %d is not JSON", id)
	default:
		r.data = bytes.Clone(rest)
	}
	if reply, ok := s.evals.LoadAndDelete(id); ok {
		reply <- r
	}
	return nil
}
