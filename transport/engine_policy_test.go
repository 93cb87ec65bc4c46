package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

func TestDenials(t *testing.T) {
	var log bytes.Buffer // the session writes it only in the calls below, each of which has ended
	e := newEngine(t, transport.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Policy: &policy.Policy{Rules: []policy.Rule{{
			Windows: []string{"main"}, Origins: []string{"test://page"},
			Allow: []string{"command:open*", "channel:open", "command:closed"},
			Deny: []string{
				"command:ordered and denied",
			},
		}, {
			Windows: []string{"scripted"}, Origins: []string{"*"}, Allow: []string{"eval"},
		}}},
	})
	type args struct {
		C *transport.Channel[int] `json:",omitempty"`
	}
	ran := 0
	for _, name := range []string{"open", "open without channels", "secret"} {
		transport.Handle(e, name, func(context.Context, args) (string, error) {
			ran++
			return "ran", nil
		})
	}
	asks := transport.CommandOptions{Ordered: true, Asks: true}
	transport.HandleWith(e, "ordered", asks, func(ctx context.Context, _ struct{}) (string, error) {
		return "ran", transport.SessionFrom(ctx).Check(transport.ActionListen, "clock")
	})
	transport.HandleOrdered(e, "ordered and denied", func(context.Context, struct{}) (string,
		error) {
		ran++
		return "ran", nil
	})
	p := openPage(t, e, transporttest.Config{})
	denied := func(err error, permission string) {
		t.Helper()
		got := wantCode(t, err, transport.CodeDenied)
		if want := fmt.Sprintf(`window "main" (test://page) lacks the permission %q`,
			permission); got.Message != want {
			t.Errorf("denied with %q, want %q", got.Message, want)
		}
	}
	invoke := func(command string, channels ...*transporttest.Channel) (*transporttest.Result,
		error) {
		a := map[string]any{}
		if len(channels) > 0 {
			a["C"] = channels[0]
		}
		return p.Invoke(transporttest.Request{Command: command, Args: a, Channels: channels})
	}

	r, err := invoke("open")
	wantJSON(t, r, err, `"ran"`)
	r, err = invoke("open", p.NewChannel())
	wantJSON(t, r, err, `"ran"`)
	r, err = invoke("open without channels")
	wantJSON(t, r, err, `"ran"`)
	if ran != 3 {
		t.Fatalf("%d handlers ran", ran)
	}
	ch := p.NewChannel()
	_, err = invoke("open without channels", ch)
	denied(err, "channel:open without channels")
	if _, err := ch.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
		t.Errorf("the channel of a denied command: %v", err)
	}
	_, err = invoke("secret")
	denied(err, "command:secret")
	_, err = invoke("secret", p.NewChannel())
	denied(err, "command:secret")
	_, err = invoke("no such command") // and it is not told that there is none
	denied(err, "command:no such command")
	_, err = invoke("closed")
	wantCode(t, err, transport.CodeUnknownCommand)
	_, err = invoke("ordered") // asks by itself
	denied(err, "listen:clock")
	_, err = invoke("ordered and denied")
	denied(err, "command:ordered and denied")
	denied(p.Session.Eval("1"), "eval")
	denied(p.Session.EvalContext(within(t), "1"), "eval")
	_, err = p.Session.EvalResult(within(t), "1")
	denied(err, "eval")
	if ran != 3 {
		t.Error("a denied handler ran")
	}
	loglimit.Flush(e.Options().Logger, time.Minute)
	for _, permission := range []string{
		"command:secret", "listen:clock", "eval", "channel:open without channels",
	} {
		if n := strings.Count(log.String(), fmt.Sprintf("permission=%s", permission)) +
			strings.Count(log.String(), fmt.Sprintf("permission=%q", permission)); n != 1 {
			t.Errorf("the denial of %s was logged %d times, want once:\n%s", permission, n, &log)
		}
	}

	// The page's names are repeated in part only, and only so many of them are logged.
	log.Reset()
	_, err = invoke("secret" + strings.Repeat("x", 1000))
	if e := wantCode(t, err, transport.CodeDenied); len(e.Message) > 300 {
		t.Errorf("a message of %d bytes", len(e.Message))
	}
	for i := range 1000 {
		if _, err := invoke(fmt.Sprint("name ", i)); err == nil {
			t.Fatal("allowed")
		}
	}
	loglimit.Flush(e.Options().Logger, time.Minute)
	if n := strings.Count(log.String(), "denied"); n > 256 {
		t.Errorf("%d denials logged", n)
	}

	scripted := openPage(t, e, transporttest.Config{
		Label: "scripted", Eval: func(string) (any, error) { return 1, nil },
	})
	if _, err := scripted.Session.EvalResult(within(t), "1"); err != nil {
		t.Errorf("an eval that is allowed: %v", err)
	}
	if _, err := scripted.Invoke(transporttest.Request{Command: "open", Args: args{}}); err == nil {
		t.Error("a command that another window may call was allowed")
	}
}

// TestPolicyOfTheApp: what a policy of the app's own says crosses as the message, and is a denial
// whatever it is.
func TestPolicyOfTheApp(t *testing.T) {
	e := newEngine(t, transport.Options{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Policy: policyFunc(func(p transport.Permission) error {
			if p.Name == "weekdays" {
				return fmt.Errorf("asking the calendar: %w", &transport.Error{
					Code: transport.CodeDenied, Message: "not on Sundays", Detail: 7,
				})
			}
			return errors.New("the calendar is broken")
		}),
	})
	p := openPage(t, e, transporttest.Config{})
	_, err := p.Invoke(transporttest.Request{Command: "weekdays"})
	if e := wantCode(t, err, transport.CodeDenied); e.Message != "not on Sundays" ||
		e.Detail != 7.0 {
		t.Errorf("denied with %+v", e)
	}
	_, err = p.Invoke(transporttest.Request{Command: "x"})
	if e := wantCode(t, err, transport.CodeDenied); !strings.Contains(e.Message,
		`"command:x": the calendar is broken`) {
		t.Errorf("denied with %q", e.Message)
	}
}

type policyFunc func(transport.Permission) error

func (f policyFunc) Check(p transport.Permission) error { return f(p) }
