package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestNativeEval: the page's policy forbids eval. Scripts are evaluated natively, each in its place
// among events, results and other scripts; other lanes go on meanwhile.
func TestNativeEval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		e := newEngine(t, transport.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		release := make(chan bool)
		transport.Handle(e, "stream", func(ctx context.Context,
			a struct{ C *transport.Channel[int] }) (string, error) {
			<-release
			return "sent", a.C.Send(ctx, 1)
		})
		transport.Handle(e, "raw", func(context.Context, any) ([]byte, error) {
			return make([]byte, 100<<10), nil
		})
		var log journal
		type asked struct {
			id     uint32
			js     string
			result bool
		}
		native := make(chan asked)
		p := openPage(t, e, transporttest.Config{
			ForbidEval: true,
			Control: func(kind wire.Kind, id uint32, payload []byte) {
				if kind == wire.Event {
					log.add("event %s", payload)
				} else if kind == wire.Result {
					log.add("result of %d", id)
				}
			},
			NativeEval: func(id uint32, js string, result bool) {
				log.add("script %s", js)
				native <- asked{id, js, result}
			},
		})
		event := func(n int) {
			t.Helper()
			if err := p.Session.Event([]uint32{1}, false, fmt.Append(nil, n)); err != nil {
				t.Fatal(err)
			}
		}
		ch := p.NewChannel()
		stream := p.Start(transporttest.Request{Command: "stream", Args: map[string]any{"C": ch},
			Channels: []*transporttest.Channel{ch}})
		event(1)
		for _, js := range []string{"first()", ""} {
			if err := p.Session.Eval(js); err != nil {
				t.Fatal(err)
			}
		}
		event(2)
		type reply struct {
			data json.RawMessage
			err  error
		}
		replies := make(chan reply, 2)
		for _, js := range []string{"1+1", "throw 1"} {
			go func() {
				data, err := p.Session.EvalResult(t.Context(), js)
				replies <- reply{data, err}
			}()
			synctest.Wait()
		}
		event(3)
		raw := p.Start(transporttest.Request{Command: "raw"})
		close(release)
		if m, err := ch.Next(); err != nil || string(m.Data) != "1" {
			t.Fatalf("another lane stands still: %s, %v", m.Data, err)
		}
		synctest.Wait()
		if got, want := log.take(), []string{"event 1", "script first()"}; !slices.Equal(got,
			want) {
			t.Fatalf("lane 0 came to %q, want %q", got, want)
		}
		one := <-native
		if one.result || p.Ran(one.id+1) {
			t.Fatal("the script expects a result, or the page was told of another one")
		}
		p.Session.NativeEvaluated(one.id, nil, errors.New("first is not defined"))
		synctest.Wait()
		if got := log.take(); got != nil {
			t.Fatalf("before the script ran: %q", got)
		}
		p.Ran(one.id)
		two := <-native
		p.Session.NativeEvaluated(two.id, nil, nil)
		p.Ran(two.id)
		three := <-native
		if !three.result {
			t.Error("somebody waits for this result")
		}
		p.Session.NativeEvaluated(three.id, json.RawMessage("2"), nil)
		if r := <-replies; string(r.data) != "2" || r.err != nil {
			t.Errorf("result %s, %v", r.data, r.err)
		}
		p.Ran(three.id)
		four := <-native
		p.Session.NativeEvaluated(four.id, nil, &transport.Error{
			Code: "eval", Message: "1", Detail: map[string]string{"name": "Error"},
		})
		if r := <-replies; r.data != nil || wantCode(t, r.err, "eval").Detail == nil {
			t.Errorf("result %s, %v", r.data, r.err)
		}
		p.Ran(four.id)
		if _, err := stream.Wait(); err != nil {
			t.Error(err)
		}
		if r, err := raw.Wait(); err != nil || len(r.Data) != 100<<10 {
			t.Errorf("a raw result that came behind scripts: %v", err)
		}
		want := []string{"event 2", "script 1+1", "script throw 1", "event 3"}
		got := log.take()
		if len(got) != 7 || got[0] != "script " || !slices.Equal(got[1:5], want) {
			t.Errorf("lane 0 went on with %q, want %q and two results", got, want)
		}
		synctest.Wait()
		if !strings.Contains(logged.String(), "first is not defined") ||
			strings.Count(logged.String(), "script failed") != 1 {
			t.Errorf("the log is\n%s", &logged)
		}
		if st := p.Session.Stats(); st.NativeEvals != 4 {
			t.Errorf("%d native evals counted, want 4", st.NativeEvals)
		}
	})
}

// TestNativeEvalMany: the sources that Go keeps for the page are there when it asks, however full
// lane 0 is, and are not kept longer than the page may ask for them.
func TestNativeEvalMany(t *testing.T) {
	e := newEngine(t, transport.Options{ControlBytes: 16 << 10, MaxBatch: 16 << 10,
		Window: 32 << 10})
	var p *transporttest.Page
	ready := make(chan bool)
	n := 0
	p = openPage(t, e, transporttest.Config{
		ForbidEval: true,
		NativeEval: func(id uint32, js string, _ bool) {
			<-ready
			if want := fmt.Sprintf("%4000d", n); js != want {
				t.Errorf("script %q, want %q", strings.TrimSpace(js), strings.TrimSpace(want))
			}
			n++
			p.Session.NativeEvaluated(id, nil, nil)
			p.Ran(id)
		},
	})
	const scripts = 300
	go close(ready)
	for i := range scripts {
		if err := p.Session.EvalContext(within(t), fmt.Sprintf("%4000d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for p.Session.Stats().NativeEvals < scripts {
		if err := p.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNativeEvalIsNotThePages: a page can ask for the scripts that it was sent only, each once;
// anything else ends its session. Without a NativeEval it can't ask at all.
func TestNativeEvalIsNotThePages(t *testing.T) {
	for _, c := range []struct {
		name   string
		native bool
		ask    []uint32
		broken bool
	}{
		{"its script", true, []uint32{1}, false},
		{"twice", true, []uint32{1, 1}, true},
		{"one that was never sent", true, []uint32{2}, true},
		{"no native eval", false, []uint32{1}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var config transport.SessionConfig
			ran := make(chan string, 2)
			if c.native {
				config.NativeEval = func(_ uint32, js string, _ bool) { ran <- js }
			}
			u := openUpWith(t, newEngine(t, transport.Options{}), config)
			if err := u.s.Eval("one()"); err != nil {
				t.Fatal(err)
			}
			var err error
			for _, id := range c.ask {
				err = u.try(0, wire.Frame{Kind: wire.Result, Payload: words(id, 3, "")})
			}
			var rule *wire.RuleError
			if got := errors.As(err, &rule); got != c.broken {
				t.Errorf("asking for it gives %v", err)
			}
			if c.native && c.ask[0] == 1 {
				if js := <-ran; js != "one()" {
					t.Errorf("evaluated %q", js)
				}
			}
		})
	}
}
