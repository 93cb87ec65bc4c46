package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

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
		"C": ch, "Text": ch,
		"Keys": map[string]int{
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
