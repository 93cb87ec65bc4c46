package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// errLate is the cause of the deadlines of these tests.
var errLate = errors.New("too late")

// narrow are options under which little may wait: rings of 64 KiB, frames of 8 KiB at most.
var narrow = transport.Options{MaxBatch: 16<<10 + 16, Window: 64 << 10, RingBytes: 64 << 10,
	ControlBytes: 64 << 10}

// late runs a call that has to wait, in a bubble, with a deadline, and checks that it ends at that
// very time, with the cause. It gives how long a deadline it had.
func late(t *testing.T, call func(context.Context) error) {
	t.Helper()
	for _, patience := range []time.Duration{time.Nanosecond, 1500 * time.Millisecond, time.Hour} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errLate)
		start := time.Now()
		err := call(ctx)
		cancel()
		if !errors.Is(err, errLate) {
			t.Fatalf("after %v: %v, want the deadline's cause", time.Since(start), err)
		}
		if took := time.Since(start); took != patience {
			t.Fatalf("a deadline of %v ended the call after %v", patience, took)
		}
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 0, errLate)
	defer cancel()
	start := time.Now()
	if err := call(ctx); !errors.Is(err, errLate) || time.Since(start) != 0 {
		t.Fatalf("a deadline that has passed: %v after %v", err, time.Since(start))
	}
}

// TestSendDeadline: Send ends at its deadline wherever it waits: for space, for another large
// message's end, in the middle of its own. Nothing of it reaches the page, and what is sent before
// and after does, in order.
func TestSendDeadline(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int  // of the message that comes too late
		other  int  // of a message that waits before it; 0: none
		filled bool // the ring is full
	}{
		{"one frame", 1000, 0, true},
		{"the first fragment", 30_000, 0, true},
		{"a fragment in the middle", 300_000, 0, false},
		{"behind a large message", 30_000, 300_000, false},
		{"one frame behind one that waits", 1000, 2000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, page, ch := grab[[]byte](t, narrow, transporttest.Config{})
				p.Stall(true)
				var want []int // the lengths of what was accepted
				body := func(n int) []byte { return bytes.Repeat([]byte{byte(n)}, n) }
				accept := func(n int) {
					want = append(want, n)
					if err := ch.Send(t.Context(), body(n)); err != nil {
						t.Error(err)
					}
				}
				accept(100)
				if c.filled {
					for n := 500; ; n++ {
						if err := ch.TrySend(body(n)); errors.Is(err, transport.ErrFull) {
							break
						} else if err != nil {
							t.Fatal(err)
						}
						want = append(want, n)
					}
				}
				other := make(chan struct{})
				go func() {
					defer close(other)
					if c.other > 0 {
						accept(c.other)
					}
				}()
				synctest.Wait()
				late(t, func(ctx context.Context) error { return ch.Send(ctx, body(c.size)) })
				before := time.Now()
				p.Stall(false)
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					<-other
					for _, n := range []int{7, c.size, 40_000, 0} {
						accept(n)
					}
					ch.Close()
				}()
				var got []int
				for {
					m, err := page.Next()
					if errors.Is(err, transporttest.ErrChannelClosed) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(m.Data, body(len(m.Data))) {
						t.Fatalf("a message of %d bytes is damaged", len(m.Data))
					}
					got = append(got, len(m.Data))
				}
				<-sent
				if !slices.Equal(got, want) {
					t.Errorf("the page got messages of %d bytes, accepted were %d", got, want)
				}
				if took := time.Since(before); took > 20*time.Second {
					t.Errorf("it took %v", took)
				}
				if st := ch.Stats(); st.Messages != uint64(len(want)) {
					t.Errorf("%d messages are counted, %d were accepted", st.Messages, len(want))
				}
			})
		})
	}
}

// TestFlushDeadline: Flush ends at its deadline when the page takes nothing; what it waited for
// arrives all the same.
func TestFlushDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, page, ch := grab[int](t, narrow, transporttest.Config{})
		p.Stall(true)
		if err := ch.Send(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		late(t, ch.Flush)
		late(t, p.Session.Flush)
		p.Stall(false)
		if err := ch.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if m, err := page.Next(); err != nil || decodeInt(t, m.Data) != 1 {
			t.Errorf("%q, %v", m.Data, err)
		}
	})
}

