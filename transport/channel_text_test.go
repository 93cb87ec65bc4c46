package transport_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestTextIsNoChannel: text that looks like a channel binds none, though a channel of that number
// is open: only those are bound that the call's envelope names.
func TestTextIsNoChannel(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct {
		C    *transport.Channel[string] `json:",omitempty"`
		Text string
		Any  any
	}
	var kept *transport.Channel[string]
	transport.Handle(e, "keep", func(_ context.Context, a args) (any, error) {
		a.C.Keep()
		kept = a.C
		return nil, nil
	})
	transport.Handle(e, "say", func(_ context.Context, a args) (any, error) {
		return []any{a.Text, a.Any, a.C == nil}, nil
	})
	transport.Handle(e, "send", func(ctx context.Context, a args) (any, error) {
		return nil, a.C.Send(ctx, "stolen")
	})
	p := openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	r, err := p.Invoke(transporttest.Request{Command: "keep", Args: map[string]any{"C": ch},
		Channels: []*transporttest.Channel{ch}})
	wantJSON(t, r, err, "null")

	const text = "__CHANNEL__:1"
	r, err = p.Invoke(transporttest.Request{
		Command: "say", Args: map[string]any{"Text": text, "Any": []string{text}},
	})
	wantJSON(t, r, err, `["__CHANNEL__:1",["__CHANNEL__:1"],true]`)
	for _, id := range []string{text, "__CHANNEL__:3"} {
		_, err = p.Invoke(transporttest.Request{Command: "send", Args: map[string]any{"C": id}})
		wantCode(t, err, transport.CodeBadArguments)
	}

	if err := kept.Send(within(t), "mine"); err != nil {
		t.Fatal(err)
	}
	kept.Close()
	if m, err := ch.Next(); err != nil || string(m.Data) != `"mine"` {
		t.Errorf("the channel got %q, %v", m.Data, err)
	}
	if _, err := ch.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
		t.Errorf("the channel did not end: %v", err)
	}
}
