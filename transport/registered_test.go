package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// refuses notes that its JSON was looked at.
type refuses struct{}

var lookedAt atomic.Bool

func (*refuses) UnmarshalJSON([]byte) error {
	lookedAt.Store(true)
	return nil
}

// TestAllowListOfEveryCommand: however the app registers a command, a policy that does not allow it
// refuses the call, before anything of its arguments is decoded. Only one that says that it asks by
// itself runs, and it can be denied by name.
func TestAllowListOfEveryCommand(t *testing.T) {
	type withChannel struct{ C *transport.Channel[int] }
	type withStream struct{ C *transport.Stream[int, int] }
	lookedAt.Store(false)
	var ran atomic.Int32
	e := newEngine(t, transport.Options{Policy: &policy.Policy{Rules: []policy.Rule{{
		Windows: []string{"*"}, Origins: []string{"*"},
		Allow: []string{"command:allowed", "window:*", "listen:*", "emit:*", "resume:other",
			"eval"},
		Deny: []string{"command:asks and is denied"},
	}}}})
	did := func() (any, error) { ran.Add(1); return nil, nil }
	decodes := func(context.Context, refuses) (any, error) { return did() }
	raw := func(context.Context, []byte) (any, error) { return did() }
	verbatim := func(context.Context, json.RawMessage) (any, error) { return did() }
	transport.Handle(e, "handle", decodes)
	transport.Handle(e, "handle raw", raw)
	channel := func(context.Context, withChannel) (any, error) { return did() }
	transport.Handle(e, "handle with a channel", channel)
	stream := func(context.Context, withStream) (any, error) { return did() }
	transport.Handle(e, "handle with a stream", stream)
	transport.HandleOrdered(e, "ordered", decodes)
	transport.HandleOrdered(e, "ordered raw", raw)
	transport.HandleOrdered(e, "ordered verbatim", verbatim)
	transport.HandleWith(e, "with", transport.CommandOptions{MaxArgs: 100}, decodes)
	transport.HandleWith(e, "with, ordered", transport.CommandOptions{Ordered: true}, decodes)
	for _, name := range []string{"asks", "asks and is denied"} {
		transport.HandleWith(e, name, transport.CommandOptions{Ordered: true, Asks: true}, decodes)
	}
	newResumable[int](t, e, "numbers", transport.ResumableOptions{})
	p := openPage(t, e, transporttest.Config{})
	for name, r := range map[string]transporttest.Request{
		"handle": {Args: 1}, "handle raw": {Raw: []byte{1}}, "ordered": {Args: 1},
		"ordered raw": {Raw: make([]byte, 200<<10)}, "ordered verbatim": {Args: 1},
		"with":          {Args: 1},
		"with, ordered": {Args: 1}, "asks and is denied": {Args: 1}, "nobody's": {Args: 1},
		"handle with a channel": {Args: withChannel{}},
		"handle with a stream":  {Args: withStream{}},
	} {
		r.Command = name
		_, err := p.Invoke(r)
		denied := wantCode(t, err, transport.CodeDenied)
		if !strings.Contains(denied.Message, fmt.Sprintf("%q", "command:"+name)) {
			t.Errorf("%s: %s", name, denied.Message)
		}
	}
	ch := p.NewChannel()
	_, err := p.Invoke(transporttest.Request{
		Command:  transport.CommandResume,
		Args:     map[string]any{"name": "numbers", "channel": ch},
		Channels: []*transporttest.Channel{ch},
	})
	denied := wantCode(t, err, transport.CodeDenied)
	if !strings.Contains(denied.Message, "resume:numbers") {
		t.Error(denied)
	}
	if n := ran.Load(); n != 0 || lookedAt.Load() {
		t.Errorf("%d commands ran, arguments were decoded: %v", n, lookedAt.Load())
	}
	_, err = p.Invoke(transporttest.Request{Command: "asks", Args: 1})
	if err != nil || ran.Load() != 1 {
		t.Errorf("a command that asks by itself: %v, %d ran", err, ran.Load())
	}
}

// TestMaxArgs: arguments over the command's bound are refused, whatever way they come; whoever may
// not call it is told only that.
func TestMaxArgs(t *testing.T) {
	const most = 100
	e := newEngine(t, transport.Options{Policy: &policy.Policy{Rules: []policy.Rule{{
		Windows: []string{"*"}, Origins: []string{"*"}, Allow: []string{"command:*"},
		Deny: []string{"command:denied"},
	}}}})
	o := transport.CommandOptions{MaxArgs: most}
	text := func(_ context.Context, s string) (int, error) { return len(s), nil }
	raw := func(_ context.Context, b []byte) (int, error) { return len(b), nil }
	transport.HandleWith(e, "text", o, text)
	transport.HandleWith(e, "denied", o, text)
	transport.HandleWith(e, "raw", o, raw)
	o.Ordered = true
	transport.HandleWith(e, "ordered", o, text)
	transport.HandleWith(e, "ordered raw", o, raw)
	p := openPage(t, e, transporttest.Config{})
	for _, name := range []string{"text", "ordered", "raw", "ordered raw"} {
		for n, ok := range map[int]bool{
			most - 1: true, most: true, most + 1: false, 100 << 10: false, 10 << 20: false,
		} {
			r := transporttest.Request{Command: name}
			length := n
			if strings.Contains(name, "raw") {
				r.Raw = make([]byte, n)
			} else {
				length = n - 2
				r.Args = strings.Repeat("x", length)
			}
			got, err := p.Invoke(r)
			if ok {
				wantJSON(t, got, err, fmt.Sprint(length))
				continue
			}
			e := wantCode(t, err, transport.CodeBadArguments)
			if !strings.Contains(e.Message, "it takes 100") {
				t.Errorf("%s of %d bytes: %v", name, n, e)
			}
		}
	}
	_, err := p.Invoke(transporttest.Request{Command: "denied", Args: strings.Repeat("x", 1<<20)})
	wantCode(t, err, transport.CodeDenied)
}
