package transport_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// nilError is an error whose methods need more than a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// badError is an error of which one method panics.
type badError struct{ method string }

func (e badError) do(method string) {
	switch {
	case e.method == method+" exits":
		runtime.Goexit()
	case e.method == method:
		panic(e) // which panics again when somebody wants to show it
	}
}

func (e badError) Error() string { e.do("Error"); return "bad" }

func (e badError) Is(error) bool { e.do("Is"); return false }

func (e badError) As(any) bool { e.do("As"); return false }

func (e badError) Unwrap() error { e.do("Unwrap"); return nil }

func (e badError) MarshalJSON() (_ []byte, err error) {
	e.do("MarshalJSON")
	return []byte(`"\xff"`), nil
}

// lasts checks that the session of a page lives and answers.
func lasts(t *testing.T, p *transporttest.Page) {
	t.Helper()
	if r, err := p.Invoke(transporttest.Request{Command: "plain"}); err != nil ||
		string(r.Data) != "7" {
		t.Fatalf("the session answers %v, %v", r, err)
	}
}

// TestErrorsWhoseMethodsPanic: errors of the app become code, message and detail where they are
// given, whatever their methods do. Neither the process nor the session ends, and the page learns
// that something is wrong.
func TestErrorsWhoseMethodsPanic(t *testing.T) {
	var typedNil *nilError
	detail := func(method string) error {
		return &transport.Error{
			Code: "own", Message: "mine", Detail: map[string]any{"bad": badError{method}},
		}
	}
	cases := map[string]struct {
		err  error
		code string
	}{
		"a typed nil":  {typedNil, transport.CodePanic},
		"a nil *Error": {(*transport.Error)(nil), transport.CodeError},
		"a wrapped nil *Error": {
			fmt.Errorf("wrapped: %w", (*transport.Error)(nil)), transport.CodeError,
		},
		"a joined typed nil": {
			errors.Join(errors.New("other"), typedNil), transport.CodePanic,
		},
		"Error":                     {badError{"Error"}, transport.CodePanic},
		"Is":                        {badError{"Is"}, transport.CodePanic},
		"As":                        {badError{"As"}, transport.CodePanic},
		"Unwrap":                    {badError{"Unwrap"}, transport.CodePanic},
		"a detail that panics":      {detail("MarshalJSON"), "own"},
		"a detail that is no UTF-8": {detail(""), "own"},
		"a detail that is no JSON": {
			&transport.Error{Code: "own", Message: "mine", Detail: func() {}}, "own",
		},
		"a cause of a channel": {&transport.ClosedError{Cause: typedNil}, transport.CodeClosed},
		"a cause that is a nil *Error": {
			&transport.ClosedError{Cause: (*transport.Error)(nil)}, transport.CodeClosed,
		},
		"none that is wrong, to be sure": {
			&transport.Error{Code: "own", Message: "mine", Detail: 1}, "own",
		},
	}
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
		transport.Handle(e, "return", func(_ context.Context, name string) (int, error) {
			return 7, cases[name].err
		})
		transport.HandleOrdered(e, "return ordered", func(_ context.Context, name string) (int,
			error) {
			return 7, cases[name].err
		})
		transport.Handle(e, "panic", func(_ context.Context, name string) (int, error) {
			panic(cases[name].err)
		})
		transport.Handle(e, "close", func(ctx context.Context, a struct {
			Name string
			C    *transport.Channel[int]
		}) (int, error) {
			a.C.CloseWithError(cases[a.Name].err)
			return 7, nil
		})
		p := openPage(t, e, transporttest.Config{})
		for name, c := range cases {
			for _, command := range []string{"return", "return ordered"} {
				_, err := p.Invoke(transporttest.Request{Command: command, Args: name})
				var got *transport.Error
				if !errors.As(err, &got) || got.Code != c.code && c.code != transport.CodeClosed {
					t.Errorf("%s of %s: %v, want %s", command, name, err, c.code)
				}
			}
			_, err := p.Invoke(transporttest.Request{Command: "panic", Args: name})
			wantCode(t, err, transport.CodePanic)
			ch := p.NewChannel()
			r, err := p.Invoke(transporttest.Request{
				Command: "close", Args: map[string]any{"Name": name, "C": ch},
				Channels: []*transporttest.Channel{ch},
			})
			wantJSON(t, r, err, "7")
			_, err = ch.Next()
			var got *transport.Error
			if !errors.As(err, &got) || got.Code != c.code && c.code != transport.CodeClosed {
				t.Errorf("the channel closed with %s: %v, want %s", name, err, c.code)
			}
			lasts(t, p)
		}
		// A resumable channel is closed with an error, too.
		for which, c := range cases {
			const name = "closed with an error"
			r, err := transport.NewResumable[int](e, name, transport.ResumableOptions{})
			if err != nil {
				t.Fatal(err)
			}
			r.CloseWithError(c.err)
			ch := p.NewChannel()
			if _, err := p.Invoke(transporttest.Request{
				Command: transport.CommandResume, Args: map[string]any{"name": name, "channel": ch},
				Channels: []*transporttest.Channel{ch},
			}); err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = ch.Next()
			}
			var got *transport.Error
			if !errors.As(err, &got) || got.Code != c.code && c.code != transport.CodeClosed {
				t.Errorf("resumable, %s: %v", which, err)
			}
			r.Discard()
			lasts(t, p)
		}
	})
}

