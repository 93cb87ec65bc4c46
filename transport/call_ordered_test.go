package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// journal is a list that handlers write.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, a ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, a...))
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lines
	j.lines = nil
	return l
}

// TestOrderedCommands: ordered commands are handled in the order of the calls, and before ordinary
// ones that were called later start; what faults do to requests does not change that.
func TestOrderedCommands(t *testing.T) {
	e := newEngine(t, transport.Options{})
	// only ordered commands touch it: the race detector sees that they are one after the other
	var ordered []int
	transport.HandleOrdered(e, "next", func(_ context.Context, n int) (int, error) {
		ordered = append(ordered, n)
		return n, nil
	})
	var mu sync.Mutex
	atStart := map[int]bool{}
	var done sync.Map
	transport.HandleOrdered(e, "mark", func(_ context.Context, n int) (any, error) {
		done.Store(n, true)
		return nil, nil
	})
	transport.Handle(e, "look", func(_ context.Context, n int) (any, error) {
		_, ok := done.Load(n)
		mu.Lock()
		defer mu.Unlock()
		atStart[n] = ok
		return nil, nil
	})
	p := openPage(t, e, transporttest.Config{
		Faults: transporttest.Faults{Seed: 3, LoseRequest: 0.05, LoseAnswer: 0.05, CutAnswer: 0.05},
	})
	var calls []*transporttest.Call
	var want []int
	for n := range 500 {
		want = append(want, n)
		calls = append(calls, p.Start(transporttest.Request{Command: "next", Args: n}),
			p.Start(transporttest.Request{Command: "mark", Args: n}),
			p.Start(transporttest.Request{Command: "look", Args: n}))
	}
	for i, c := range calls {
		r, err := c.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 && string(r.Data) != fmt.Sprint(i/3) {
			t.Fatalf("call %d has the result %s", i, r.Data)
		}
	}
	if !slices.Equal(ordered, want) {
		t.Errorf("handled in the order %v", ordered)
	}
	for n := range 500 {
		if !atStart[n] {
			t.Fatalf("the ordinary command %d started before the ordered one that was called "+
				"before it", n)
		}
	}
}

func TestOrderedArguments(t *testing.T) {
	e := newEngine(t, transport.Options{MaxMessage: 1 << 20})
	transport.HandleOrdered(e, "raw json", func(ctx context.Context, a json.RawMessage) (string,
		error) {
		s := transport.SessionFrom(ctx)
		return fmt.Sprintf("%s %s %s", s.Label(), transport.Header(ctx, "h"), a), nil
	})
	transport.HandleOrdered(e, "value", func(_ context.Context, a struct{ A []int }) ([]int,
		error) {
		slices.Reverse(a.A)
		return a.A, nil
	})
	transport.HandleOrdered(e, "bytes", func(_ context.Context, b []byte) ([]byte, error) {
		return b, nil
	})
	transport.HandleOrdered(e, "fails", func(context.Context, json.RawMessage) (any, error) {
		return nil, errors.New("no")
	})
	transport.HandleOrdered(e, "panics", func(context.Context, json.RawMessage) (any, error) {
		panic("oh")
	})
	p := openPage(t, e, transporttest.Config{Label: "w"})
	r, err := p.Invoke(transporttest.Request{
		Command: "raw json", Args: json.RawMessage(`{"é":[1]}`),
		Headers: map[string]string{
			"h": "H",
		},
	})
	wantJSON(t, r, err, `"w H {\"é\":[1]}"`)
	r, err = p.Invoke(transporttest.Request{
		Command: "value", Args: map[string]any{"A": []int{1, 2}},
	})
	wantJSON(t, r, err, "[2,1]")
	// inside the invoke, in fragments, on a lane of its own
	for _, n := range []int{0, 10, 40 << 10, 200 << 10} {
		raw := []byte(strings.Repeat("x", n))
		r, err := p.Invoke(transporttest.Request{Command: "bytes", Raw: raw})
		if err != nil || !r.Raw || string(r.Data) != string(raw) {
			t.Errorf("raw body of %d bytes: %v", n, err)
		}
	}
	_, err = p.Invoke(transporttest.Request{Command: "fails"})
	wantCode(t, err, transport.CodeError)
	_, err = p.Invoke(transporttest.Request{Command: "panics"})
	wantCode(t, err, transport.CodePanic)
	_, err = p.Invoke(transporttest.Request{Command: "value", Args: "no struct"})
	wantCode(t, err, transport.CodeBadArguments)
	_, err = p.Invoke(transporttest.Request{Command: "bytes", Args: 1})
	wantCode(t, err, transport.CodeBadArguments)
	_, err = p.Invoke(transporttest.Request{Command: "raw json", Raw: []byte("1")})
	wantCode(t, err, transport.CodeBadArguments)
	ch := p.NewChannel()
	_, err = p.Invoke(transporttest.Request{Command: "value", Args: map[string]any{},
		Channels: []*transporttest.Channel{ch}})
	wantCode(t, err, transport.CodeBadArguments)
	if _, err := ch.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
		t.Errorf("the channel that an ordered command does not take: %v", err)
	}
	// a call is over a moment after its answer
	for over := within(t); p.Session.Stats().Running != 0 && over.Err() == nil; {
		runtime.Gosched()
	}
	if st := p.Session.Stats(); st.Running != 0 || st.Memory > 20<<20 {
		t.Errorf("after all: %d running, %d bytes", st.Running, st.Memory)
	}
}

