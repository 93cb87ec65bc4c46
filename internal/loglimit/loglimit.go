// Package loglimit keeps a log readable whatever pages do: of records with the same message, for the same window, so many pass in a
// while. The first one of the next while tells how many did not ("suppressed"). Texts that a page may have chosen are cut.
package loglimit

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// What passes: per records of one message and window in each while. Text is the longest value, in bytes, but for a stack.
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
	return slog.New(&handler{next: l.Handler(), budgets: &budgets{at: map[key]*budget{}}})
}

type key struct{ message, window string }

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

// handler is a slog.Handler in front of another.
type handler struct {
	next    slog.Handler
	window  string // of WithAttrs
	budgets *budgets
}

var _ slog.Handler = (*handler)(nil)

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	to := &handler{next: h.next.WithAttrs(attrs), window: h.window, budgets: h.budgets}
	for _, a := range attrs {
		if a.Key == WindowKey {
			to.window = a.Value.String()
		}
	}
	return to
}

func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{next: h.next.WithGroup(name), window: h.window, budgets: h.budgets}
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	k, long := key{r.Message, h.window}, false
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == WindowKey {
			k.window = a.Value.String()
		}
		_, is := cut(a)
		long = long || is
		return true
	})
	suppressed, ok := h.budgets.take(k, r.Time)
	if !ok {
		return nil
	}
	if long {
		shorter := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
		r.Attrs(func(a slog.Attr) bool {
			a, _ = cut(a)
			shorter.AddAttrs(a)
			return true
		})
		r = shorter
	}
	if suppressed > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("suppressed", suppressed))
	}
	return h.next.Handle(ctx, r)
}

// cut shortens an attribute's text, and says whether it had to.
func cut(a slog.Attr) (slog.Attr, bool) {
	if a.Key == StackKey {
		return a, false
	}
	var text string
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		text = v.String()
	case slog.KindAny:
		switch v := v.Any().(type) {
		case error:
			text = v.Error()
		case []any, map[string]any: // what JSON decodes to
			text = fmt.Sprint(v)
		default:
			return a, false
		}
	default:
		return a, false
	}
	if len(text) <= Text {
		return a, false
	}
	return slog.String(a.Key, strings.ToValidUTF8(text[:Text], "")+"…"), true
}
