package transport

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// longWait is how long a sender must have waited for room for that to be logged.
const longWait = 5 * time.Second

// tellAgain is the least time between two records of one session about the same trouble.
const tellAgain = 10 * time.Second

// storm is how many batches that are sent again within tellAgain are logged.
const storm = 64

// told remembers when something was logged.
type told struct{ next atomic.Int64 }

// due says whether it may be logged now.
func (t *told) due(now time.Duration) bool {
	next := t.next.Load()
	return int64(now) >= next && t.next.CompareAndSwap(next, int64(now+tellAgain))
}

// journal is what a session remembers for its log.
type journal struct {
	opening sync.Mutex // guards opened: the session was logged
	opened  bool
	refused told
	// Guarded by outMu.
	again      int           // batches that were sent again
	againSince time.Duration // in the time from here
}

// carrierReason is why the carrier is what it is; "" when it does not say.
func (s *Session) carrierReason() string {
	if c, ok := s.carrier.(interface{ Reason() string }); ok {
		return c.Reason()
	}
	return ""
}

// logOpened logs the session, with its carrier if that is settled.
func (s *Session) logOpened() {
	attrs := []any{"session", s.serial, "origin", s.origin}
	s.journal.opening.Lock()
	s.journal.opened = true
	c, unsettled := s.carrier.(interface{ Settled() bool })
	unsettled = unsettled && !c.Settled()
	s.journal.opening.Unlock()
	if !unsettled {
		attrs = append(attrs, s.carrierAttrs()...)
	}
	s.log.Info("session opened", attrs...)
}

// logSettled logs which carrier the session has from now on.
func (s *Session) logSettled() {
	s.journal.opening.Lock()
	opened := s.journal.opened
	s.journal.opening.Unlock()
	if opened && s.ctx.Err() == nil { // else logOpened will say it
		s.log.Info("session has its carrier", append([]any{"session", s.serial},
			s.carrierAttrs()...)...)
	}
}

func (s *Session) carrierAttrs() []any {
	attrs := []any{"carrier", s.carrier.Name()}
	if reason := s.carrierReason(); reason != "" {
		attrs = append(attrs, "reason", reason)
	}
	return attrs
}

// waitedLong logs that a sender has waited long for room.
func (s *Session) waitedLong(l *lane, took time.Duration) {
	s.log.Info("channel is full: a sender has waited", "channel", l.id, "command", l.name, "waited",
		took)
}

// eventRefused logs that lane 0 has no room for events. It runs where the event was emitted, which
// may be the UI thread.
func (s *Session) eventRefused() {
	if s.journal.refused.due(s.engine.now()) {
		s.log.Warn("events are refused: lane 0 is full", "bytes", s.control.stats().Depth,
			"refused", s.figures.eventsRefused.Load())
	}
}

// sentAgain counts a batch that was sent again, and logs it when there are many. The caller, the
// drainer, holds outMu.
func (s *Session) sentAgain(b *Batch) {
	s.figures.resent.Add(1)
	for _, d := range b.runs {
		d.lane.resent.Add(1)
	}
	j, now := &s.journal, s.engine.now()
	if j.again == 0 || now-j.againSince >= tellAgain {
		j.again, j.againSince = 0, now
	}
	if j.again++; j.again == storm {
		s.log.Warn("many batches are sent again", "batches", storm, "within", now-j.againSince,
			"carrier", s.carrier.Name())
	}
}

// logEnd logs that a channel has ended with an error. The end of its session is logged for all of
// them.
func (l *lane) logEnd(e *ClosedError) {
	if e.Cause == nil || l.id == 0 || l.s.ctx.Err() != nil {
		return
	}
	level := slog.LevelInfo
	if l.in.ended.Load() { // the page has
		level = slog.LevelWarn
	}
	l.s.log.Log(context.Background(), level, "channel ended with an error", "channel", l.id,
		"command", l.name, "reason", e.Reason, "error", e.Cause)
}
