package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestOnFull: what Send does when the page is behind, by policy. The page gets what was accepted,
// in order, and counts with Stats.
func TestOnFull(t *testing.T) {
	// 30,000 goes in fragments, and two of them fill the ring
	for _, size := range []int{8, 3000, 30_000} {
		for _, policy := range []transport.OnFull{
			transport.Block, transport.Fail, transport.Latest,
		} {
			t.Run(fmt.Sprintf("%v, %d bytes", policy, size), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, page, ch := grab[[]byte](t, narrow, transporttest.Config{})
					if err := ch.Configure(transport.ChannelOptions{OnFull: policy}); err != nil {
						t.Fatal(err)
					}
					p.Stall(true)
					start, n := time.Now(), 0
					var err error
					for ; n < 20_000 && err == nil; n++ {
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						err = ch.Send(ctx, numbered(n, size))
						cancel()
					}
					took := time.Since(start)
					switch policy {
					case transport.Block:
						if n--; !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
							t.Fatalf("message %d: %v after %v", n, err, took)
						}
					case transport.Fail:
						if n--; err != transport.ErrFull || took != 0 {
							t.Fatalf("message %d: %v after %v", n, err, took)
						}
					case transport.Latest:
						if err != nil || took != 0 {
							t.Fatalf("message %d: %v after %v", n, err, took)
						}
					}
					p.Stall(false)
					ch.Close()
					next, got := 0, 0
					for {
						m, err := page.Next()
						if errors.Is(err, transporttest.ErrChannelClosed) {
							break
						}
						if err != nil {
							t.Fatal(err)
						}
						k := numberOf(m.Data)
						if !bytes.Equal(m.Data, numbered(k, size)) || k < next || k > next &&
							policy != transport.Latest {
							t.Fatalf("message %d (%d bytes) where %d is due", k, len(m.Data), next)
						}
						next = k + 1
						got++
					}
					if next != n {
						t.Errorf("the last one was %d, accepted were %d", next-1, n)
					}
					if st := ch.Stats(); got+int(st.Replaced) != n || int(st.Messages) != got {
						t.Errorf("%d accepted, %d came: %+v", n, got, st)
					}
				})
			})
		}
	}
}

// numbered is a message of at least four bytes that says its number.
func numbered(n, size int) []byte {
	b := bytes.Repeat([]byte{byte(n)}, size)
	copy(b, fmt.Appendf(b[:0:0], "%04x", n))
	return b
}

func numberOf(b []byte) int {
	n := 0
	if _, err := fmt.Sscanf(string(b[:4]), "%04x", &n); err != nil {
		return -1
	}
	return n
}

// TestFailGoesOn: a channel with Fail lives on after ErrFull, accepts at once what fits again, and
// never half a message.
func TestFailGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, page, ch := grab[[]byte](t, narrow, transporttest.Config{})
		if err := ch.Configure(transport.ChannelOptions{OnFull: transport.Fail}); err != nil {
			t.Fatal(err)
		}
		accepted := 0
		for round := range 20 {
			p.Stall(true)
			refused := 0
			for refused < 5 {
				switch err := ch.Send(t.Context(),
					numbered(accepted, []int{100, 20_000, 32_000}[round%3])); err {
				case nil:
					accepted++
				case transport.ErrFull:
					refused++
				default:
					t.Fatal(err)
				}
			}
			p.Stall(false)
			for page.Queued() == 0 {
				synctest.Wait()
				time.Sleep(time.Millisecond)
			}
			for n := accepted - 1; ; {
				m, err := page.Next()
				if err != nil {
					t.Fatal(err)
				}
				if numberOf(m.Data) == n {
					break
				}
			}
			if err := ch.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if accepted < 60 {
			t.Errorf("%d accepted in 20 rounds", accepted)
		}
	})
}

// TestFailTooLarge: what can't be accepted at once, whatever the page takes, is ErrTooLarge: one
// byte over half of RingBytes. The ring grows for what can.
func TestFailTooLarge(t *testing.T) {
	for _, ring := range []int{64 << 10, 1 << 20, 4 << 20} {
		t.Run(fmt.Sprint(ring), func(t *testing.T) {
			_, page, ch := grab[[]byte](t, transport.Options{RingBytes: ring},
				transporttest.Config{})
			if err := ch.Configure(transport.ChannelOptions{OnFull: transport.Fail}); err != nil {
				t.Fatal(err)
			}
			if err := ch.Send(t.Context(), make([]byte, ring/2+1)); !errors.Is(err,
				transport.ErrTooLarge) {
				t.Errorf("over half of the ring: %v", err)
			}
			for _, n := range []int{ring / 2, ring/2 - 1} {
				if err := ch.Send(t.Context(), make([]byte, n)); err != nil {
					t.Errorf("%d bytes: %v", n, err)
				}
				if err := ch.Flush(within(t)); err != nil {
					t.Fatal(err)
				}
				if m, err := page.Next(); err != nil || len(m.Data) != n {
					t.Errorf("%d bytes came, %v", len(m.Data), err)
				}
			}
		})
	}
}

// TestConfigureRefuses: a wrong option changes nothing.
func TestConfigureRefuses(t *testing.T) {
	_, _, ch := grab[int](t, transport.Options{}, transporttest.Config{})
	for _, o := range []transport.ChannelOptions{
		{OnFull: transport.Latest + 1}, {OnFull: transport.Latest, RingBytes: 1000},
	} {
		if err := ch.Configure(o); err == nil || errors.Is(err, transport.ErrInUse) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := ch.Send(t.Context(), 1); err != nil || ch.Stats().Ring == 0 {
		t.Errorf("%v, %+v: the channel should be as it was", err, ch.Stats())
	}
}
