package transport_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// grab is a page with one kept channel of it in Go's hands.
func grab[T any](t testing.TB, o transport.Options, c transporttest.Config) (*transporttest.Page,
	*transporttest.Channel, *transport.Channel[T]) {
	t.Helper()
	e := newEngine(t, o)
	type args struct{ Ch *transport.Channel[T] }
	got := make(chan *transport.Channel[T], 1)
	transport.Handle(e, "grab", func(_ context.Context, a args) (bool, error) {
		a.Ch.Keep()
		got <- a.Ch
		return true, nil
	})
	p := openPage(t, e, c)
	ch := p.NewChannel()
	r, err := p.Invoke(transporttest.Request{Command: "grab", Args: map[string]any{"Ch": ch},
		Channels: []*transporttest.Channel{ch}})
	wantJSON(t, r, err, "true")
	return p, ch, <-got
}

func TestChannelOrder(t *testing.T) {
	_, page, ch := grab[int](t, transport.Options{}, transporttest.Config{})
	const n = 50_000
	go func() {
		for i := range n {
			if err := ch.Send(within(t), i); err != nil {
				t.Errorf("send %d: %v", i, err)
				return
			}
		}
		ch.Close()
	}()
	for i := range n {
		m, err := page.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeInt(t, m.Data); got != i {
			t.Fatalf("message %d is %d", i, got)
		}
	}
	if _, err := page.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
		t.Fatalf("after the last: %v", err)
	}
}

