package transport_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestCommandName: a command's name has at most 1024 bytes. A longer one is unknown, and is not
// repeated.
func TestCommandName(t *testing.T) {
	const limit = 1024
	e := newEngine(t, transport.Options{})
	nothing := func(context.Context, any) (any, error) { return nil, nil }
	transport.Handle(e, strings.Repeat("x", limit), nothing)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a longer name was registered")
			}
		}()
		transport.Handle(e, strings.Repeat("y", limit+1), nothing)
	}()
	p := openPage(t, e, transporttest.Config{})
	call := func(name string) error {
		_, err := p.Invoke(transporttest.Request{Command: name, Args: struct{}{}})
		return err
	}
	if err := call(strings.Repeat("x", limit)); err != nil {
		t.Error(err)
	}
	wantCode(t, call(strings.Repeat("y", limit)), transport.CodeUnknownCommand)
	for _, n := range []int{limit + 1, 100_000} {
		e := wantCode(t, call(strings.Repeat("y", n)), transport.CodeUnknownCommand)
		if !strings.Contains(e.Message, "1024") || len(e.Message) > 300 {
			t.Errorf("%d bytes: %s", n, e.Message)
		}
	}
}
