package transport_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

func words(a, b uint32, rest string) []byte {
	p := binary.LittleEndian.AppendUint32(nil, a)
	return append(binary.LittleEndian.AppendUint32(p, b), rest...)
}

func invokeFrame(id uint32, envelope, body string) wire.Frame {
	return wire.Frame{
		Kind: wire.Invoke, Payload: append(words(id, uint32(len(envelope)), envelope), body...),
	}
}

// firstPost is the first slot for posts, with the default number of pulls.
const firstPost = 6

// upBatch is an upward batch with runs of lane 0 (first) and others that add writes.
func upBatch(h wire.Header, runs ...[]byte) []byte {
	if h.Slot == 0 {
		h.Slot, h.Request = firstPost, max(h.Request, uint32(h.Number))
	}
	b := wire.AppendHeader(nil, &h)
	for _, r := range runs {
		b = append(b, r...)
	}
	return wire.Finish(b)
}

func run(lane uint32, first uint64, frames ...wire.Frame) []byte {
	return wire.AppendRun(nil, lane, first, frames...)
}

// TestBrokenRules: each broken rule ends the session with a *wire.RuleError that says
// what was wrong, on the Go side and in the answer.
func TestBrokenRules(t *testing.T) {
	open := invokeFrame(1, `{"cmd":"one-way","channels":[1],"body":"json"}`,
		`{"C":"__CHANNEL__:1"}`)
	data := func(n int) wire.Frame { return wire.Frame{Kind: wire.Bytes, Payload: make([]byte, n)} }
	begin := func(total int, k wire.Kind) wire.Frame {
		p := make([]byte, wire.BeginSize)
		wire.PutBegin(p, total, k)
		return wire.Frame{Kind: wire.Begin, Payload: p}
	}
	upload := invokeFrame(1, `{"cmd":"raw","body":"lane","lane":1,"length":10}`, "")
	for _, c := range []struct {
		name, says string
		batch      []byte
	}{
		{"receipt for the future", "receipt for batch 1", upBatch(wire.Header{Receipt: 1})},
		{"selective receipt for the future", "receipt for batch 2",
			upBatch(wire.Header{Selective: 1})},
		{"credit for an unknown lane", "lane 9, which was never opened",
			upBatch(wire.Header{Credits: []wire.Credit{{Lane: 9, Total: 1}}})},
		{"credit for Go's next lane", "lane 2, which was never opened",
			upBatch(wire.Header{Credits: []wire.Credit{{Lane: 2, Total: 1}}})},
		{"credit for what was never sent", "has sent 0",
			upBatch(wire.Header{Credits: []wire.Credit{{Lane: 0, Total: 8}}})},
		{"batch too far ahead", "batch 34", upBatch(wire.Header{Number: 34})},
		{"slot out of range", "slot 14", upBatch(wire.Header{Slot: 14, Request: 1})},
		{"frames for an unknown lane", "lane 5, which was never opened",
			upBatch(wire.Header{Number: 1}, run(5, 0, data(1)))},
		{"sequence gap", "begins with sequence 1, not 0", upBatch(wire.Header{Number: 1},
			run(0, 1, open))},
		{"sequence again", "begins with sequence 0, not 1", upBatch(wire.Header{Number: 1},
			run(0, 0, open), run(0, 0, open))},
		{"send on a one-way channel", "one-way", upBatch(wire.Header{Number: 1}, run(0, 0, open),
			run(1, 0, data(1)))},
		{"envelope past the frame", "envelope of 99 bytes", upBatch(wire.Header{Number: 1},
			run(0, 0, wire.Frame{Kind: wire.Invoke, Payload: words(1, 99, "{}")}))},
		{"short invoke", "invoke frame of 3 bytes", upBatch(wire.Header{Number: 1},
			run(0, 0, wire.Frame{Kind: wire.Invoke, Payload: []byte("abc")}))},
		{"envelope is no JSON", "envelope", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd`, "")))},
		{"envelope too deep", "envelope", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, strings.Repeat("[", 10_000), "")))},
		{"envelope without command", "no command", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"body":"json"}`, "")))},
		{"envelope of another body", `body "x"`, upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd":"raw","body":"x"}`, "")))},
		{"channel with an even number", "is no channel", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd":"raw","channels":[2],"body":"json"}`, "")))},
		{"channel that is no number", "is no channel", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd":"raw","channels":["a"],"body":"json"}`, "")))},
		{"channel over 32 bits", "is no channel", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd":"raw","channels":[4294967297],"body":"json"}`, "")))},
		{"body lane that is taken", "can't bring its body", upBatch(wire.Header{Number: 1},
			run(0, 0, open, invokeFrame(2, `{"cmd":"raw","body":"lane","lane":1,"length":1}`,
				"")))},
		{"two commands with one id", "is running", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd":"wait","body":"json"}`, "{}"),
				invokeFrame(1, `{"cmd":"wait","body":"json"}`, "{}")))},
		{"result of an unknown eval", "eval 7", upBatch(wire.Header{Number: 1},
			run(0, 0, wire.Frame{Kind: wire.Result, Payload: words(7, 0, "1")}))},
		{"error that is no JSON", "eval 0", upBatch(wire.Header{Number: 1},
			run(0, 0, wire.Frame{Kind: wire.Error, Payload: words(0, 0, "x")}))},
		{"message over the limit", "the limit is", upBatch(wire.Header{Number: 1},
			run(0, 0, upload), run(1, 0, begin(1<<20+1, wire.Bytes)))},
		{"fragments too long", "exceed", upBatch(wire.Header{Number: 1}, run(0, 0, upload),
			run(1, 0, begin(3, wire.Bytes), wire.Frame{
				Kind: wire.Middle, Payload: []byte("abcd"),
			}))},
		{"over the window", "its window is", upBatch(wire.Header{Number: 1},
			run(0, 0, invokeFrame(1, `{"cmd":"deaf","channels":[1],"body":"json"}`,
				`{"S":"__CHANNEL__:1"}`), invokeFrame(2, `{"cmd":"opened","body":"json"}`, "{}")))},
		{"frame after close", "after the close", upBatch(wire.Header{Number: 1}, run(0, 0, upload),
			run(1, 0, data(10), wire.Frame{Kind: wire.Close}, data(1)))},
		{"close that is no JSON", "close frame", upBatch(wire.Header{Number: 1}, run(0, 0, upload),
			run(1, 0, wire.Frame{Kind: wire.Close, Payload: []byte("{")}))},
		{"batch over the limit", "the limit is", append(upBatch(wire.Header{Number: 1}),
			make([]byte, 1<<20)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, transport.Options{
				MaxBatch: 16 << 10, Window: 64 << 10, MaxMessage: 1 << 20,
			})
			opened := make(chan struct{})
			transport.Handle(e, "one-way",
				func(ctx context.Context, a struct{ C *transport.Channel[int] }) (int, error) {
					a.C.Keep()
					return 1, nil
				})
			transport.Handle(e, "deaf", func(ctx context.Context, a struct {
				S *transport.Stream[int, []byte]
			}) (int, error) {
				close(opened)
				<-ctx.Done()
				return 1, nil
			})
			transport.Handle(e, "wait", func(ctx context.Context, _ struct{}) (int, error) {
				<-ctx.Done()
				return 1, nil
			})
			transport.Handle(e, "raw", func(ctx context.Context, b []byte) (int, error) {
				return len(b), nil
			})
			transport.Handle(e, "opened", func(ctx context.Context, _ struct{}) (int, error) {
				<-opened
				return 1, nil
			})
			s, _ := rawSession(t, e)
			a := s.exchange(c.batch)
			if c.name == "over the window" { // a legal batch so far: the window is 64 KiB
				<-opened
				for n := uint64(2); a.status != http.StatusGone && n < 20; n++ {
					a = s.exchange(upBatch(wire.Header{Number: n}, run(1, n-2, data(10_000))))
				}
			}
			<-s.Done()
			var rule *wire.RuleError
			if err := s.Err(); !errors.As(err, &rule) || !errors.Is(err, transport.ErrClosed) ||
				!strings.Contains(rule.Rule, c.says) {
				t.Fatalf("the session ended with %v, want a rule with %q", s.Err(), c.says)
			}
			var answer transport.Error
			if err := json.Unmarshal(a.body, &answer); err != nil || a.status != http.StatusGone ||
				answer.Code != transport.CodeProtocol || !strings.Contains(answer.Message, c.says) {
				t.Fatalf("answer %d %s", a.status, a.body)
			}
		})
	}
}

