// Package journal writes what a session has for its log: bounded, since pages can cause most of it.
// What package transport's documentation lists is here, but for the failures of the app's
// functions.
package journal

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/internal/ranked"
)

// LongWait is how long a sender must have waited for room for that to be logged.
const LongWait = 5 * time.Second

// tellAgain is the least time between two records of one session about the same trouble.
const tellAgain = 10 * time.Second

// storm is how many batches that are sent again within tellAgain are logged.
const storm = 64

// Carrier is what is logged of a session's carrier. It may have a method Reason() string, and one
// Settled() bool.
type Carrier interface{ Name() string }

// Journal is one session's. Any goroutine may call its methods, under any lock of ours but a leaf;
// the times are those since one beginning.
type Journal struct {
	log     *slog.Logger
	carrier Carrier
	serial  uint64 // the session's

	mu      ranked.Mutex[ranked.Leaf]
	opened  bool // the session was logged
	settled bool // before that its carrier was
	denials map[string]bool
	again   int           // batches that were sent again
	since   time.Duration // in the time from here

	refused atomic.Int64 // when refused events may be logged again
}

// Start says where to write, before anything is.
func (j *Journal) Start(log *slog.Logger, c Carrier) { j.log, j.carrier = log, c }

// Reason is why the carrier is what it is; "" when it does not say.
func (j *Journal) Reason() string {
	if c, ok := j.carrier.(interface{ Reason() string }); ok {
		return c.Reason()
	}
	return ""
}

// Opened logs the session, which has that number, with its carrier if that is settled.
func (j *Journal) Opened(serial uint64, origin string) {
	attrs := []any{"session", serial, "origin", origin}
	c, asks := j.carrier.(interface{ Settled() bool })
	settled := !asks || c.Settled() // not under mu: the carrier may have locks of its own
	j.mu.Lock()
	j.opened, j.serial = true, serial
	settled = settled || j.settled // meanwhile
	j.mu.Unlock()
	if settled {
		attrs = append(attrs, j.carrierAttrs()...)
	}
	j.log.Info("session opened", attrs...)
}

// Settled logs which carrier the session has from now on. Before Opened it logs nothing: that will
// say it.
func (j *Journal) Settled() {
	j.mu.Lock()
	serial, opened := j.serial, j.opened
	j.settled = true
	j.mu.Unlock()
	if opened {
		attrs := append([]any{"session", serial}, j.carrierAttrs()...)
		j.log.Info("session has its carrier", attrs...)
	}
}

func (j *Journal) carrierAttrs() []any {
	attrs := []any{"carrier", j.carrier.Name()}
	if reason := j.Reason(); reason != "" {
		attrs = append(attrs, "reason", reason)
	}
	return attrs
}

// Ended logs the end of the session. cause, if not nil, is the rule that the page broke.
func (j *Journal) Ended(reason string, cause error) {
	j.mu.Lock()
	serial := j.serial
	j.mu.Unlock()
	if cause != nil {
		j.log.Warn("session ended", "session", serial, "reason", reason, "error", cause)
	} else {
		j.log.Info("session ended", "session", serial, "reason", reason)
	}
}

// WaitedLong logs that a sender has waited for room.
func (j *Journal) WaitedLong(channel uint32, command string, took time.Duration) {
	j.log.Info("channel is full: a sender has waited", "channel", channel, "command", command,
		"waited", took)
}

// EventRefused says whether it is time to log that lane 0 has no room for events.
func (j *Journal) EventRefused(now time.Duration) bool {
	next := j.refused.Load()
	return int64(now) >= next && j.refused.CompareAndSwap(next, int64(now+tellAgain))
}

// EventsRefused logs that lane 0, which holds so many bytes, has no room for events. It runs where
// the event was emitted, which may be the UI thread.
func (j *Journal) EventsRefused(bytes int, refused uint64) {
	j.log.Warn("events are refused: lane 0 is full", "bytes", bytes, "refused", refused)
}

// SentAgain counts a batch that was sent again, and logs it when there are many.
func (j *Journal) SentAgain(now time.Duration) {
	j.mu.Lock()
	if j.again == 0 || now-j.since >= tellAgain {
		j.again, j.since = 0, now
	}
	j.again++
	stormy, within := j.again == storm, now-j.since
	j.mu.Unlock()
	if stormy {
		j.log.Warn("many batches are sent again", "batches", storm, "within", within,
			"carrier", j.carrier.Name())
	}
}

// ChannelEnded logs that a channel has ended with an error; byPage: the page has ended it.
func (j *Journal) ChannelEnded(
	channel uint32, command string, byPage bool, reason string, cause error,
) {
	level := slog.LevelInfo
	if byPage {
		level = slog.LevelWarn
	}
	j.log.Log(context.Background(), level, "channel ended with an error", "channel", channel,
		"command", command, "reason", reason, "error", cause)
}

// maxDenials bounds how many different denials of a session are logged: the page chooses the names.
const maxDenials = 256

// Denied logs the first denial of a permission.
func (j *Journal) Denied(permission, origin string) {
	if j.first(permission) {
		j.log.Warn("denied", "permission", permission, "origin", origin)
	}
}

func (j *Journal) first(permission string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.denials[permission] || len(j.denials) == maxDenials {
		return false
	}
	if j.denials == nil {
		j.denials = make(map[string]bool)
	}
	j.denials[permission] = true
	return true
}
