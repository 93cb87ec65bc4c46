package transport

import "sync/atomic"

// AtAnswered has f come in when the answer of the engine's first call is on its way, and the call
// is not over yet.
func AtAnswered(e *Engine, f func()) {
	var passed atomic.Bool
	e.inGap = func(g gap) {
		if g == gapAnswered && !passed.Swap(true) {
			f()
		}
	}
}
