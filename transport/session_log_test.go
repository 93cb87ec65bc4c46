package transport_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// records is a slog.Handler that keeps what it gets: level, message, and the attributes in their
// order.
type records struct {
	mu    *sync.Mutex
	lines *[]string
	with  string
}

func newRecords() records { return records{mu: new(sync.Mutex), lines: new([]string)} }

func (j records) Enabled(context.Context, slog.Level) bool { return true }
func (j records) WithGroup(string) slog.Handler            { return j }
func (j records) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		j.with += " " + a.String()
	}
	return j
}

func (j records) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message + j.with
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "stack" {
			line += " " + a.String()
		}
		return true
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	*j.lines = append(*j.lines, line)
	return nil
}

// take gives the lines so far.
func (j records) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := *j.lines
	*j.lines = nil
	return lines
}

// TestLog: what is logged of a session, once each, with which keys.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newRecords()
		o := narrow
		o.Logger = slog.New(j)
		o.Policy = policyFunc(func(p transport.Permission) error {
			if p.Name == "secret" {
				return p.Denied()
			}
			return nil
		})
		e := newEngine(t, o)
		got := make(chan *transport.Channel[[]byte], 1)
		transport.Handle(e, "grab", func(_ context.Context,
			a struct{ C *transport.Channel[[]byte] }) (any, error) {
			a.C.Keep()
			got <- a.C
			return nil, nil
		})
		transport.Handle(e, "panic", func(context.Context, struct{}) (any, error) {
			panic("in a handler")
		})
		p, err := transporttest.Open(e, transporttest.Config{Label: "left"})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		logs := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			lines := j.take()
			if strings.Join(lines, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s logs\n%s\nwant\n%s", what, strings.Join(lines, "\n"),
					strings.Join(want, "\n"))
			}
		}
		invoke := func(command string, channels ...*transporttest.Channel) {
			t.Helper()
			r := transporttest.Request{Command: command, Args: map[string]any{}, Channels: channels}
			if len(channels) > 0 {
				r.Args = map[string]any{"C": channels[0]}
			}
			_, _ = p.Invoke(r)
		}
		logs("a new session", "INFO session opened window=left session=1 origin=test://page "+
			"carrier=memory")
		invoke("secret")
		invoke("secret")
		logs("a denial", "WARN denied window=left permission=command:secret origin=test://page")
		invoke("panic")
		logs("a panic", "ERROR command panicked window=left command=panic panic=in a handler")

		page := p.NewChannel()
		invoke("grab", page)
		ch := <-got
		ch.CloseWithError(errors.New("the sensor is gone"))
		logs("an end with an error", "INFO channel ended with an error window=left channel="+
			fmt.Sprint(page.ID())+" command=grab reason=closed by Go error=the sensor is gone")

		// Full queues.
		page = p.NewChannel()
		invoke("grab", page)
		ch = <-got
		p.Stall(true)
		time.Sleep(time.Minute)
		for ch.TrySend(make([]byte, 1000)) == nil {
		}
		sent := make(chan error, 1)
		go func() { sent <- ch.Send(context.Background(), make([]byte, 1000)) }()
		time.Sleep(8 * time.Second)
		p.Stall(false)
		synctest.Wait()
		for range 65 {
			if _, err := page.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		logs("a full channel", "INFO channel is full: a sender has waited window=left channel="+
			fmt.Sprint(page.ID())+" command=grab waited=8s")
		p.Stall(true)
		time.Sleep(time.Minute)
		refused := 0
		for refused < 1000 {
			if p.Session.Event([]uint32{1}, false, make([]byte, 1000)) != nil {
				refused++
			}
		}
		synctest.Wait()
		lines := j.take()
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "WARN events are refused: lane 0 is "+
			"full window=left bytes=") {
			t.Errorf("1000 events that are refused log %q", lines)
		}
		p.Stall(false)

		p.Session.End("page reloaded")
		p.Session.End("twice")
		logs("the end", "INFO session ended window=left session=1 reason=page reloaded")
	})
}

// TestLogOfRules: a page that breaks a rule is logged as such, and one that does it over and over
// does not flood the log.
func TestLogOfRules(t *testing.T) {
	j := newRecords()
	e := newEngine(t, transport.Options{Logger: slog.New(j)})
	for range 200 {
		p := openPage(t, e, transporttest.Config{Label: "hostile"})
		if _, err := p.Session.Receive(wire.Finish(wire.AppendHeader(nil, &wire.Header{
			Receipt: 1 << 40,
		}))); err == nil {
			t.Fatal("accepted")
		}
	}
	lines := j.take()
	ended := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "WARN session ended window=hostile") {
			ended++
			if !strings.Contains(line, "reason=the page broke a rule of the protocol error=") {
				t.Errorf("%s", line)
			}
		}
	}
	if ended == 0 || ended > 64 || len(lines) > 160 {
		t.Errorf("%d lines for 200 sessions, %d of their ends", len(lines), ended)
	}
}

// TestLogOfResends: many batches that are sent again are told once in a while, not each.
func TestLogOfResends(t *testing.T) {
	j := newRecords()
	_, page, ch := grab[[]byte](t, transport.Options{
		Logger: slog.New(j), ResendAfter: time.Millisecond,
	}, transporttest.Config{
		Faults: transporttest.Faults{Seed: 3, LoseAnswer: 0.4},
	})
	for n := 0; ch.Stats().Resent < 200; n++ {
		if err := ch.Send(within(t), make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if err := ch.Flush(within(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := page.Next(); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	// it is logged on a goroutine of its own
	for deadline := time.Now().Add(time.Minute); len(lines) == 0 &&
		time.Now().Before(deadline); runtime.Gosched() {
		for _, line := range j.take() {
			if strings.Contains(line, "sent again") {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 || len(lines) > 3 || !strings.HasPrefix(lines[0], "WARN many batches are "+
		"sent again window=main batches=64 within=") {
		t.Errorf("logged %q", lines)
	}
}
