package transport

import (
	"encoding/json"
	"sync"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport/wire"
)

// script is the source of an eval that the page may want to be evaluated natively.
type script struct {
	id     uint32
	js     string
	result bool
	end    uint64 // position in lane 0's ring that is not before its end, once it is sent
	gone   bool
}

// scripts keeps the sources of evals while the page may ask for them. The page asks with the number only, so
// that it can't make Go evaluate what the app has not sent.
//
// A source is kept until the page has handled its frame, and not much longer: lane 0 holds at most
// ControlBytes that were not sent, and the page at most Window that it has not handled. Positions
// count wrap padding, too, at most an eighth of a ring's lap; twice the window covers it. So what lies further
// behind the ring's tail was handled.
type scripts struct {
	mu    sync.Mutex
	kept  map[uint32]*script
	order []*script // by the end of their sending
}

// keep remembers a script that is about to be sent.
func (k *scripts) keep(id uint32, js string, result bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = make(map[uint32]*script)
	}
	k.kept[id] = &script{id: id, js: js, result: result}
}

// sent says that a script lies before the position tail, and forgets those that are too far behind it.
func (k *scripts) sent(id uint32, tail uint64, reach int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.kept[id]; c != nil { // else the page was quicker
		c.end = tail
		k.order = append(k.order, c)
	}
	n := 0
	for n < len(k.order) && (k.order[n].gone || int64(tail-k.order[n].end) > reach) {
		delete(k.kept, k.order[n].id)
		k.order[n] = nil
		n++
	}
	k.order = k.order[n:]
}

// take gives a script that the page asks for, or has answered, and forgets it.
func (k *scripts) take(id uint32) (script, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.kept[id]
	if c == nil {
		return script{}, false
	}
	delete(k.kept, id)
	s := *c
	c.js, c.gone = "", true
	return s, true
}

// reach is how far behind lane 0's tail a frame may lie that the page has not handled.
func (s *Session) reach() int64 { return int64(s.opt.ControlBytes) + 2*int64(s.opt.Window) }

// notAllowed handles the page's word that its Content-Security-Policy forbids an eval.
func (s *Session) notAllowed(id uint32) error {
	c, ok := s.scripts.take(id)
	if !ok {
		return wire.Broken("native eval of script %d, which is not known", id)
	}
	s.figures.nativeEvals.Add(1)
	go s.evalNatively(id, c)
	return nil
}

// evalNatively is the goroutine of a native eval. When SessionConfig.NativeEval panics, nobody will tell the page that the script ran,
// which goes on by itself after a while.
func (s *Session) evalNatively(id uint32, c script) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		s.log.Error("native eval panicked", "panic", f.Panic, "stack", f.Stack)
		s.NativeEvaluated(id, nil, &Error{CodePanic, "the native eval panicked: see the app's log", nil})
	})
	s.nativeEval(id, c.js, c.result)
	returned = true
}

// NativeEvaluated is the answer to SessionConfig.NativeEval: the script's value as JSON (nil: null), or why
// it failed; an *Error, with code "eval" and a detail of name and stack, is what EvalResult gives. Besides it, the page must be told
// that the script ran, by a second script, which must run even when the first one failed:
//
//	globalThis[Symbol.for('tailrace.native')]?.(id)
//	globalThis[Symbol.for('tailrace.native')]?.(id, {name, message, stack})  // it threw
//
// A script that nobody waits for shows in the page as an uncaught error then. After ten seconds
// without it the page goes on, with an error.
func (s *Session) NativeEvaluated(id uint32, result json.RawMessage, err error) {
	if reply, ok := s.evals.LoadAndDelete(id); ok {
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
