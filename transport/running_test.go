package transport_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// TestNothingLeft: however a session ends at a call, or beside what it holds, nothing of it stays
// in the figures; openUp checks.
func TestNothingLeft(t *testing.T) {
	wait := func(id uint32) wire.Frame {
		return invokeFrame(id, `{"cmd":"wait","body":"json"}`, `{}`)
	}
	var headers strings.Builder
	for i := range 15_000 {
		fmt.Fprintf(&headers, `"%x":"",`, i)
	}
	stream := invokeFrame(1, `{"cmd":"stream","channels":[1],"body":"json"}`,
		`{"C":"__CHANNEL__:1"}`)
	unread := wire.Frame{Kind: wire.Bytes, Payload: make([]byte, 4<<10)}
	begin := make([]byte, wire.BeginSize+4096)
	wire.PutBegin(begin, 64<<10, wire.Bytes)
	for name, c := range map[string]struct {
		lanes  []uint32
		frames [][]wire.Frame // batches, on these lanes
		broken bool           // the last one breaks a rule
	}{
		"an id that runs":   {[]uint32{0, 0}, [][]wire.Frame{{wait(1)}, {wait(1)}}, true},
		"too many commands": {[]uint32{0}, [][]wire.Frame{{wait(1), wait(2), wait(3)}}, true},
		"too much memory": {
			[]uint32{0},
			[][]wire.Frame{
				{invokeFrame(1, `{"cmd":"wait","body":"json","headers":{`+headers.String()+
					`"z":""}}`, "{}")},
			},
			true,
		},
		"a channel's command": {[]uint32{0, 0}, [][]wire.Frame{{stream}, {stream}}, true},
		"a body that comes": {
			[]uint32{0},
			[][]wire.Frame{{invokeFrame(1, `{"cmd":"raw","body":"lane","lane":3,"length":9}`, "")}},
			false,
		},
		"unread messages": {[]uint32{0, 1}, [][]wire.Frame{{stream}, {unread}}, false},
		"closed and unread": {
			[]uint32{0, 1, 1}, [][]wire.Frame{{stream}, {unread}, {{Kind: wire.Close}}}, false,
		},
		"a part of a message": {
			[]uint32{0, 1}, [][]wire.Frame{{stream}, {{Kind: wire.Begin, Payload: begin}}}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{
					Pending: 1, ControlBytes: 16 << 10, RingBytes: 16 << 10, SessionBytes: 1 << 20,
					MaxMessage: 64 << 10,
				})
				transport.Handle(e, "wait", func(ctx context.Context, _ any) (any, error) {
					<-ctx.Done()
					return nil, nil
				})
				transport.Handle(e, "raw", func(_ context.Context, b []byte) ([]byte, error) {
					return b, nil
				})
				transport.Handle(e, "stream", func(ctx context.Context, a struct {
					C *transport.Stream[[]byte, []byte]
				}) (any, error) {
					<-ctx.Done()
					return nil, nil
				})
				// A call that is refused, too, counts until it is answered: here, until the session
				// ends.
				u := openUpWith(t, e, transport.SessionConfig{
					Settle: func(string) func(context.Context) {
						return func(ctx context.Context) { <-ctx.Done() }
					},
				})
				for i, frames := range c.frames {
					err := u.try(c.lanes[i], frames...)
					var rule *wire.RuleError
					if last := c.broken && i == len(c.frames)-1; last != errors.As(err, &rule) {
						t.Fatalf("batch %d gave %v", i, err)
					}
					synctest.Wait()
				}
			})
		})
	}
}
