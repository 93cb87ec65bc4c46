package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// newEngine makes an engine that logs nothing.
func newEngine(t testing.TB, o transport.Options) *transport.Engine {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	e, err := transport.NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// openPage opens a page, whose session ends with the test, and leaves nothing behind.
func openPage(t testing.TB, e *transport.Engine, c transporttest.Config) *transporttest.Page {
	t.Helper()
	p, err := transporttest.Open(e, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		nothingLeft(t, p.Session)
	})
	return p
}

// nothingLeft ends the session, and checks its figures.
func nothingLeft(t testing.TB, s *transport.Session) {
	t.Helper()
	if err := transporttest.Leftovers(s); err != nil {
		t.Error(err)
	}
}

// wantJSON checks a command's JSON result.
func wantJSON(t testing.TB, r *transporttest.Result, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatalf("rejected: %v", err)
	}
	if r.Raw || string(r.Data) != want {
		t.Fatalf("result %q (raw %v), want %s", r.Data, r.Raw, want)
	}
}

// wantCode checks a rejection's code.
func wantCode(t testing.TB, err error, code string) *transport.Error {
	t.Helper()
	var e *transport.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want code %q", err, code)
	}
	return e
}

// within is a context for what must happen soon; a test that needs all of it has failed.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func decodeInt(t testing.TB, data []byte) int {
	t.Helper()
	var n int
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatalf("message %q: %v", data, err)
	}
	return n
}

const jsonKind = wire.JSON

// slogOf gives a logger for the engine that keeps its records in j.
func slogOf(j records) *slog.Logger { return slog.New(j) }

// flushed waits until the engine's records have been handed over.
func flushed(t testing.TB, e *transport.Engine) {
	t.Helper()
	if !loglimit.Flush(e.Options().Logger, time.Minute) {
		t.Fatal("the log's handler does not get on")
	}
}
