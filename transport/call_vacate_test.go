package transport_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestAnsweredCallHasNoPlace: a page with as many calls as it may have calls on as soon as one is
// answered, and is not refused, whatever Go still does for that one.
func TestAnsweredCallHasNoPlace(t *testing.T) {
	const long = 40_000 // over a batch, and over half of the control ring
	for name, c := range map[string]struct {
		args  string
		fails bool
	}{
		"result":           {`"short"`, false},
		"long result":      {`"long"`, false},
		"raw result":       {`"short"`, false},
		"long raw result":  {`"long"`, false},
		"ordered":          {`"short"`, false},
		"ordered and long": {`"long"`, false},
		"error":            {`"fail"`, true},
		"nothing":          {`"short"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{
					Pending: 1, ControlBytes: 64 << 10, MaxBatch: 16 << 10,
				})
				text := func(_ context.Context, s string) (string, error) {
					switch s {
					case "fail":
						return "", &transport.Error{Code: "failed", Message: s}
					case "long":
						s = strings.Repeat("x", long)
					}
					return s, nil
				}
				transport.Handle(e, "text", text)
				transport.HandleOrdered(e, "ordered", text)
				transport.Handle(e, "raw", func(ctx context.Context, s string) ([]byte, error) {
					s, err := text(ctx, s)
					return []byte(s), err
				})
				release := make(chan struct{})
				transport.AtAnswered(e, func() { <-release })
				p := openPage(t, e, transporttest.Config{})
				command := "text"
				switch {
				case strings.Contains(name, "raw"):
					command = "raw"
				case strings.Contains(name, "ordered"):
					command = "ordered"
				case name == "nothing":
					command = name
				}
				r := transporttest.Request{Command: command, Args: json.RawMessage(c.args)}
				if _, err := p.Invoke(r); (err != nil) != c.fails {
					t.Errorf("the first call gave %v", err)
				}
				next := p.Start(transporttest.Request{Command: "text", Args: "next"})
				synctest.Wait()
				close(release)
				result, err := next.Wait()
				wantJSON(t, result, err, `"next"`)
				p.Close()
			})
		})
	}
}

// TestAnsweredCallHasNoID: the number of a call that is answered is another one's, which the end of
// the first one does not touch.
func TestAnsweredCallHasNoID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		transport.Handle(e, "echo", func(_ context.Context, s string) (string, error) {
			return s, nil
		})
		canceled := false
		transport.Handle(e, "wait", func(ctx context.Context, _ any) (any, error) {
			<-ctx.Done()
			canceled = context.Cause(ctx) == transport.ErrCanceled
			return nil, nil
		})
		release := make(chan struct{})
		transport.AtAnswered(e, func() { <-release })
		u := openUp(t, e)
		u.invoke(1, `{"cmd":"echo","body":"json"}`, `"a"`)
		synctest.Wait()
		u.invoke(1, `{"cmd":"wait","body":"json"}`, `{}`)
		synctest.Wait()
		close(release)
		synctest.Wait()
		if running := u.s.Stats().Running; running != 1 {
			t.Errorf("%d calls run", running)
		}
		u.send(0, wire.Frame{Kind: wire.Cancel, Payload: words(1, 0, "")})
		synctest.Wait()
		if running := u.s.Stats().Running; running != 0 || !canceled {
			t.Errorf("%d calls run, the second one is cancelled: %v", running, canceled)
		}
	})
}
