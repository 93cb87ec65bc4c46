package transport

import (
	"encoding/json"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/scripts"
)

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
