package transport_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// required have channels that a page may forget.
type required struct {
	One   *transport.Channel[int] `json:"one"`
	Value transport.Channel[int]
	Inner struct {
		Both *transport.Stream[int, int] `json:"both"`
	} `json:"inner"`
	inner2
	Pointer *struct{ C *transport.Channel[int] }
	List    []*transport.Channel[int]
	Map     map[string]struct{ C *transport.Channel[int] }
	Pair    [2]*transport.Channel[int]
	Perhaps *transport.Channel[int] `json:",omitempty"`
	Zero    transport.Channel[int]  `json:"zero,omitzero"`
	Never   *transport.Channel[int] `json:"-"`
	private *transport.Channel[int]
}

type inner2 struct {
	Flat *transport.Channel[int]
}

// TestMissingChannels: a channel that the page forgot is refused before the handler runs, by its
// name, unless it may be missing.
func TestMissingChannels(t *testing.T) {
	e := newEngine(t, transport.Options{})
	ran := false
	transport.Handle(e, "use", func(_ context.Context, a required) (any, error) {
		ran = true
		return []bool{a.Perhaps == nil, a.Never == nil, a.private == nil},
			errors.Join(a.Perhaps.TrySend(1), a.Zero.TrySend(1))
	})
	transport.Handle(e, "itself", func(_ context.Context, c *transport.Channel[int]) (any, error) {
		return nil, c.TrySend(1)
	})
	transport.Handle(e, "embeds",
		func(_ context.Context, a struct{ *transport.Channel[int] }) (any, error) {
			return nil, a.TrySend(1)
		})
	transport.Handle(e, "embeds within", func(_ context.Context, a struct {
		E struct {
			*transport.Stream[int, int]
		}
	}) (any, error) {
		return nil, a.E.TrySend(1)
	})
	p := openPage(t, e, transporttest.Config{})
	whole := func(but string) transporttest.Request {
		var r transporttest.Request
		ch := func(path string) any {
			if path == but {
				return nil
			}
			c := p.NewChannel()
			r.Channels = append(r.Channels, c)
			return c
		}
		r.Command = "use"
		r.Args = map[string]any{
			"one": ch("one"), "Value": ch("Value"),
			"inner": map[string]any{
				"both": ch("inner.both"),
			},
			"Flat":    ch("Flat"),
			"Pointer": map[string]any{"C": ch("Pointer.C")},
			"List": []any{
				ch("List[0]"), ch("List[1]"),
			},
			"Map":  map[string]any{"a b": map[string]any{"C": ch(`Map."a b".C`)}},
			"Pair": []any{ch("Pair[0]"), ch("Pair[1]")},
		}
		return r
	}
	for _, path := range []string{
		"one", "Value", "inner.both", "Flat", "Pointer.C", "List[0]", "List[1]", `Map."a b".C`,
		"Pair[1]",
	} {
		_, err := p.Invoke(whole(path))
		got := wantCode(t, err, transport.CodeBadArguments)
		if !strings.Contains(got.Message, fmt.Sprintf("%q", path)) ||
			!strings.Contains(got.Message, "omitempty") {
			t.Errorf("without %s: %s", path, got.Message)
		}
	}
	if ran {
		t.Error("a handler ran without a channel that it needs")
	}
	_, err := p.Invoke(whole(""))
	if got := wantCode(t, err, transport.CodeError); !ran ||
		!strings.Contains(got.Message, transport.ErrUnbound.Error()) {
		t.Errorf("with all that are required: %v", err)
	}
	// What a page leaves out whole has nothing missing in it.
	r := whole("")
	delete(r.Args.(map[string]any), "Pointer")
	delete(r.Args.(map[string]any), "List")
	delete(r.Args.(map[string]any), "Map")
	if _, err := p.Invoke(r); wantCode(t, err, transport.CodeError) == nil {
		t.Error(err)
	}
	_, err = p.Invoke(transporttest.Request{Command: "itself", Args: nil})
	wantCode(t, err, transport.CodeBadArguments)
	for _, command := range []string{"embeds", "embeds within"} {
		ch := p.NewChannel()
		args := any(ch)
		if command == "embeds within" {
			args = map[string]any{"E": ch}
		}
		_, err = p.Invoke(transporttest.Request{
			Command: command, Args: args, Channels: []*transporttest.Channel{ch},
		})
		if got := wantCode(t, err, transport.CodeBadArguments); !strings.Contains(got.Message,
			"embed") {
			t.Errorf("%s: %s", command, got.Message)
		}
	}
}

// TestNilChannels: the methods of a channel that is nil give ErrUnbound, or do nothing.
func TestNilChannels(t *testing.T) {
	ctx := within(t)
	var c *transport.Channel[int]
	var s *transport.Stream[int, int]
	var r *transport.Resumable[int]
	var zero transport.Resumable[int]
	_, received := s.Receive(ctx)
	for name, err := range map[string]error{
		"Send": c.Send(ctx, 1), "TrySend": c.TrySend(1), "Flush": c.Flush(ctx), "Err": c.Err(),
		"Configure":   c.Configure(transport.ChannelOptions{}),
		"Stream.Send": s.Send(ctx, 1), "Stream.TrySend": s.TrySend(1), "Receive": received,
		"Stream.Flush": s.Flush(ctx), "Stream.Err": s.Err(),
		"Resumable.Send": r.Send(ctx, 1), "Resumable.TrySend": r.TrySend(1),
		"zero.Send": zero.Send(ctx, 1),
	} {
		if !errors.Is(err, transport.ErrUnbound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pairs := 0
	for _, err := range s.All(ctx) {
		if pairs++; !errors.Is(err, transport.ErrUnbound) {
			t.Errorf("All: %v", err)
		}
	}
	if pairs != 1 {
		t.Errorf("All gave %d pairs", pairs)
	}
	if c.Done() != nil || s.Done() != nil {
		t.Error("a channel that never was is done")
	}
	c.Keep()
	c.Close()
	c.CloseWithError(errors.New("x"))
	s.Keep()
	s.Close()
	r.Close()
	r.CloseWithError(errors.New("x"))
	r.Discard()
	if c.Stats() != (transport.ChannelStats{}) || r.Stats().Newest != 0 {
		t.Error("figures of a channel that never was")
	}
	for _, nobody := range []any{c, s, r, &zero} { // all methods, those to come too
		v := reflect.ValueOf(nobody)
		for i := range v.NumMethod() {
			var in []reflect.Value
			for k := range v.Method(i).Type().NumIn() {
				in = append(in, reflect.Zero(v.Method(i).Type().In(k)))
			}
			if f := appcode.Call(func() { v.Method(i).Call(in) }); f != nil {
				t.Errorf("%T.%s %v", nobody, v.Type().Method(i).Name, f)
			}
		}
	}
}