// TestLostUpwardBatch: a batch that is not whole is asked for again, and ends nothing.
func TestLostUpwardBatch(t *testing.T) {
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "f", func(context.Context, struct{}) (int, error) { return 7, nil })
	s, _ := rawSession(t, e)
	defer s.End("test is over")
	b := upBatch(wire.Header{
		Number: 1,
	}, run(0, 0, invokeFrame(1, `{"cmd":"f","body":"json"}`, "{}")))
	for _, n := range []int{0, 7, 60, len(b) - 1} {
		if a := s.exchange(b[:n]); a.status != http.StatusTooManyRequests {
			t.Fatalf("%d bytes: status %d %s", n, a.status, a.body)
		}
	}
	a := s.exchange(b)
	down, err := wire.Decode(a.body, wire.Down)
	if err != nil || a.status != http.StatusOK || len(down.Runs) == 0 {
		t.Fatalf("%d, %v", a.status, err)
	}
}

// TestChannelLimit: the next channel is refused with an error, and the session lives.
func TestChannelLimit(t *testing.T) {
	e := newEngine(t, transport.Options{Lanes: 2})
	got := make(chan *transport.Channel[int], 3)
	transport.Handle(e, "keep", func(_ context.Context, a struct{ C *transport.Channel[int] }) (int,
		error) {
		a.C.Keep()
		got <- a.C
		return 1, nil
	})
	p := openPage(t, e, transporttest.Config{})
	keep := func() error {
		ch := p.NewChannel()
		_, err := p.Invoke(transporttest.Request{Command: "keep", Args: map[string]any{"C": ch},
			Channels: []*transporttest.Channel{ch}})
		return err
	}
	for range 2 {
		if err := keep(); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, keep(), transport.CodeTooManyLanes)
	first := <-got
	first.Close()
	if err := first.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	for p.Session.Stats().Lanes >= 2 { // the page's closes are on their way
		runtime.Gosched()
	}
	if err := keep(); err != nil {
		t.Fatalf("after one was closed: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []transport.Options{
		{RingBytes: 5000}, {RingBytes: 1 << 10}, {Window: 1}, {MaxBatch: 100}, {MaxBatch: 2 << 20},
		{MaxBatch: 16<<10 + 4},
		{Pulls: 9}, {Lanes: -1}, {Pending: -1}, {MaxMessage: 1}, {SessionBytes: 1}, {Hold: -1},
		{ControlBytes: 3 << 14},
	} {
		if _, err := transport.NewEngine(o); err == nil {
			t.Errorf("options %+v are accepted", o)
		}
	}
	if _, err := newEngine(t, transport.Options{}).Open(transport.SessionConfig{}); err == nil {
		t.Error("a session without a carrier is accepted")
	}
}
