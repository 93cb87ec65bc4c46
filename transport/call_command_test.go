package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

type addArgs struct{ A, B int }

func TestCommandResult(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "add", func(_ context.Context, a addArgs) (int, error) {
		return a.A + a.B, nil
	})
	transport.Handle(e, "nothing", func(context.Context, struct{}) (struct{}, error) {
		return struct{}{}, nil
	})
	p := openPage(t, e, transporttest.Config{})
	r, err := p.Invoke(transporttest.Request{Command: "add", Args: addArgs{2, 3}})
	wantJSON(t, r, err, "5")
	r, err = p.Invoke(transporttest.Request{Command: "nothing"})
	wantJSON(t, r, err, "{}")
}

func TestCommandRawBody(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "reverse", func(_ context.Context, b []byte) ([]byte, error) {
		r := make([]byte, len(b))
		for i, c := range b {
			r[len(b)-1-i] = c
		}
		return r, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for _, n := range []int{0, 1, 7, 64 << 10, 64<<10 + 1, 1 << 20, 5<<20 + 3} {
		body := make([]byte, n)
		for i := range body {
			body[i] = byte(i * 7 >> 3)
		}
		r, err := p.Invoke(transporttest.Request{Command: "reverse", Raw: body})
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			body[i], body[j] = body[j], body[i]
		}
		if !r.Raw || !bytes.Equal(r.Data, body) {
			t.Fatalf("%d bytes: wrong result of %d bytes (raw %v)", n, len(r.Data), r.Raw)
		}
	}
	if n := p.Session.Stats().Lanes; n > 1 { // the last upload's close may be on its way
		t.Errorf("%d body lanes are left", n)
	}
}

func TestCommandLargeJSON(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "echo", func(_ context.Context, s string) (string, error) { return s, nil })
	p := openPage(t, e, transporttest.Config{})
	long := strings.Repeat("äöü ", 500_000)
	r, err := p.Invoke(transporttest.Request{Command: "echo", Args: long})
	wantJSON(t, r, err, `"`+long+`"`)
}

func TestCommandErrors(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "plain", func(context.Context, struct{}) (int, error) {
		return 0, errors.New("no luck")
	})
	transport.Handle(e, "coded", func(context.Context, struct{}) (int, error) {
		return 0, fmt.Errorf("wrapped: %w", &transport.Error{
			Code: "disk_full", Message: "disk is full", Detail: map[string]int{"free": 3},
		})
	})
	transport.Handle(e, "add", func(_ context.Context, a addArgs) (int, error) {
		return a.A + a.B, nil
	})
	transport.Handle(e, "raw", func(_ context.Context, b []byte) (int, error) {
		return len(b), nil
	})
	transport.Handle(e, "unencodable", func(context.Context, struct{}) (func(), error) {
		return func() {}, nil
	})
	transport.Handle(e, "bad detail", func(context.Context, struct{}) (int, error) {
		return 0, &transport.Error{Code: "x", Message: "y", Detail: func() {}}
	})
	transport.Handle(e, "panic", func(context.Context, struct{}) (int, error) { panic("boom") })
	transport.Handle(e, "nil", func(context.Context, struct{}) (int, error) {
		var p *addArgs
		return p.A, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for _, c := range []struct {
		command string
		args    any
		raw     []byte
		code    string
		text    string
	}{
		{"plain", nil, nil, transport.CodeError, "no luck"},
		{"coded", nil, nil, "disk_full", "disk is full"},
		{"missing", nil, nil, transport.CodeUnknownCommand, `"missing"`},
		{"add", "text", nil, transport.CodeBadArguments, `"add"`},
		{"add", nil, []byte{1}, transport.CodeBadArguments, "JSON arguments"},
		{"raw", 1, nil, transport.CodeBadArguments, "raw bytes"},
		{"unencodable", nil, nil, transport.CodeBadResult, "unencodable"},
		{"bad detail", nil, nil, "x", "y"},
		{"panic", nil, nil, transport.CodePanic, `"panic"`},
		{"nil", nil, nil, transport.CodePanic, `"nil"`},
	} {
		_, err := p.Invoke(transporttest.Request{Command: c.command, Args: c.args, Raw: c.raw})
		if e := wantCode(t, err, c.code); !strings.Contains(e.Message, c.text) {
			t.Errorf("%s: message %q lacks %q", c.command, e.Message, c.text)
		}
	}
	_, err := p.Invoke(transporttest.Request{Command: "coded"})
	if e := wantCode(t, err, "disk_full"); fmt.Sprint(e.Detail) != "map[free:3]" {
		t.Errorf("detail %v", e.Detail)
	}
	r, err := p.Invoke(transporttest.Request{Command: "add", Args: addArgs{1, 1}})
	wantJSON(t, r, err, "2")
}

func TestCommandHeaders(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "who", func(ctx context.Context, _ struct{}) (string, error) {
		return transport.Header(ctx, "user") + "@" + transport.SessionFrom(ctx).Label(), nil
	})
	p := openPage(t, e, transporttest.Config{Label: "side"})
	r, err := p.Invoke(transporttest.Request{
		Command: "who", Headers: map[string]string{"user": "ann"},
	})
	wantJSON(t, r, err, `"ann@side"`)
}