// TestOrderedBehindBody: calls behind an ordered one whose body comes on a lane of its own wait for
// that body, for the end of that lane, or for the call's cancellation.
func TestOrderedBehindBody(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(*upPage)
		want []string
	}{
		{"body comes", func(u *upPage) {
			u.send(1, wire.Frame{Kind: wire.Bytes, Payload: []byte("abc")})
		}, []string{"body abc", "next 1", "ordinary 2", "next 3"}},
		{"body is too short", func(u *upPage) {
			u.send(1, wire.Frame{Kind: wire.Bytes, Payload: []byte("ab")})
		}, []string{"next 1", "ordinary 2", "next 3"}},
		{"lane is closed", func(u *upPage) {
			u.send(1, wire.Frame{Kind: wire.Close})
		}, []string{"next 1", "ordinary 2", "next 3"}},
		{"call is cancelled", func(u *upPage) {
			u.send(0, wire.Frame{Kind: wire.Cancel, Payload: words(1, 0, "")})
		}, []string{"next 1", "ordinary 2", "next 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				var log journal
				transport.HandleOrdered(e, "body", func(_ context.Context, b []byte) (any, error) {
					log.add("body %s", b)
					return nil, nil
				})
				// The third call comes last, when the ordinary one has run.
				ran := make(chan bool, 1)
				transport.HandleOrdered(e, "next", func(_ context.Context, n int) (any, error) {
					if n == 3 {
						go func() { <-ran; log.add("next %d", n) }()
					} else {
						log.add("next %d", n)
					}
					return nil, nil
				})
				transport.Handle(e, "ordinary", func(_ context.Context, n int) (any, error) {
					log.add("ordinary %d", n)
					ran <- true
					return nil, nil
				})
				u := openUp(t, e)
				u.invoke(1, `{"cmd":"body","body":"lane","lane":1,"length":3}`, "")
				u.invoke(2, `{"cmd":"next","body":"json"}`, "1")
				u.invoke(3, `{"cmd":"ordinary","body":"json"}`, "2")
				synctest.Wait()
				if got := log.take(); got != nil {
					t.Fatalf("before the body: %q", got)
				}
				c.then(u)
				u.invoke(4, `{"cmd":"next","body":"json"}`, "3")
				synctest.Wait()
				if got := log.take(); !slices.Equal(got, c.want) {
					t.Errorf("handled %q, want %q", got, c.want)
				}
				if err := u.s.Err(); err != nil {
					t.Error(err)
				}
				if st := u.s.Stats(); st.Running != 0 {
					t.Errorf("%d calls are not answered", st.Running)
				}
			})
		})
	}
}

// TestOrderedAnswersNeverBlock: a page whose lane 0 is full gets its ordered commands handled, as
// taking them must not wait for receipts that come the same way; each is answered when there is
// room.
func TestOrderedAnswersNeverBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{ControlBytes: 16 << 10})
		handled := 0
		transport.HandleOrdered(e, "long", func(context.Context, json.RawMessage) (string, error) {
			handled++
			return strings.Repeat("y", 1000), nil
		})
		transport.HandleOrdered(e, "in fragments", func(context.Context, json.RawMessage) (string,
			error) {
			handled++
			return strings.Repeat("y", 10_000), nil
		})
		transport.HandleOrdered(e, "raw", func(context.Context, json.RawMessage) ([]byte, error) {
			handled++
			return make([]byte, 100<<10), nil
		})
		u := openUp(t, e)
		for _, script := range []string{strings.Repeat(" ", 500), "1"} {
			for u.s.Eval(script) == nil {
				continue
			}
		}
		const calls = 150
		for i := range uint32(calls) {
			u.invoke(i+1, fmt.Sprintf(`{"cmd":%q,"body":"json"}`, []string{
				"long", "in fragments", "raw",
			}[i%3]), "0")
		}
		synctest.Wait()
		if st := u.s.Stats(); handled != calls || st.Running != calls {
			t.Fatalf("%d of %d handled, %d without an answer", handled, calls, st.Running)
		}
		for n := 0; u.s.Stats().Running > 0; n++ {
			if n == 10*calls {
				t.Fatalf("%d calls are never answered", u.s.Stats().Running)
			}
			synctest.Wait()
			u.receipt()
		}
	})
}
