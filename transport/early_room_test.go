package transport_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// TestNoRoomForEarlyBatch: a batch that comes before its turn, and finds no room to be kept, is
// asked for again. The session goes on: the page has broken no rule.
func TestNoRoomForEarlyBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{SessionBytes: 2 << 20, ControlBytes: 64 << 10})
		transport.Handle(e, "large", func(context.Context, any) ([]byte, error) {
			return make([]byte, 4<<20), nil
		})
		var got []int
		transport.HandleOrdered(e, "note", func(_ context.Context, body []byte) (any, error) {
			got = append(got, len(body))
			return nil, nil
		})
		p := openUpWith(t, e, transport.SessionConfig{})
		p.invoke(1, `{"cmd":"large","body":"json"}`, "{}")
		synctest.Wait()
		if held := p.s.Stats().Held.Results; held < 4<<20 {
			t.Fatalf("results hold %d bytes", held)
		}
		var batches [][]byte
		for i := range 2 {
			b := wire.AppendHeader(nil, &wire.Header{Number: p.number + 1 + uint64(i)})
			b = wire.AppendRun(b, 0, p.next[0]+uint64(i),
				invokeFrame(uint32(2+i), `{"cmd":"note","body":"bytes"}`, strings.Repeat("x", i+1)))
			batches = append(batches, wire.Finish(b))
		}
		receive := func(i int) error {
			_, err := p.carrier.port.Receive(batches[i])
			return err
		}
		if err := receive(1); !errors.Is(err, wire.ErrLost) {
			t.Errorf("the early batch: %v", err)
		}
		if err := p.s.Err(); err != nil {
			t.Fatalf("the session is over: %v", err)
		}
		for i := range batches {
			if err := receive(i); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(got) != 2 || got[0] != 1 || got[1] != 2 {
			t.Errorf("the commands had bodies of %d bytes", got)
		}
	})
}
