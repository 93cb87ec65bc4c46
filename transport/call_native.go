package transport

import (
	"encoding/json"
	"sync"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// script is the source of an eval that the page may want to be evaluated natively.
type script struct {
	id     uint32
	js     string
	result bool
	end    uint64 // position in lane 0's ring that is not before its end, once it is sent
	gone   bool
}

// scriptCost is what a script takes beside its source, in bytes.
const scriptCost = 96

func (c *script) cost() int64 { return scriptCost + int64(len(c.js)) }

// scripts keeps the sources of evals while the page may ask for them. The page asks with the number
// only, so that it can't make Go evaluate what the app has not sent.
//
// A source is kept until the page has answered or credited its frame: one that the page asks for is
// credited only when it ran, and so is all that lies behind it. Marks say which credit means which
// position in lane 0's ring.
type scripts struct {
	budget *budget

	mu      sync.Mutex
	kept    map[uint32]*script
	most    int           // that kept had since it was made: a map does not shrink
	order   fifo[*script] // by the end of their sending
	marks   fifo[scriptMark]
	handled uint64 // position up to which all was credited
}

// scriptMark says that a credit of sum bytes covers the ring up to pos.
type scriptMark struct{ sum, pos uint64 }

// keep remembers a script that is about to be sent, whose cost was counted.
func (k *scripts) keep(c *script) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = make(map[uint32]*script)
	}
	k.kept[c.id] = c
	k.most = max(k.most, len(k.kept))
}

// sent says that a script lies before the position tail.
func (k *scripts) sent(id uint32, tail uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.kept[id]; c != nil { // else the page was quicker
		c.end = tail
		k.order.push(c)
		k.trim()
	}
}

// batched says that the ring is in batches up to pos, with sum bytes of strides in all. Marks that
// are near each other become one.
func (k *scripts) batched(pos, sum uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch n := k.marks.len(); {
	case len(k.kept) == 0:
		k.marks = fifo[scriptMark]{}
	case n > 1 && sum-k.marks.all[len(k.marks.all)-2].sum <= markBytes:
		k.marks.all[len(k.marks.all)-1] = scriptMark{sum, pos}
	default:
		k.marks.push(scriptMark{sum, pos})
	}
}

// credited forgets what the page has handled with a credit of that many bytes.
func (k *scripts) credited(total uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.marks.len() > 0 && k.marks.front().sum <= total {
		k.handled = k.marks.pop().pos
	}
	k.trim()
}

// trim forgets the scripts that were handled. The caller holds mu.
func (k *scripts) trim() {
	for k.order.len() > 0 {
		c := *k.order.front()
		if !c.gone {
			if int64(k.handled-c.end) < 0 {
				return
			}
			k.drop(c)
		}
		k.order.pop()
	}
}

// take gives a script that the page asks for, or has answered, and forgets it.
func (k *scripts) take(id uint32) (script, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.kept[id]
	if c == nil {
		return script{}, false
	}
	k.drop(c)
	s := *c
	c.js, c.gone = "", true
	return s, true
}

// drop takes a script out of kept. The caller holds mu.
func (k *scripts) drop(c *script) {
	delete(k.kept, c.id)
	k.budget.give(heldScripts, c.cost())
	if len(k.kept) == 0 && k.most > maxSpare {
		k.kept, k.most = nil, 0
	}
}

// forget forgets all scripts: the session is over.
func (k *scripts) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.kept {
		k.budget.give(heldScripts, c.cost())
		c.gone = true
	}
	k.kept, k.most, k.order, k.marks = nil, 0, fifo[*script]{}, fifo[scriptMark]{}
}

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

// evalNatively is the goroutine of a native eval. When SessionConfig.NativeEval panics, nobody will
// tell the page that the script ran, which goes on by itself after a while.
func (s *Session) evalNatively(id uint32, c script) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		s.log.Error("native eval panicked", "panic", f.Panic, "stack", f.Stack)
		s.NativeEvaluated(id, nil, &Error{CodePanic, "the native eval panicked: see the app's log",
			nil})
	})
	s.nativeEval(id, c.js, c.result)
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
