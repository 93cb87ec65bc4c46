package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

// backend has the commands that the page calls.
type backend struct {
	app    *webview.App
	report chan []string // the lines of a page that has run to its end

	mu    sync.Mutex
	heard map[string][]string        // guarded by mu, like the rest: what listeners in Go heard
	more  chan struct{}              // closed when heard has grown
	ticks *transport.Channel[int]    // of who listens to the plugin
	kept  *transport.Channel[string] // one that outlives its command
	lent  int                        // resources that pages hold
}

func newBackend(app *webview.App) (*backend, error) {
	b := &backend{app: app, report: make(chan []string, 1), heard: map[string][]string{},
		more: make(chan struct{})}
	e := app.Engine()

	transport.Handle(e, "echo", func(_ context.Context, args json.RawMessage) (json.RawMessage,
		error) {
		return args, nil
	})
	transport.Handle(e, "reverse", func(_ context.Context, body []byte) ([]byte, error) {
		reversed := slices.Clone(body)
		slices.Reverse(reversed)
		return reversed, nil
	})
	transport.Handle(e, "trace", func(ctx context.Context, _ any) (string, error) {
		return transport.Header(ctx, "trace") + " " + transport.Header(ctx, "x-more"), nil
	})
	transport.Handle(e, "trace_bytes", func(ctx context.Context, body []byte) (string, error) {
		return fmt.Sprintf("%s and %d bytes", transport.Header(ctx, "trace"), len(body)), nil
	})
	transport.Handle(e, "fail", fail)
	transport.Handle(e, "report", func(_ context.Context, args struct{ Lines []string }) (any,
		error) {
		b.report <- args.Lines
		return nil, nil
	})

	transport.Handle(e, "stream", stream)
	transport.Handle(e, "keep", b.keep)
	transport.Handle(e, "send", b.send)
	transport.Handle(e, "plugin:clock|register_listener", b.registerListener)
	transport.Handle(e, "tick", b.tick)

	transport.Handle(e, "lend", b.lend)
	transport.Handle(e, "lent", func(context.Context, any) (int, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.lent, nil
	})

	transport.Handle(e, "emit_from_go", b.emit)
	transport.Handle(e, "heard_in_go", b.heardInGo)
	for name, target := range map[string]bus.Target{
		"app": bus.App, "any": bus.Any, "main": bus.WebviewWindow("main"),
	} {
		if _, err := app.Bus().Listen(target, "to-go", func(event bus.Event) {
			b.hear(name, string(event.Payload))
		}); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// fail is a command that fails, in the way that the page asks for.
func fail(_ context.Context, args struct{ How string }) (any, error) {
	switch args.How {
	case "plain":
		return nil, errors.New("no such file")
	case "with detail":
		return nil, &transport.Error{
			Code: "io", Message: "no such file", Detail: map[string]any{"kind": "io", "errno": 2},
		}
	}
	return nil, &transport.Error{Code: "unknown", Message: "no such failure: " + args.How}
}

// stream sends numbers and bytes by turns, on channels deep in its arguments.
func stream(ctx context.Context, args struct {
	Count int
	Into  struct {
		Numbers *transport.Channel[int]
		Bytes   []*transport.Channel[[]byte]
	}
}) (string, error) {
	for i := range args.Count {
		if err := args.Into.Numbers.Send(ctx, i); err != nil {
			return "", err
		}
		for _, c := range args.Into.Bytes {
			if err := c.Send(ctx, []byte{byte(i), byte(i * i)}); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d sent", args.Count), nil
}

// keep is a command whose channel stays open when it returns.
func (b *backend) keep(
	ctx context.Context, args struct{ Channel *transport.Channel[string] },
) (any, error) {
	args.Channel.Keep()
	b.mu.Lock()
	b.kept = args.Channel
	b.mu.Unlock()
	return nil, args.Channel.Send(ctx, "before the return")
}

// send sends on the channel that was kept. An empty text closes it.
func (b *backend) send(ctx context.Context, args struct{ Text string }) (any, error) {
	b.mu.Lock()
	c := b.kept
	b.mu.Unlock()
	if args.Text == "" {
		c.Close()
		return nil, nil
	}
	return nil, c.Send(ctx, args.Text)
}

// registerListener is what addPluginListener calls, for the plugin "clock".
func (b *backend) registerListener(_ context.Context, args struct {
	Event   string
	Handler *transport.Channel[int]
}) (any, error) {
	args.Handler.Keep()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ticks = args.Handler
	return nil, nil
}

func (b *backend) tick(ctx context.Context, args struct{ N int }) (any, error) {
	b.mu.Lock()
	c := b.ticks
	b.mu.Unlock()
	return nil, c.Send(ctx, args.N)
}

// lend gives the page a resource.
func (b *backend) lend(ctx context.Context, _ any) (uint32, error) {
	b.mu.Lock()
	b.lent++
	b.mu.Unlock()
	return webview.AddResource(ctx, resource{b})
}

type resource struct{ *backend }

func (r resource) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lent--
	return nil
}

// emit emits for the page, to that target.
func (b *backend) emit(_ context.Context, args struct {
	To      bus.Target
	Event   string
	Payload any
}) (any, error) {
	return nil, b.app.EmitTo(args.To, args.Event, args.Payload)
}

func (b *backend) hear(who, payload string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard[who] = append(b.heard[who], payload)
	close(b.more)
	b.more = make(chan struct{})
}

// heardInGo waits until Go's listeners have heard so many events, and tells which.
func (b *backend) heardInGo(ctx context.Context, args struct{ Count int }) (map[string][]string,
	error) {
	for {
		count := 0
		heard := map[string][]string{}
		b.mu.Lock()
		for who, payloads := range b.heard {
			heard[who] = slices.Clone(payloads)
			count += len(payloads)
		}
		more := b.more
		b.mu.Unlock()
		if count >= args.Count {
			return heard, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return heard, ctx.Err()
		}
	}
}
