package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// ringMemory is what a ring takes of SessionBytes.
func ringMemory(size int) int { return size + 8*size/ring.Unit }

// laneMemory is what a channel takes beside it.
const laneMemory = 1408

// keepChannels opens a page and n channels that have no ring yet.
func keepChannels(t *testing.T, o transport.Options, n int) (*transporttest.Page,
	[]*transporttest.Channel, []*transport.Channel[[]byte]) {
	t.Helper()
	e := newEngine(t, o)
	got := make(chan *transport.Channel[[]byte], 1)
	transport.Handle(e, "keep", func(_ context.Context, a struct{ C *transport.Channel[[]byte] }) (
		any, error) {
		a.C.Keep()
		got <- a.C
		return nil, nil
	})
	p := openPage(t, e, transporttest.Config{})
	var ends []*transporttest.Channel
	var channels []*transport.Channel[[]byte]
	for range n {
		c := p.NewChannel()
		if _, err := p.Invoke(transporttest.Request{Command: "keep", Args: map[string]any{"C": c},
			Channels: []*transporttest.Channel{c}}); err != nil {
			t.Fatal(err)
		}
		ends, channels = append(ends, c), append(channels, <-got)
	}
	synctest.Wait()
	return p, ends, channels
}

// TestSessionBytesDown: rings may take SessionBytes to the byte; with one byte less the last one is
// ErrMemory, and a channel's end makes room for it.
func TestSessionBytesDown(t *testing.T) {
	const size, rings = 16 << 10, 64
	for _, beside := range []int{-1, 0, 1} {
		inBubble(t, func(t *testing.T) {
			// lane 0 has one, too
			total := ringMemory(size)*(rings+1) + laneMemory*(rings+1) + beside
			p, ends, channels := keepChannels(t, transport.Options{
				SessionBytes: total, ControlBytes: size, RingBytes: size,
			}, rings+1)
			want := rings
			if beside < 0 {
				want--
			}
			for i, ch := range channels[:want] {
				if err := ch.TrySend([]byte{byte(i)}); err != nil {
					t.Fatalf("ring %d of %d: %v", i+1, want, err)
				}
				synctest.Wait() // a request on its way takes memory, too
			}
			next := channels[want]
			if err := next.TrySend([]byte{1}); !errors.Is(err, transport.ErrMemory) {
				t.Errorf("%+d: ring %d: %v", beside, want+1, err)
			}
			used, count := p.Session.Stats().Memory, ringMemory(size)*(want+1)+laneMemory*(rings+1)
			if used != int64(count) || p.Session.Err() != nil {
				t.Errorf("%+d: %d bytes of %d are used, session %v", beside, used, total,
					p.Session.Err())
			}
			for i, c := range ends[:want] {
				if m, err := c.Next(); err != nil || m.Data[0] != byte(i) {
					t.Fatalf("channel %d: %v", i, err)
				}
			}
			channels[0].Close()
			if _, err := ends[0].Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
				t.Fatal(err)
			}
			time.Sleep(time.Minute) // the receipt comes with a pull
			if err := next.TrySend([]byte{1}); err != nil {
				t.Errorf("%+d: after a channel's end: %v", beside, err)
			}
		})
	}
}