// TestFunctionsThatExit: runtime.Goexit in an error's method ends the command's goroutine, and
// nothing else; also when a handler panics with that error, whose text is asked for then.
func TestFunctionsThatExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
		fail := func(context.Context, string) (any, error) { return nil, badError{"Error exits"} }
		transport.Handle(e, "exit", fail)
		transport.HandleOrdered(e, "exit ordered", fail)
		panics := func(context.Context, string) (any, error) { panic(badError{"Error exits"}) }
		transport.Handle(e, "panic", panics)
		transport.HandleOrdered(e, "panic ordered", panics)
		p := openPage(t, e, transporttest.Config{})
		for _, command := range []string{"exit", "exit ordered", "panic", "panic ordered"} {
			_, err := p.Invoke(transporttest.Request{Command: command, Args: ""})
			wantCode(t, err, transport.CodePanic)
			lasts(t, p)
		}
	})
}

// badPolicy answers by what the command's name says.
type badPolicy struct{}

func (badPolicy) Check(p transport.Permission) error {
	switch p.Name {
	case "panics":
		panic((*nilError)(nil))
	case "exits":
		runtime.Goexit()
	case "typed nil":
		return (*transport.Error)(nil)
	case "bad error":
		return badError{"Error"}
	case "bad detail":
		return &transport.Error{
			Code: transport.CodeDenied, Message: "no", Detail: badError{"MarshalJSON"},
		}
	}
	return nil
}

func (badPolicy) Denies(p transport.Permission) bool {
	if p.Name == "ordered panics" {
		panic("in Denies")
	}
	return false
}

// TestPoliciesThatPanic: a policy that panics, or whose error does, denies.
func TestPoliciesThatPanic(t *testing.T) {
	j := newRecords()
	e := newEngine(t, transport.Options{Policy: badPolicy{}, Logger: slogOf(j)})
	transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
	for _, name := range []string{"panics", "typed nil", "bad error", "bad detail", "exits"} {
		transport.Handle(e, name, func(context.Context, any) (int, error) {
			t.Error("it ran")
			return 7, nil
		})
	}
	asks := transport.CommandOptions{Ordered: true, Asks: true}
	transport.HandleWith(e, "ordered panics", asks, func(context.Context, any) (int, error) {
		t.Error("it ran")
		return 7, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for _, name := range []string{"panics", "typed nil", "bad error", "bad detail",
		"ordered panics"} {
		_, err := p.Invoke(transporttest.Request{Command: name})
		wantCode(t, err, transport.CodeDenied)
		lasts(t, p)
	}
	_, err := p.Invoke(transporttest.Request{Command: "exits"})
	wantCode(t, err, transport.CodePanic)
	lasts(t, p)
	flushed(t, e)
	if log := strings.Join(j.take(), "\n"); strings.Count(log,
		"policy panicked, which denies") != 2 {
		t.Errorf("the log is\n%s", log)
	}
}
