package tauri

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
)

// arguments are those of a command, which say what windows it is about.
type arguments interface {
	about() (about, error)
}

// about are labels, each "" for none: of the window, which is the caller's own then; of the one
// that shall be opened; and of its parent.
type about struct{ window, created, parent string }

// command registers a command as its row in the table says. The policy is asked before more of the
// arguments is decoded than what they are about, which is bounded by the row; the command then has
// its turn on the main thread, if it needs that.
func command[Args arguments, Result any](
	c *commands, name string, fn func(ctx context.Context, args Args) (Result, error),
) {
	row := builtin.Named(name)
	o := transport.CommandOptions{Ordered: row.Ordered, Asks: row.Asks(), MaxArgs: row.MaxArgs}
	run := func(ctx context.Context, args Args) (r Result, err error) {
		labels, err := args.about()
		if err != nil {
			return r, badArguments(name, err)
		}
		if err := c.may(transport.SessionFrom(ctx), row, labels); err != nil {
			return r, err
		}
		if row.Price == builtin.Nothing {
			return fn(ctx, args)
		}
		if in := c.app.InTurn(ctx, row.Price, func() { r, err = fn(ctx, args) }); in != nil {
			return r, in
		}
		return r, err
	}
	transport.HandleWith(c.engine, name, o, run)
}

// plain registers a command that needs the permission of its own name only, which the engine asks
// for.
func plain[Args, Result any](
	c *commands, name string, fn func(ctx context.Context, args Args) (Result, error),
) {
	row := builtin.Named(name)
	if !slices.Equal(row.Needs, []builtin.Need{builtin.Own}) || row.Price != builtin.Nothing {
		panic(fmt.Sprintf("tauri: the command %q needs more than its name", name))
	}
	transport.HandleWith(c.engine, name,
		transport.CommandOptions{Ordered: row.Ordered, MaxArgs: row.MaxArgs}, fn)
}

// may asks the policy for what a command needs, but for its own name.
func (c *commands) may(s *transport.Session, row builtin.Command, labels about) (err error) {
	if labels.window == "" {
		labels.window = s.Label()
	}
	for _, need := range row.Needs {
		switch {
		case need == builtin.Window:
			err = s.Check(transport.ActionWindow, labels.window)
		case need == builtin.Created:
			err = s.Check(transport.ActionWindow, labels.created)
		case need == builtin.Parent && labels.parent != "":
			err = s.Check(transport.ActionWindow, labels.parent)
		case need == builtin.All:
			err = c.mayChangeAll(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// aboutWindow are the arguments of a command about a window.
type aboutWindow struct {
	Label string          `json:"label"` // "": the caller's
	Value json.RawMessage `json:"value"`
}

func (w aboutWindow) about() (about, error) { return about{window: w.Label}, nil }

// window finds the window that a command of the page is about.
func (c *commands) window(ctx context.Context, label string) (Window, error) {
	if label == "" {
		label = transport.SessionFrom(ctx).Label()
	}
	w, open := c.app.Window(label)
	if !open {
		return nil, &transport.Error{Code: CodeNoWindow, Message: "window not found"}
	}
	return w, nil
}

// permitted gives the labels of the open windows that the page may act on. What is left out is no
// denial, and not logged.
func (c *commands) permitted(s *transport.Session) []string {
	return slices.DeleteFunc(c.app.Labels(), func(label string) bool {
		may := transport.Permission{
			Label: s.Label(), Origin: s.Origin(), Action: transport.ActionWindow, Name: label,
		}
		return c.engine.Check(may) != nil
	})
}

// mayChangeAll asks the policy for all open windows. The page is not told which of them it lacks.
func (c *commands) mayChangeAll(s *transport.Session) error {
	for _, label := range c.app.Labels() {
		if s.Check(transport.ActionWindow, label) != nil {
			return transport.Permission{
				Label: s.Label(), Origin: s.Origin(), Action: transport.ActionWindow, Name: "*",
			}.Denied()
		}
	}
	return nil
}

// lister adds a command that lists the windows that the page may act on.
func lister[T any](c *commands, name string, item func(label string) T) {
	command(c, name, func(ctx context.Context, args aboutWindow) ([]T, error) {
		if _, err := c.window(ctx, args.Label); err != nil {
			return nil, err
		}
		items := []T{}
		for _, label := range c.permitted(transport.SessionFrom(ctx)) {
			items = append(items, item(label))
		}
		return items, nil
	})
}

// getter adds a command that asks for something of a window.
func getter[T any](c *commands, name string, get func(w Window) (T, error)) {
	command(c, name, func(ctx context.Context, args aboutWindow) (T, error) {
		w, err := c.window(ctx, args.Label)
		if err != nil {
			var none T
			return none, err
		}
		return get(w)
	})
}

// action adds a command that does something with a window.
func action(c *commands, name string, do func(w Window)) {
	optional(c, name, func(w Window, _ *json.RawMessage) error { do(w); return nil })
}

// setter adds a command that changes something of a window to a value.
func setter[T any](c *commands, name string, set func(w Window, value T) error) {
	optional(c, name, func(w Window, value *T) error {
		if value == nil {
			return badArguments(name, errors.New("the value is missing"))
		}
		return set(w, *value)
	})
}

// optional adds a command that changes something of a window to a value or, for null, to nil.
func optional[T any](c *commands, name string, set func(w Window, value *T) error) {
	command(c, name, func(ctx context.Context, args aboutWindow) (any, error) {
		w, err := c.window(ctx, args.Label)
		if err != nil {
			return nil, err
		}
		var value *T
		if len(args.Value) > 0 {
			if err := json.Unmarshal(args.Value, &value); err != nil {
				return nil, badArguments(name, err)
			}
		}
		return nil, set(w, value)
	})
}

func badArguments(command string, err error) *transport.Error {
	return &transport.Error{
		Code: transport.CodeBadArguments, Message: fmt.Sprintf("command %q: %v", command, err),
	}
}
