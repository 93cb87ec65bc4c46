package transport_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// marking is JSON with a mark in front of every string that Go sends, and off every one it reads.
type marking struct {
	transport.JSONCodec
	mark string
}

func (m marking) Append(dst []byte, v any) ([]byte, error) {
	if s, ok := v.(string); ok {
		v = m.mark + s
	}
	return m.JSONCodec.Append(dst, v)
}

func (m marking) Decode(data []byte, v any) error {
	err := m.JSONCodec.Decode(data, v)
	if s, ok := v.(*string); ok {
		*s = strings.TrimPrefix(*s, m.mark)
	}
	return err
}

// TestCodec: the engine's codec serves arguments, results and messages; a channel may have its own.
func TestCodec(t *testing.T) {
	e := newEngine(t, transport.Options{Codec: marking{mark: "e:"}})
	transport.Handle(e, "echo", func(_ context.Context, s string) (string, error) {
		return s + s, nil
	})
	transport.Handle(e, "stream", func(ctx context.Context, a struct {
		S *transport.Stream[string, string]
		C *transport.Channel[string]
	}) (int, error) {
		if err := a.C.Configure(transport.ChannelOptions{Codec: marking{mark: "c:"}}); err != nil {
			return 0, err
		}
		m, err := a.S.Receive(ctx)
		if err == nil {
			err = a.S.Send(ctx, m)
		}
		if err == nil {
			err = a.C.Send(ctx, m)
		}
		return 1, err
	})
	p := openPage(t, e, transporttest.Config{})
	r, err := p.Invoke(transporttest.Request{Command: "echo", Args: "e:x"})
	wantJSON(t, r, err, `"e:xx"`)
	s, c := p.NewChannel(), p.NewChannel()
	call := p.Start(transporttest.Request{Command: "stream", Args: map[string]any{"S": s, "C": c},
		Channels: []*transporttest.Channel{s, c}})
	if err := s.Send(wire.JSON, []byte(`"e:m"`)); err != nil {
		t.Fatal(err)
	}
	r, err = call.Wait()
	wantJSON(t, r, err, "1")
	for ch, want := range map[*transporttest.Channel]string{s: `"e:m"`, c: `"c:m"`} {
		if m, err := ch.Next(); err != nil || string(m.Data) != want {
			t.Errorf("%q, %v, want %s", m.Data, err, want)
		}
	}
}
