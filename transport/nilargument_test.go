package transport_test

import (
	"context"
	"testing"

	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestNilArguments: nil where a function or a value is meant is an error that says so, at once, or
// has a sensible meaning.
func TestNilArguments(t *testing.T) {
	e := newEngine(t, transport.Options{})
	nothing := func(context.Context, struct{}) (any, error) { return nil, nil }
	var forgotten func(context.Context, struct{}) (any, error)
	p, _, ch := grab[int](t, transport.Options{}, transporttest.Config{})
	apitest.Each(t, ".", apitest.Nilable, map[string]func() error{
		"Handle": func() error {
			transport.Handle(e, "nil", forgotten)
			return nil
		},
		"HandleWith": func() error {
			transport.HandleWith(nil, "nil", transport.CommandOptions{}, nothing)
			return nil
		},
		"HandleOrdered": func() error {
			transport.HandleOrdered(nil, "nil", nothing)
			return nil
		},
		"NewResumable": func() error {
			_, err := transport.NewResumable[int](nil, "nil", transport.ResumableOptions{})
			return err
		},
		"Channel.CloseWithError": func() error {
			ch.CloseWithError(nil)
			return ch.Err()
		},
		"Stream.CloseWithError": func() error {
			(&transport.Stream[int, int]{Channel: *ch}).CloseWithError(nil)
			return ch.Err()
		},
		"Resumable.CloseWithError": func() error {
			newResumable[int](t, e, "r", transport.ResumableOptions{}).CloseWithError(nil)
			return nil
		},
		"Session.NativeEvaluated": func() error {
			p.Session.NativeEvaluated(1, nil, nil)
			return nil
		},
		"Session.Fail": func() error { p.Session.Fail(nil); return p.Session.Err() },
		"ClosedError.Is": func() error {
			_ = (&transport.ClosedError{}).Is(nil)
			return nil
		},
		"TooLateError.Is": func() error {
			_ = (&transport.TooLateError{}).Is(nil)
			return nil
		},
	}, func(t *testing.T, f func() error) { apitest.Forgiving(t, "transport", f) })
	for name, f := range map[string]func() error{
		"Handle without an engine": func() error {
			transport.Handle(nil, "nil", nothing)
			return nil
		},
		"HandleWith of MaxArgs below zero": func() error {
			transport.HandleWith(e, "nil", transport.CommandOptions{MaxArgs: -1}, nothing)
			return nil
		},
		"HandleOrdered without a function": func() error {
			transport.HandleOrdered(e, "nil", forgotten)
			return nil
		},
		"Open without a carrier": func() error {
			_, err := e.Open(transport.SessionConfig{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { apitest.Forgiving(t, "transport", f) })
	}
	if _, err := transport.NewEngine(transport.Options{Policy: (*policy.Policy)(nil)}); err == nil {
		t.Error("a nil *policy.Policy was taken for a policy")
	}
	eval := transport.Permission{Action: transport.ActionEval}
	if err := (*policy.Policy)(nil).Check(eval); err == nil {
		t.Error("a nil *policy.Policy allows")
	}
	if _, err := transporttest.Open(nil, transporttest.Config{}); err == nil {
		t.Error("a page without an engine")
	}
}
