package transport_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// badCodec panics or writes what is no JSON, as the value says.
type badCodec struct{ transport.JSONCodec }

func (c badCodec) Append(dst []byte, v any) ([]byte, error) {
	switch v {
	case "panic":
		panic("in Append")
	case "two values":
		return append(dst, `1,2`...), nil
	case "no UTF-8":
		return append(dst, "\"\xff\""...), nil
	case "nothing":
		return dst, nil
	case "less":
		return nil, nil
	}
	return c.JSONCodec.Append(dst, v)
}

func (c badCodec) Decode(data []byte, v any) error {
	if string(data) == `"panic"` {
		panic("in Decode")
	}
	return c.JSONCodec.Decode(data, v)
}

// TestCodecsThatPanic: a codec that panics, or writes what is no JSON, fails the call that it
// serves. A page reads many messages as one text, so that a wrong one would end its session.
func TestCodecsThatPanic(t *testing.T) {
	e := newEngine(t, transport.Options{Codec: badCodec{}})
	values := []string{"panic", "two values", "no UTF-8", "nothing", "less"}
	transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
	transport.Handle(e, "return", func(_ context.Context, n int) (string, error) {
		return values[n], nil
	})
	transport.Handle(e, "send", func(ctx context.Context, a struct {
		S *transport.Stream[string, string]
		N int
	}) (any, error) {
		for _, v := range values {
			if a.S.Send(ctx, v) == nil || a.S.TrySend(v) == nil {
				t.Errorf("%s was sent", v)
			}
		}
		if m, err := a.S.Receive(ctx); err == nil {
			t.Errorf("received %q", m)
		}
		if m, err := a.S.Receive(ctx); m != "good" || err != nil {
			t.Errorf("received %q, %v", m, err)
		}
		return nil, a.S.Send(ctx, "good")
	})
	p := openPage(t, e, transporttest.Config{})
	for n := range values {
		_, err := p.Invoke(transporttest.Request{Command: "return", Args: n})
		wantCode(t, err, transport.CodeBadResult)
	}
	s := p.NewChannel()
	call := p.Start(transporttest.Request{
		Command: "send", Args: map[string]any{"S": s}, Channels: []*transporttest.Channel{s},
	})
	for _, m := range []string{`"panic"`, `"good"`} {
		if err := s.Send(jsonKind, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := s.Next(); err != nil || string(m.Data) != `"good"` {
		t.Errorf("%q, %v", m.Data, err)
	}
	r, err := call.Wait()
	wantJSON(t, r, err, "null")
	_, err = p.Invoke(transporttest.Request{Command: "return", Args: "panic"})
	wantCode(t, err, transport.CodeBadArguments)
	rs, err := transport.NewResumable[string](e, "r", transport.ResumableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if rs.Send(within(t), v) == nil || rs.TrySend(v) == nil {
			t.Errorf("%s was sent to a resumable channel", v)
		}
	}
	if st := rs.Stats(); st.Newest != 0 {
		t.Errorf("%d messages are kept", st.Newest)
	}
	lasts(t, p)
}

// rawMarshaler marshals itself as what it holds.
type rawMarshaler string

func (m rawMarshaler) MarshalJSON() ([]byte, error) { return []byte(m), nil }

// TestOnlyJSONCrosses: what is no JSON in UTF-8, which encoding/json lets pass in part, is an error
// of who gives it.
func TestOnlyJSONCrosses(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
	values := []any{
		json.RawMessage("\"\xff\""), json.RawMessage(`{"a":`), json.RawMessage(`1,2`),
		json.RawMessage(" "),
		map[string]any{"deep": []any{json.RawMessage("\"a\xc3\"")}},
		rawMarshaler("\"\xed\xa0\x80\""),
		rawMarshaler("]"),
		[]any{1, rawMarshaler("\"\xf8\"")},
	}
	good := []any{
		json.RawMessage(nil), json.RawMessage(`{"ü": "\u0000"}`), "\xff is replaced",
		rawMarshaler("1"),
	}
	transport.Handle(e, "return", func(_ context.Context, n int) (any, error) {
		return values[n], nil
	})
	transport.Handle(e, "return raw", func(context.Context, any) (json.RawMessage, error) {
		return json.RawMessage("\"\xff\""), nil
	})
	transport.Handle(e, "send", func(ctx context.Context, a struct {
		C *transport.Channel[any]
		R *transport.Channel[json.RawMessage]
	}) (any, error) {
		for i, v := range values {
			if a.C.Send(ctx, v) == nil || a.C.TrySend(v) == nil {
				t.Errorf("value %d was sent", i)
			}
		}
		if a.R.Send(ctx, json.RawMessage("\"\xff\"")) == nil ||
			a.R.Send(ctx, json.RawMessage("[")) == nil {
			t.Error("a json.RawMessage that is none was sent")
		}
		for _, v := range good {
			if err := a.C.Send(ctx, v); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for n := range values {
		_, err := p.Invoke(transporttest.Request{Command: "return", Args: n})
		wantCode(t, err, transport.CodeBadResult)
	}
	_, err := p.Invoke(transporttest.Request{Command: "return raw"})
	wantCode(t, err, transport.CodeBadResult)
	c, raw := p.NewChannel(), p.NewChannel()
	r, err := p.Invoke(transporttest.Request{
		Command: "send", Args: map[string]any{"C": c, "R": raw},
		Channels: []*transporttest.Channel{c, raw},
	})
	wantJSON(t, r, err, "null")
	for _, want := range []string{"null", `{"ü":"\u0000"}`, `"\ufffd is replaced"`, "1"} {
		if m, err := c.Next(); err != nil || string(m.Data) != want {
			t.Errorf("%q, %v, want %s", m.Data, err, want)
		}
	}
	rs, err := transport.NewResumable[any](e, "r", transport.ResumableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if rs.TrySend(v) == nil {
			t.Errorf("value %d was sent to a resumable channel", i)
		}
	}
	lasts(t, p)
}