// TestSessionBytesQuarter: the ring that would begin at a quarter of SessionBytes has a fourth of
// the size, the one before it has all.
func TestSessionBytesQuarter(t *testing.T) {
	const control, size, whole = 16 << 10, 64 << 10, 8
	for beside, want := range map[int]int{-1: whole, 0: whole, 1: whole + 1} {
		inBubble(t, func(t *testing.T) {
			total := 4*(ringMemory(control)+(whole+2)*laneMemory+whole*ringMemory(size)) + beside
			_, _, channels := keepChannels(t, transport.Options{
				SessionBytes: total, ControlBytes: control, RingBytes: size,
			}, whole+2)
			for i, ch := range channels {
				if err := ch.TrySend([]byte{1}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait() // a request on its way takes memory, too
				ring := size
				if i >= want {
					ring = size / 4
				}
				if got := ch.Stats().Ring; got != ring {
					t.Errorf("%+d: ring %d has %d bytes, want %d", beside, i+1, got, ring)
				}
			}
		})
	}
}

// answered sends a request and gives its answer, and how long it was held.
func answered(s *raw, request []byte) (rawAnswer, time.Duration) {
	start := time.Now()
	return s.exchange(request), time.Since(start)
}

// TestHold: a pull is held as long as the page asks, and never longer than Hold.
func TestHold(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const hold = 3 * time.Second
		s, _ := rawSession(t, newEngine(t, transport.Options{Hold: hold}))
		defer s.End("test is over")
		for i, asked := range []time.Duration{
			hold - time.Millisecond, hold, hold + time.Millisecond, time.Hour,
		} {
			h := wire.Header{Request: uint32(i + 1), Hold: uint32(asked / time.Millisecond)}
			if a, took := answered(s, wire.Finish(wire.AppendHeader(nil,
				&h))); a.status != http.StatusNoContent || took != min(asked, hold) {
				t.Errorf("asked for %v: answered with %d after %v", asked, a.status, took)
			}
		}
	})
}

// TestPostHold: a result that comes just before the time is up is the request's own answer; one
// that comes just after is not, and nothing is lost.
func TestPostHold(t *testing.T) {
	for _, beside := range []time.Duration{-1, 1} {
		inBubble(t, func(t *testing.T) {
			const hold = 50 * time.Millisecond
			e := newEngine(t, transport.Options{PostHold: hold})
			transport.Handle(e, "work", func(context.Context, []byte) (any, error) {
				time.Sleep(hold + beside)
				return nil, nil
			})
			s, _ := rawSession(t, e)
			defer s.End("test is over")
			runs := func(a rawAnswer) int {
				b, err := wire.Decode(a.body, wire.Down)
				if err != nil || a.status != http.StatusOK {
					t.Fatal(a.status, err)
				}
				return len(b.Runs)
			}
			a, took := answered(s, upBatch(wire.Header{Number: 1},
				run(0, 0, invokeFrame(1, `{"cmd":"work","body":"bytes"}`, ""))))
			if early := beside < 0; took != min(hold, hold+beside) || early != (runs(a) > 0) {
				t.Errorf("%v beside it: answered after %v with %d runs", beside, took, runs(a))
			}
			if beside > 0 {
				a, took := answered(s, wire.Finish(wire.AppendHeader(nil, &wire.Header{
					Request: 1, Hold: 1000,
				})))
				if took != beside || runs(a) != 1 {
					t.Errorf("the pull behind it: answered after %v with %d runs", took, runs(a))
				}
			}
		})
	}
}

// TestResendAfter: a batch without receipt, of which no pull says that it was lost, is sent again
// at that age, not before, once a later one has its receipt.
func TestResendAfter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const age = 2 * time.Second
		s, _ := rawSession(t, newEngine(t, transport.Options{ResendAfter: age}))
		defer s.End("test is over")
		pull := func(h wire.Header) <-chan rawAnswer {
			got := make(chan rawAnswer, 1)
			h.Hold = 20_000
			s.send(wire.Finish(wire.AppendHeader(nil, &h)), func(a rawAnswer) { got <- a })
			synctest.Wait()
			return got
		}
		lost, second := pull(wire.Header{Slot: 0, Request: 1}),
			pull(wire.Header{Slot: 1, Request: 1})
		for n := range 2 {
			if err := s.Eval(fmt.Sprint(n)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		first := <-lost // it never reaches the page
		<-second
		third := pull(wire.Header{Slot: 1, Request: 2, Selective: 1})
		time.Sleep(age - 1)
		synctest.Wait()
		if len(third) > 0 {
			t.Fatal("it is sent again too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if len(third) == 0 {
			t.Fatal("it is not sent again")
		}
		if again := <-third; string(again.body) != string(first.body) || s.Stats().Resent != 1 {
			t.Errorf("%d bytes are sent again, %d batches; the lost one had %d", len(again.body),
				s.Stats().Resent, len(first.body))
		}
	})
}