func TestChannelsAtAnyDepth(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type inner struct {
		Map  map[string]*transport.Channel[string]
		List []any
	}
	type args struct {
		One   *transport.Channel[string]
		Inner *inner
		Pair  [2]struct{ C *transport.Channel[[]byte] }
		None  *transport.Channel[string] `json:",omitempty"`
	}
	transport.Handle(e, "deep", func(ctx context.Context, a args) (bool, error) {
		if a.None != nil && a.None.Err() == nil {
			return false, errors.New("a missing channel is connected")
		}
		for name, c := range map[string]*transport.Channel[string]{
			"one": a.One, "map": a.Inner.Map["k"],
		} {
			if err := c.Send(ctx, name); err != nil {
				return false, err
			}
		}
		for i, c := range a.Pair {
			if err := c.C.Send(ctx, []byte{byte(i)}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	p := openPage(t, e, transporttest.Config{})
	var chs []*transporttest.Channel
	for range 4 {
		chs = append(chs, p.NewChannel())
	}
	r, err := p.Invoke(transporttest.Request{Command: "deep", Channels: chs, Args: map[string]any{
		"One": chs[0], "Inner": map[string]any{"Map": map[string]any{"k": chs[1]}},
		"Pair": []any{map[string]any{"C": chs[2]}, map[string]any{"C": chs[3]}}, "None": nil,
	}})
	wantJSON(t, r, err, "true")
	for i, want := range []string{`"one"`, `"map"`, "\x00", "\x01"} {
		m, err := chs[i].Next()
		if err != nil || string(m.Data) != want {
			t.Errorf("channel %d: %q, %v", i, m.Data, err)
		}
		if _, err := chs[i].Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
			t.Errorf("channel %d did not end with its command: %v", i, err)
		}
	}
}

func TestUnannouncedChannelIsRefused(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct{ C *transport.Channel[int] }
	transport.Handle(e, "use", func(ctx context.Context, a args) (bool, error) {
		return true, a.C.Send(ctx, 1)
	})
	p := openPage(t, e, transporttest.Config{})
	_, err := p.Invoke(transporttest.Request{
		Command: "use", Args: map[string]any{"C": "__CHANNEL__:7"},
	})
	wantCode(t, err, transport.CodeBadArguments)
	_, err = p.Invoke(transporttest.Request{Command: "use", Args: map[string]any{"C": "7"}})
	wantCode(t, err, transport.CodeBadArguments)
	if err := new(transport.Channel[int]).Send(within(t), 1); !errors.Is(err,
		transport.ErrUnbound) {
		t.Errorf("unconnected channel: %v", err)
	}
}

func TestEndedChannelIsRefused(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct{ C *transport.Channel[int] }
	transport.Handle(e, "use", func(ctx context.Context, a args) (bool, error) { return true, nil })
	p := openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	use := func() (*transporttest.Result, error) {
		return p.Invoke(transporttest.Request{Command: "use", Args: map[string]any{"C": ch},
			Channels: []*transporttest.Channel{ch}})
	}
	r, err := use()
	wantJSON(t, r, err, "true")
	for range 3 {
		_, err = use()
		wantCode(t, err, transport.CodeChannelEnded)
	}
}

func TestKeptChannelIsPassedAgain(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct{ C *transport.Channel[int] }
	transport.Handle(e, "keep", func(ctx context.Context, a args) (bool, error) {
		a.C.Keep()
		return true, a.C.Send(ctx, 1)
	})
	transport.Handle(e, "again", func(ctx context.Context, a args) (bool, error) {
		return true, a.C.Send(ctx, 2)
	})
	p := openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	for i, command := range []string{"keep", "again"} {
		r, err := p.Invoke(transporttest.Request{Command: command, Args: map[string]any{"C": ch},
			Channels: []*transporttest.Channel{ch}})
		wantJSON(t, r, err, "true")
		if m, err := ch.Next(); err != nil || decodeInt(t, m.Data) != i+1 {
			t.Fatalf("message %d: %q, %v", i, m.Data, err)
		}
	}
}

// TestResultAfterMessages: promise 3, while the page does not even read.
func TestResultAfterMessages(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct {
		C *transport.Channel[int]
		N int
	}
	transport.Handle(e, "count", func(ctx context.Context, a args) (int, error) {
		for i := range a.N {
			if err := a.C.Send(ctx, i); err != nil {
				return 0, err
			}
		}
		return a.N, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for _, n := range []int{0, 1, 2, 1000} {
		ch := p.NewChannel()
		r, err := p.Invoke(transporttest.Request{
			Command: "count",
			Args: map[string]any{
				"C": ch, "N": n,
			}, Channels: []*transporttest.Channel{ch},
		})
		wantJSON(t, r, err, fmt.Sprint(n))
		if got := ch.Queued(); got != n {
			t.Fatalf("%d of %d messages had come before the result", got, n)
		}
	}
}

func TestPageClosesChannel(t *testing.T) {
	p, page, ch := grab[int](t, transport.Options{}, transporttest.Config{})
	if err := ch.Send(within(t), 1); err != nil {
		t.Fatal(err)
	}
	page.Close()
	<-ch.Done()
	var closed *transport.ClosedError
	if err := ch.Send(within(t), 2); !errors.As(err, &closed) ||
		closed.Reason != "closed by the page" {
		t.Fatalf("send: %v", err)
	}
	if err := p.Session.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestCloseWithError(t *testing.T) {
	_, page, ch := grab[int](t, transport.Options{}, transporttest.Config{})
	ch.CloseWithError(&transport.Error{Code: "eof", Message: "no more"})
	_, err := page.Next()
	wantCode(t, err, "eof")
}

func TestFlush(t *testing.T) {
	_, page, ch := grab[int](t, transport.Options{}, transporttest.Config{})
	for i := range 100 {
		if err := ch.Send(within(t), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := ch.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := page.Queued(); got != 100 {
		t.Fatalf("%d messages at the receipt", got)
	}
	if st := ch.Stats(); st.Depth != 0 || st.Messages != 100 {
		t.Fatalf("after the flush: %+v", st)
	}
}

func TestStreamBothWays(t *testing.T) {
	e := newEngine(t, transport.Options{MaxBatch: 16 << 10, Window: 64 << 10})
	type args struct {
		S *transport.Stream[[]byte, []byte]
	}
	transport.Handle(e, "echo", func(ctx context.Context, a args) (int, error) {
		n := 0
		for m, err := range a.S.All(ctx) {
			if err != nil {
				return n, err
			}
			if err := a.S.Send(ctx, m); err != nil {
				return n, nil // the page has closed
			}
			n++
		}
		return n, nil
	})
	p := openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	call := p.Start(transporttest.Request{Command: "echo", Args: map[string]any{"S": ch},
		Channels: []*transporttest.Channel{ch}})
	const n = 2000
	go func() {
		for i := range n {
			body := make([]byte, 4+(i*i)%3000)
			body[0], body[1] = byte(i), byte(i>>8)
			if i%500 == 0 {
				body = append(body, make([]byte, 100_000)...)
			}
			if err := ch.Send(wire.Bytes, body); err != nil {
				t.Errorf("send %d: %v", i, err)
				return
			}
		}
	}()
	for i := range n {
		m, err := ch.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := int(m.Data[0]) | int(m.Data[1])<<8; got != i {
			t.Fatalf("message %d is %d", i, got)
		}
	}
	ch.Close()
	r, err := call.Wait()
	wantJSON(t, r, err, fmt.Sprint(n))
}

func TestEval(t *testing.T) {
	e := newEngine(t, transport.Options{})
	var mu sync.Mutex
	var ran []string
	p := openPage(t, e, transporttest.Config{Eval: func(js string) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, js)
		if js == "throw" {
			return nil, errors.New("thrown")
		}
		return js + "!", nil
	}})
	for i := range 10 {
		if err := p.Session.Eval(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := p.Session.EvalResult(within(t), "last")
	if err != nil || string(got) != `"last!"` {
		t.Fatalf("%s, %v", got, err)
	}
	if fmt.Sprint(ran) != "[0 1 2 3 4 5 6 7 8 9 last]" {
		t.Errorf("order %v", ran)
	}
	_, err = p.Session.EvalResult(within(t), "throw")
	wantCode(t, err, "eval")
}
