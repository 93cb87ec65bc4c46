// Package loglimit is the way from this library to the app's logger. It keeps a log readable
// whatever pages do, and keeps the app's slog.Handler away from where it could do harm.
//
// Limits: of records with the same message, for the same window, so many pass in a while. The first
// one of the next while tells how many did not ("suppressed"). Texts that a page may have chosen
// are cut.
//
// A call that logs never waits, and runs no function of the app: it may be made under any lock,
// between claim and commit, on the drainer and on the UI thread. The record stands in a queue then,
// and a goroutine that exists while there is something in it hands it to the app's handler; see
// queue.go.
package loglimit

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// What passes: per records of one message and window in each while. Text is the longest value, in
// bytes, but for a stack.
const (
	Per   = 32
	While = 10 * time.Second
	Text  = 2048
)

// most bounds the messages and windows that are told apart. The library has some forty messages.
const most = 4096

// WindowKey is the key of the attribute that tells windows apart, StackKey that of a stack.
const (
	WindowKey = "window"
	StackKey  = "stack"
)

// New gives a logger that writes to l as often as that. A logger from here is given back as it is.
func New(l *slog.Logger) *slog.Logger {
	if _, ok := l.Handler().(*handler); ok {
		return l
	}
	return slog.New(&handler{
		queue: new(queue), budgets: &budgets{at: map[key]*budget{}},
		target: &target{
			made: l.Handler(),
		},
	})
}

type key struct {
	message, window string
	level           slog.Level
}

type budget struct {
	since      time.Time
	passed     int
	suppressed int
}

type budgets struct {
	mu sync.Mutex
	at map[key]*budget
}

// take says whether a record may pass, and how many were suppressed before it.
func (b *budgets) take(k key, now time.Time) (suppressed int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.at[k]
	if o == nil {
		if len(b.at) == most {
			clear(b.at)
		}
		o = &budget{since: now}
		b.at[k] = o
	}
	if now.Sub(o.since) >= While {
		*o = budget{since: now, suppressed: o.suppressed}
	}
	if o.passed == Per {
		o.suppressed++
		return 0, false
	}
	o.passed++
	suppressed, o.suppressed = o.suppressed, 0
	return suppressed, true
}

// handler is a slog.Handler in front of the app's.
type handler struct {
	queue   *queue
	budgets *budgets
	window  string // of WithAttrs
	target  *target
}

var _ slog.Handler = (*handler)(nil)

// Enabled is true: the app's handler is asked later.
func (h *handler) Enabled(context.Context, slog.Level) bool { return true }

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	to := *h
	to.target = &target{from: h.target, attrs: attrs}
	for _, a := range attrs {
		to.windowOf(a, &to.window)
	}
	return &to
}

func (h *handler) WithGroup(name string) slog.Handler {
	to := *h
	to.target = &target{from: h.target, group: name}
	return &to
}

// windowOf takes the window out of an attribute that tells it.
func (h *handler) windowOf(a slog.Attr, window *string) {
	if a.Key != WindowKey {
		return
	}
	switch a.Value.Kind() {
	case slog.KindAny, slog.KindLogValuer, slog.KindGroup: // none of ours: it might call the app
	default:
		*window = a.Value.String()
	}
}

// Handle queues the record.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	k := key{r.Message, h.window, r.Level}
	shorter := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		h.windowOf(a, &k.window)
		shorter.AddAttrs(cut(a))
		return true
	})
	suppressed, ok := h.budgets.take(k, r.Time)
	if !ok {
		return nil
	}
	if suppressed > 0 {
		shorter.AddAttrs(slog.Int("suppressed", suppressed))
	}
	h.queue.put(entry{h.target, shorter, 1})
	return nil
}

// cut shortens a text of ours, and what JSON decodes to. Errors are shortened when the app's
// functions may be called.
func cut(a slog.Attr) slog.Attr {
	if a.Key == StackKey {
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return shorten(a, a.Value.String())
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case []any, map[string]any:
			return shorten(a, fmt.Sprint(v))
		}
	}
	return a
}

// shorten cuts an attribute whose text is too long.
func shorten(a slog.Attr, text string) slog.Attr {
	if len(text) <= Text {
		return a
	}
	return slog.String(a.Key, strings.ToValidUTF8(text[:Text], "")+"…")
}
