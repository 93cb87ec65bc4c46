package loglimit

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// records is a handler that keeps what it gets.
type records struct{ all *[]map[string]string }

func (r records) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }
func (r records) WithAttrs([]slog.Attr) slog.Handler           { return r }
func (r records) WithGroup(string) slog.Handler                { return r }
func (r records) Handle(_ context.Context, rec slog.Record) error {
	m := map[string]string{"message": rec.Message}
	rec.Attrs(func(a slog.Attr) bool {
		m[a.Key] = a.Value.String()
		return true
	})
	*r.all = append(*r.all, m)
	return nil
}

func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []map[string]string
		l := New(slog.New(records{&all}))
		main := l.With(WindowKey, "main")
		for range 1000 {
			main.Warn("denied")
		}
		synctest.Wait()
		if len(all) != Per {
			t.Fatalf("%d records of 1000 passed, want %d", len(all), Per)
		}
		// Others are not touched: another window, by With or by an attribute of its own; another
		// message; the same logger behind With.
		l.With(WindowKey, "other").Warn("denied")
		l.Warn("denied", WindowKey, "third")
		main.Warn("session ended")
		main.With("session", 1).Warn("denied")
		main.Debug("denied")
		synctest.Wait()
		if len(all) != Per+3 {
			t.Fatalf("%d records", len(all))
		}
		time.Sleep(While - time.Nanosecond)
		main.Warn("denied")
		synctest.Wait()
		if len(all) != Per+3 {
			t.Fatal("more passed before the while was over")
		}
		time.Sleep(time.Nanosecond)
		main.Warn("denied", "permission", "x")
		synctest.Wait()
		last := all[len(all)-1]
		if len(all) != Per+4 || last["suppressed"] != "970" || last["permission"] != "x" {
			t.Fatalf("%d records, the last %v", len(all), last)
		}
		main.Warn("denied")
		synctest.Wait()
		if _, told := all[len(all)-1]["suppressed"]; told {
			t.Error("what was suppressed is told twice")
		}
	})
}

func TestLongTexts(t *testing.T) {
	var all []map[string]string
	l := New(slog.New(records{&all}))
	long := strings.Repeat("ü", Text)
	l.Info("script failed", "error", errors.New(long), "text", long, "detail", map[string]any{
		"stack": long,
	}, StackKey, long, "n", 7)
	Flush(l, time.Minute)
	got := all[0]
	for _, key := range []string{"error", "text", "detail"} {
		if n := len(got[key]); n > Text+4 || n < Text || !strings.HasSuffix(got[key], "…") ||
			strings.ToValidUTF8(got[key], "?") != got[key] {
			t.Errorf("%s of %d bytes", key, n)
		}
	}
	if got[StackKey] != long || got["n"] != "7" {
		t.Error("what is no page's text was changed")
	}
	if New(l) != l {
		t.Error("a logger is limited twice")
	}
}

func TestManyKindsAreBounded(t *testing.T) {
	var all []map[string]string
	l := New(slog.New(records{&all}))
	for i := range 3 * most {
		l.Info("m", WindowKey, i)
	}
	Flush(l, time.Minute)
	if n := len(l.Handler().(*handler).budgets.at); n > most {
		t.Errorf("%d kinds are told apart", n)
	}
}