func TestCommandCancel(t *testing.T) {
	e := newEngine(t, transport.Options{})
	started, cause := make(chan struct{}), make(chan error, 1)
	transport.Handle(e, "wait", func(ctx context.Context, _ struct{}) (int, error) {
		close(started)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return 0, ctx.Err()
	})
	p := openPage(t, e, transporttest.Config{})
	call := p.Start(transporttest.Request{Command: "wait"})
	<-started
	call.Cancel()
	if err := <-cause; !errors.Is(err, transport.ErrCanceled) || !errors.Is(err, context.Canceled) {
		t.Fatalf("cause %v", err)
	}
}

func TestCommandEndsWithSession(t *testing.T) {
	e := newEngine(t, transport.Options{})
	started, cause, ended := make(chan struct{}), make(chan error, 1), make(chan struct{})
	transport.Handle(e, "wait", func(ctx context.Context, _ struct{}) (int, error) {
		close(started)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		<-ended // a drainer that is at it might still take the result
		return 0, nil
	})
	p := openPage(t, e, transporttest.Config{})
	call := p.Start(transporttest.Request{Command: "wait"})
	<-started
	p.Session.End("page was reloaded")
	close(ended)
	err := <-cause
	var closed *transport.ClosedError
	if !errors.As(err, &closed) || closed.Reason != "page was reloaded" ||
		!errors.Is(err, transport.ErrClosed) {
		t.Fatalf("cause %v", err)
	}
	if _, err := call.Wait(); !errors.Is(err, transporttest.ErrEnded) {
		t.Fatalf("the page's call gave %v", err)
	}
	<-p.Session.Done()
}

func TestManyCommandsAtOnce(t *testing.T) {
	e := newEngine(t, transport.Options{Pending: 1000})
	transport.Handle(e, "add", func(_ context.Context, a addArgs) (int, error) {
		return a.A + a.B, nil
	})
	p := openPage(t, e, transporttest.Config{})
	var calls []*transporttest.Call
	for i := range 1000 {
		calls = append(calls, p.Start(transporttest.Request{Command: "add", Args: addArgs{i, i}}))
	}
	for i, c := range calls {
		r, err := c.Wait()
		wantJSON(t, r, err, fmt.Sprint(2*i))
	}
}

func TestPendingLimit(t *testing.T) {
	e := newEngine(t, transport.Options{Pending: 3})
	release := make(chan struct{})
	started := make(chan struct{}, 4)
	transport.Handle(e, "wait", func(ctx context.Context, _ struct{}) (int, error) {
		started <- struct{}{}
		<-release
		return 1, nil
	})
	p := openPage(t, e, transporttest.Config{})
	var calls []*transporttest.Call
	for range 3 {
		calls = append(calls, p.Start(transporttest.Request{Command: "wait"}))
		<-started
	}
	_, err := p.Invoke(transporttest.Request{Command: "wait"})
	wantCode(t, err, transport.CodeBusy)
	close(release)
	for _, c := range calls {
		r, err := c.Wait()
		wantJSON(t, r, err, "1")
	}
	r, err := p.Invoke(transporttest.Request{Command: "wait"})
	wantJSON(t, r, err, "1")
}

// TestCommandEndsItsGoroutine: a handler that calls runtime.Goexit, as a test's FailNow does, has
// failed like one that panics.
func TestCommandEndsItsGoroutine(t *testing.T) {
	e := newEngine(t, transport.Options{})
	exit := func(context.Context, struct{}) (int, error) { runtime.Goexit(); return 1, nil }
	transport.Handle(e, "exit", exit)
	transport.HandleOrdered(e, "ordered exit", exit)
	transport.HandleOrdered(e, "next", func(_ context.Context, n int) (int, error) {
		return n, nil
	})
	transport.Handle(e, "exit with a channel",
		func(_ context.Context, a struct{ C *transport.Channel[int] }) (int, error) {
			runtime.Goexit()
			return 1, nil
		})
	p := openPage(t, e, transporttest.Config{})
	var exits, others []*transporttest.Call
	for n := range 10 {
		exits = append(exits, p.Start(transporttest.Request{Command: "ordered exit"}),
			p.Start(transporttest.Request{Command: "exit"}))
		others = append(others, p.Start(transporttest.Request{Command: "next", Args: n}))
	}
	ch := p.NewChannel()
	exits = append(exits, p.Start(transporttest.Request{
		Command: "exit with a channel",
		Args: map[string]any{
			"C": ch,
		}, Channels: []*transporttest.Channel{ch},
	}))
	for _, c := range exits {
		_, err := c.Wait()
		wantCode(t, err, transport.CodePanic)
	}
	for n, c := range others {
		r, err := c.Wait()
		wantJSON(t, r, err, fmt.Sprint(n))
	}
	if _, err := ch.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
		t.Errorf("the channel of a command that ended its goroutine: %v", err)
	}
	for p.Session.Stats().Running > 0 { // an answer may arrive before its call is forgotten
		runtime.Gosched()
	}
}

func TestHandleTwicePanics(t *testing.T) {
	e := newEngine(t, transport.Options{})
	f := func(context.Context, struct{}) (int, error) { return 0, nil }
	transport.Handle(e, "x", f)
	defer func() {
		if recover() == nil {
			t.Error("the second Handle returned")
		}
	}()
	transport.Handle(e, "x", f)
}