// TestReceiveDeadline: Receive and All end at their deadline, and take nothing then: the next one
// gets the message.
func TestReceiveDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page, s := converse(t)
		receive := func(ctx context.Context) error {
			_, err := s.Receive(ctx)
			return err
		}
		late(t, receive)
		late(t, func(ctx context.Context) error {
			var last error
			for _, last = range s.All(ctx) {
			}
			return last
		})
		if err := page.Send(wire.JSON, []byte("7")); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Receive(t.Context()); n != 7 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		late(t, receive)
	})
}

// converse gives both ends of a stream that is kept.
func converse(t *testing.T) (*transporttest.Channel, *transport.Stream[int, int]) {
	e := newEngine(t, narrow)
	got := make(chan *transport.Stream[int, int], 1)
	transport.Handle(e, "grab", func(_ context.Context, a struct {
		S *transport.Stream[int, int]
	}) (bool, error) {
		a.S.Keep()
		got <- a.S
		return true, nil
	})
	p := openPage(t, e, transporttest.Config{})
	ch := p.NewChannel()
	r, err := p.Invoke(transporttest.Request{Command: "grab", Args: map[string]any{"S": ch},
		Channels: []*transporttest.Channel{ch}})
	wantJSON(t, r, err, "true")
	return ch, <-got
}

// TestControlDeadline: events and evals that wait for room in lane 0 end at their deadline, and
// none of them takes effect, nor a part.
func TestControlDeadline(t *testing.T) {
	// one frame, to half of the ring, over half, over all of it
	for _, size := range []int{1000, 20_000, 45_000, 200_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log []string
				p := openPage(t, newEngine(t, narrow), transporttest.Config{
					Eval: func(js string) (any, error) { return len(js), nil },
					Control: func(kind wire.Kind, _ uint32, payload []byte) {
						log = append(log, fmt.Sprintf("%v of %d bytes", kind, len(payload)))
					},
				})
				synctest.Wait()
				p.Stall(true)
				var want []string
				for p.Session.Event([]uint32{1}, true, make([]byte, 500)) == nil {
					want = append(want, "event of 500 bytes")
				}
				late(t, func(ctx context.Context) error {
					return p.Session.EventContext(ctx, []uint32{1}, true, make([]byte, size))
				})
				for p.Session.Eval(string(bytes.Repeat([]byte(" "), 500))) == nil {
					want = append(want, "eval of 500 bytes")
				}
				script := string(bytes.Repeat([]byte(" "), size))
				late(t, func(ctx context.Context) error {
					return p.Session.EvalContext(ctx, script)
				})
				late(t, func(ctx context.Context) error {
					_, err := p.Session.EvalResult(ctx, script)
					return err
				})
				p.Stall(false)
				if err := p.Session.EventContext(t.Context(), []uint32{1}, true,
					make([]byte, size+1)); err != nil {
					t.Fatal(err)
				}
				if n, err := p.Session.EvalResult(t.Context(), script+"  "); err != nil ||
					string(n) != fmt.Sprint(size+2) {
					t.Fatalf("%s, %v", n, err)
				}
				want = append(want, fmt.Sprintf("event of %d bytes", size+1),
					fmt.Sprintf("eval of %d bytes", size+2))
				synctest.Wait()
				if !slices.Equal(log, want) {
					t.Errorf("the page handled %q, want %q", log, want)
				}
			})
		})
	}
}

// TestResultDeadline: EvalResult ends at its deadline while the page has the script; the answer
// that comes later harms nobody.
func TestResultDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, narrow)
		var ran []string
		p := openPage(t, e, transporttest.Config{Eval: func(js string) (any, error) {
			ran = append(ran, js)
			return js, nil
		}})
		synctest.Wait()
		p.Stall(true)
		late(t, func(ctx context.Context) error {
			_, err := p.Session.EvalResult(ctx, "1")
			return err
		})
		p.Stall(false)
		if v, err := p.Session.EvalResult(t.Context(), "2"); err != nil || string(v) != `"2"` {
			t.Fatalf("%s, %v", v, err)
		}
		if want := []string{"1", "1", "1", "1", "2"}; !slices.Equal(ran, want) {
			t.Errorf("the page ran %q, want %q: an accepted script runs, whether its answer is "+
				"waited for or not", ran, want)
		}
	})
}
