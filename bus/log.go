package bus

import "time"

// tellAgain is the least time between two records about full queues.
const tellAgain = 10 * time.Second

// logFull logs that listeners had no room for an event. It runs where that was emitted, which may
// be the UI thread.
func (b *Bus) logFull(e *ListenerError) {
	now, next := time.Now().UnixNano(), b.full.Load()
	if now >= next && b.full.CompareAndSwap(next, now+int64(tellAgain)) {
		b.log.Warn("bus: an event was refused: listeners' queues are full", "event", e.Name,
			"listeners", len(e.IDs), "refused", b.figures.overflows.Load())
	}
}
