package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// node is a part of a graph, which decodes itself into one with a cycle.
type node struct {
	C    *transport.Channel[string]
	Next *node
	Keys map[string]*node
	List []*node
}

func (n *node) UnmarshalJSON(data []byte) error {
	n.Next, n.Keys, n.List = n, map[string]*node{"self": n}, []*node{n}
	return json.Unmarshal(data, &n.C)
}

// live is an object of the app that others write while arguments are decoded.
type live struct {
	mu sync.Mutex
	n  int
	C  map[int]*transport.Channel[string] // so that looking for channels would read it
}

var shared = &live{C: map[int]*transport.Channel[string]{}}

func (l *live) write() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	l.C[l.n%8] = nil
}

// handle is an argument that stands for the shared object.
type handle struct{ To *live }

func (h *handle) UnmarshalJSON([]byte) error { h.To = shared; return nil }

// hidden keeps its channel, which stands in a union of several forms, to itself.
type hidden struct{ c *transport.Channel[string] }

func (h *hidden) UnmarshalJSON(data []byte) error {
	var union struct {
		Kind string
		Data json.RawMessage
	}
	if err := json.Unmarshal(data, &union); err != nil {
		return err
	}
	if union.Kind == "exits" {
		panic("in UnmarshalJSON")
	}
	var form struct{ Out transport.Channel[string] }
	err := json.Unmarshal(union.Data, &form)
	h.c = &form.Out
	return err
}

// sink is an interface that a decoder of the app's fills.
type sink interface {
	Send(context.Context, string) error
}

type sinks struct{ All []sink }

func (s *sinks) UnmarshalJSON(data []byte) error {
	var all []*transport.Channel[string]
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for _, c := range all {
		s.All = append(s.All, c)
	}
	return nil
}

// embedding is a channel, and more.
type embedding struct {
	transport.Channel[string]
	Sent int
}

// readerCodec decodes from a copy, in pieces.
type readerCodec struct{ transport.JSONCodec }

func (readerCodec) Decode(data []byte, v any) error {
	d := json.NewDecoder(io.MultiReader(
		strings.NewReader(string(data[:len(data)/2])),
		strings.NewReader(string(data[len(data)/2:])),
	))
	return d.Decode(v)
}

// TestChannelsConnectWhileDecoding: channels are found wherever the decoder puts them, and nothing
// else is looked at.
func TestChannelsConnectWhileDecoding(t *testing.T) {
	type args struct {
		Graph  *node
		Live   handle
		Hidden hidden
		Sinks  sinks
		Map    map[string]transport.Channel[string]
		Slice  []transport.Channel[string]
		Array  [1]transport.Channel[string]
		Value  transport.Channel[string]
		Own    embedding
		Stream transport.Stream[string, string]
		Twice  *transport.Channel[string]
		Text   any
	}
	for name, codec := range map[string]transport.Codec{
		"JSONCodec": transport.JSONCodec{}, "another codec": readerCodec{},
	} {
		t.Run(name, func(t *testing.T) {
			over := make(chan bool)
			var writer sync.WaitGroup
			writer.Go(func() {
				for {
					select {
					case <-over:
						return
					default:
						shared.write()
					}
				}
			})
			defer writer.Wait()
			defer close(over)
			e := newEngine(t, transport.Options{Codec: codec})
			transport.Handle(e, "use", func(ctx context.Context, a args) (string, error) {
				m, s := a.Map["k"], a.Slice
				for i, send := range []func(context.Context, string) error{
					a.Graph.Next.Keys["self"].List[0].C.Send, a.Hidden.c.Send, a.Sinks.All[0].Send,
					a.Sinks.All[1].Send, m.Send,
					s[0].Send, s[1].Send, s[2].Send, a.Array[0].Send, a.Value.Send, a.Own.Send,
					a.Stream.Send,
				} {
					if err := send(ctx, fmt.Sprint(i)); err != nil {
						return "", fmt.Errorf("%d: %w", i, err)
					}
				}
				if err := a.Twice.Send(ctx, "again"); err != nil {
					return "", err
				}
				return a.Stream.Receive(ctx)
			})
			p := openPage(t, e, transporttest.Config{})
			var chs []*transporttest.Channel
			next := func() *transporttest.Channel {
				chs = append(chs, p.NewChannel())
				return chs[len(chs)-1]
			}
			a := map[string]any{
				"Graph": next(), "Live": 1,
				"Hidden": map[string]any{"Kind": "one", "Data": map[string]any{"Out": next()}},
				"Sinks":  []any{next(), next()}, "Map": map[string]any{"k": next()},
				"Slice": []any{next(), next(), next()},
				"Array": []any{next()}, "Value": next(), "Own": next(), "Stream": next(),
				"Twice": chs[0],
				"Text":  "a \"__CHANNEL__:1\" in a text",
			}
			call := p.Start(transporttest.Request{Command: "use", Args: a, Channels: chs})
			if err := chs[len(chs)-1].Send(jsonKind, []byte(`"up"`)); err != nil {
				t.Fatal(err)
			}
			r, err := call.Wait()
			wantJSON(t, r, err, `"up"`)
			for i, ch := range chs {
				want := []string{fmt.Sprintf("%q", fmt.Sprint(i))}
				if i == 0 {
					want = append(want, `"again"`)
				}
				for _, want := range want {
					if m, err := ch.Next(); err != nil || string(m.Data) != want {
						t.Errorf("channel %d: %q, %v, want %s", i, m.Data, err, want)
					}
				}
			}
		})
	}
}

