package tauri

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// NewWindow is a window that a page opens. Lengths are in device-independent pixels; 0 is the
// default.
type NewWindow struct {
	Label, URL, Title, Parent                  string
	Width, Height                              int
	Position                                   *image.Point // nil: the window manager's
	Center, Maximized, Fullscreen, AlwaysOnTop bool
	Fixed, Hidden, NoFocus, Undecorated        bool
}

// What App.Open refuses, by errors that wrap one of these.
var (
	// ErrTaken is a label that a window has.
	ErrTaken = errors.New("webview: a window of that label is open")
	// ErrNoParent is a label of a parent that no window has.
	ErrNoParent = errors.New("webview: no open window has the parent's label")
	// ErrShown is a URL that a page may not open a window on.
	ErrShown = errors.New("a page can't open a window on the URL")
)

// newWindowOptions are those of a window that a page opens. Lengths are in device-independent
// pixels.
type newWindowOptions struct {
	Label, URL, Title, Parent                  string
	Width, Height                              float64
	X, Y                                       *float64
	Center, Maximized, Fullscreen, AlwaysOnTop bool
	Resizable, Visible, Focus, Decorations     *bool // true by default
}

// knownOptions are the names of newWindowOptions' fields, in lower case.
var knownOptions = map[string]bool{
	"label": true, "url": true, "title": true, "parent": true, "width": true, "height": true,
	"x": true, "y": true,
	"center": true, "maximized": true, "fullscreen": true, "alwaysontop": true,
	"resizable": true, "visible": true, "focus": true, "decorations": true,
}

// registerCreate adds the commands that open windows. They are ordered, and reserve the label at
// once: what the page emits to the new window after it is kept for that. The window itself is made
// on the main thread.
func (c *commands) registerCreate() {
	for name, kind := range map[string]string{
		"plugin:window|create":                 "window",
		"plugin:webview|create_webview_window": "webview",
	} {
		command(c, name, func(ctx context.Context, args createArgs) (any, error) {
			return nil, c.open(transport.SessionFrom(ctx), name, kind, args.Options)
		})
	}
}

// createArgs are the arguments of a command that opens a window.
type createArgs struct{ Options json.RawMessage }

// about reads the labels as newWindow does.
func (c createArgs) about() (about, error) {
	var labels struct{ Label, Parent string }
	if err := json.Unmarshal(c.Options, &labels); err != nil {
		return about{}, fmt.Errorf("options: %w", err)
	}
	if labels.Label == "" {
		return about{}, errors.New("options: the label is missing")
	}
	return about{created: labels.Label, parent: labels.Parent}, nil
}

func (c *commands) open(
	s *transport.Session, command, kind string, options json.RawMessage,
) error {
	w, err := c.newWindow(options)
	if err != nil {
		return badArguments(command, err)
	}
	err = c.app.Open(s, w)
	switch {
	case errors.Is(err, ErrTaken):
		return &transport.Error{
			Code:    CodeLabelTaken,
			Message: fmt.Sprintf("a %s with label `%s` already exists", kind, w.Label),
		}
	case errors.Is(err, ErrNoParent):
		return &transport.Error{Code: CodeNoWindow, Message: "window not found"}
	case errors.Is(err, ErrShown):
		return badArguments(command, err)
	}
	return err
}

// newWindow reads the options. One that is unknown is logged once.
func (c *commands) newWindow(options json.RawMessage) (NewWindow, error) {
	var all map[string]json.RawMessage
	var n newWindowOptions
	if err := json.Unmarshal(options, &all); err != nil {
		return NewWindow{}, fmt.Errorf("options: %w", err)
	}
	for name := range all {
		if knownOptions[strings.ToLower(name)] {
			continue
		}
		if shown, first := c.config.Logged.First(name); first {
			c.config.Log.Warn("webview: an option of a window that a page opens is not known here",
				"option", shown)
		}
	}
	if err := json.Unmarshal(options, &n); err != nil {
		return NewWindow{}, fmt.Errorf("options: %w", err)
	}
	w := NewWindow{
		Label: n.Label, URL: n.URL, Title: n.Title, Parent: n.Parent,
		Width: round(n.Width), Height: round(n.Height),
		Center: n.Center, Maximized: n.Maximized, Fullscreen: n.Fullscreen,
		AlwaysOnTop: n.AlwaysOnTop,
		Fixed:       no(n.Resizable), Hidden: no(n.Visible), NoFocus: no(n.Focus),
		Undecorated: no(n.Decorations),
	}
	if n.X != nil && n.Y != nil {
		w.Position = &image.Point{X: round(*n.X), Y: round(*n.Y)}
	}
	return w, nil
}

func no(option *bool) bool { return option != nil && !*option }
