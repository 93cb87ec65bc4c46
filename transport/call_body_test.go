package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// noBodies registers commands that refuse a call before its raw body; with what each is refused.
func noBodies(e *transport.Engine, ran func()) map[string]string {
	refuse := func(err func(context.Context) error) transport.CommandOptions {
		return transport.CommandOptions{Permit: err}
	}
	no := &transport.Error{Code: "no", Message: "no"}
	o := map[string]transport.CommandOptions{
		"denied": {},
		"short":  {MaxArgs: 1000},
		"asks": refuse(func(ctx context.Context) error {
			s := transport.SessionFrom(ctx)
			return s.Check(transport.ActionEmit, transport.Header(ctx, "event"))
		}),
		"permit": refuse(func(context.Context) error { return no }),
		"panics": refuse(func(context.Context) error { panic("on purpose") }),
	}
	codes := map[string]string{
		"denied": transport.CodeDenied, "asks": transport.CodeDenied, "permit": no.Code,
		"short": transport.CodeBadArguments, "panics": transport.CodePanic,
		"json": transport.CodeBadArguments, "nobody": transport.CodeUnknownCommand,
	}
	takes := func(context.Context, []byte) (any, error) { ran(); return nil, nil }
	for name, o := range o {
		transport.HandleWith(e, name, o, takes)
		o.Ordered = true
		transport.HandleWith(e, "ordered "+name, o, takes)
		codes["ordered "+name] = codes[name]
	}
	for name, ordered := range map[string]bool{"json": false, "ordered json": true} {
		transport.HandleWith(e, name, transport.CommandOptions{Ordered: ordered},
			func(context.Context, json.RawMessage) (any, error) { ran(); return nil, nil })
		codes[name] = transport.CodeBadArguments
	}
	return codes
}

// withoutDenied allows the commands but denied ones, and emits no event.
var withoutDenied = &policy.Policy{Rules: []policy.Rule{{
	Windows: []string{"*"}, Origins: []string{"*"}, Allow: []string{"command:*"},
	Deny: []string{"command:denied", "command:ordered denied"},
}}}

// pieces are the first fragments of a body of length bytes, of 32 KiB each.
func pieces(length, n int) []wire.Frame {
	const size = 32 << 10
	begin := make([]byte, wire.BeginSize+size)
	wire.PutBegin(begin, length, wire.Bytes)
	frames := []wire.Frame{{Kind: wire.Begin, Payload: begin}}
	for range n - 1 {
		frames = append(frames, wire.Frame{Kind: wire.Middle, Payload: make([]byte, size)})
	}
	return frames
}

// startBody calls a command whose raw body comes on a lane.
func (u *upPage) startBody(id uint32, name string, lane uint32, length int) {
	u.t.Helper()
	u.invoke(id, fmt.Sprintf(
		`{"cmd":%q,"headers":{"event":"secret"},"body":"lane","lane":%d,"length":%d}`,
		name, lane, length), "")
}

// TestRefusedBodies: of the raw body of a call that is refused nothing is held, however much of it
// has come, and whether or not the page goes on to send it.
func TestRefusedBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{Policy: withoutDenied})
		codes := noBodies(e, func() { t.Error("a refused command ran") })
		u := openUp(t, e)
		synctest.Wait()
		id := uint32(0)
		for name := range codes {
			before := u.s.Stats().Held
			lane := 2*id + 1
			id++
			frames := pieces(100*32<<10, 100)
			u.startBody(id, name, lane, 100*32<<10)
			for _, f := range frames[:50] {
				u.send(lane, f)
			}
			synctest.Wait()
			held := func() int64 {
				now := u.s.Stats().Held
				return now.Fragments - before.Fragments + now.Messages - before.Messages +
					now.Commands - before.Commands
			}
			if n := held(); n > 0 {
				t.Errorf("%s: %d bytes are held of a page that has stopped", name, n)
			}
			for i, f := range frames[50:] {
				if i == 49 {
					f.Kind = wire.End
				}
				u.send(lane, f)
				if n := held(); n > 0 {
					t.Fatalf("%s: %d bytes are held of a page that goes on", name, n)
				}
			}
			u.send(lane, wire.Frame{Kind: wire.Close})
		}
	})
}

// TestRefusedBodiesHaveCodes: a page whose raw body is refused is told why, and its session goes
// on.
func TestRefusedBodiesHaveCodes(t *testing.T) {
	e := newEngine(t, transport.Options{Policy: withoutDenied})
	codes := noBodies(e, func() { t.Error("a refused command ran") })
	p := openPage(t, e, transporttest.Config{})
	for name, code := range codes {
		for _, length := range []int{1001, 10 << 20} {
			_, err := p.Invoke(transporttest.Request{
				Command: name, Raw: make([]byte, length),
				Headers: map[string]string{"event": "secret"},
			})
			wantCode(t, err, code)
		}
	}
}

// TestBodiesWaitForPermission: no more than the window is held of a body whose call was not
// permitted yet, or has not its turn; then all of it comes.
func TestBodiesWaitForPermission(t *testing.T) {
	for _, name := range []string{"asks", "behind"} {
		for _, more := range []bool{false, true} {
			t.Run(fmt.Sprint(name, more), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := newEngine(t, transport.Options{Window: 1 << 20})
					permitted, got := make(chan struct{}), 0
					await := func(context.Context) error { <-permitted; return nil }
					take := func(_ context.Context, b []byte) (any, error) {
						got = len(b)
						return nil, nil
					}
					transport.HandleWith(e, "asks", transport.CommandOptions{Permit: await}, take)
					transport.HandleOrdered(e, "turn",
						func(ctx context.Context, _ json.RawMessage) (any, error) {
							return nil, await(ctx)
						})
					transport.HandleOrdered(e, "behind", take)
					u := openUp(t, e)
					u.invoke(1, `{"cmd":"turn","body":"json"}`, `{}`)
					const n = 100
					u.startBody(2, name, 1, n*32<<10)
					frames := pieces(n*32<<10, n)
					frames[n-1].Kind = wire.End
					for _, f := range frames[:31] { // almost the window
						u.send(1, f)
					}
					synctest.Wait()
					if more {
						err := errors.Join(u.try(1, frames[31]), u.try(1, frames[32]))
						if !strings.Contains(fmt.Sprint(err), "without credit") {
							t.Errorf("a page that goes on without credit: %v", err)
						}
						close(permitted)
						return
					}
					close(permitted)
					synctest.Wait()
					for _, f := range frames[31:] {
						u.send(1, f)
					}
					synctest.Wait()
					if got != n*32<<10 {
						t.Errorf("the command got %d bytes", got)
					}
				})
			})
		}
	}
}