// TestChannelsOfOtherCalls: a page gets at no channel that is not its call's: not by a number, not
// by what stands in Go's own text for a call that is being decoded, and not by a key or a text that
// looks like a channel.
func TestChannelsOfOtherCalls(t *testing.T) {
	e := newEngine(t, transport.Options{})
	var seen []string
	transport.Handle(e, "raw", func(_ context.Context, a struct {
		C    *transport.Channel[string]
		Text json.RawMessage
		Keys map[string]int
		Deep string
	}) (any, error) {
		seen = append(seen, string(a.Text))
		return []any{a.Keys, a.Deep}, a.C.Send(context.Background(), "mine")
	})
	transport.Handle(e, "only",
		func(_ context.Context, a struct{ C *transport.Channel[string] }) (any, error) {
			return nil, a.C.TrySend("stolen")
		})
	p, q := openPage(t, e, transporttest.Config{}), openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	r, err := p.Invoke(transporttest.Request{Command: "raw", Args: map[string]any{
		"C": ch, "Text": ch, "Keys": map[string]int{
			"__CHANNEL__:1": 1,
		}, "Deep": `["__CHANNEL__:1"]`,
	}, Channels: []*transporttest.Channel{ch}})
	wantJSON(t, r, err, `[{"__CHANNEL__:1":1},"[\"__CHANNEL__:1\"]"]`)
	for _, text := range append(seen, `"__CHANNEL__:1:"`, `"__CHANNEL__:1"`, `"__CHANNEL__:"`,
		`"__CHANNEL__:2"`, `"__CHANNEL__:-1"`, `7`) {
		for _, page := range []*transporttest.Page{p, q} {
			_, err := page.Invoke(transporttest.Request{
				Command: "only", Args: map[string]any{"C": json.RawMessage(text)},
			})
			wantCode(t, err, transport.CodeBadArguments)
		}
	}
	if err := json.Unmarshal([]byte(`"__CHANNEL__:1"`), new(transport.Channel[int])); err == nil {
		t.Error("a channel was decoded outside of a call")
	}
}

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
			"one": ch("one"), "Value": ch("Value"), "inner": map[string]any{
				"both": ch("inner.both"),
			},
			"Flat":    ch("Flat"),
			"Pointer": map[string]any{"C": ch("Pointer.C")}, "List": []any{
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
