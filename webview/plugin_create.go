package webview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
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
func registerCreate(a *App) {
	for name, kind := range map[string]string{
		"plugin:window|create":                 "window",
		"plugin:webview|create_webview_window": "webview",
	} {
		command(a, name, func(ctx context.Context, args createArgs) (any, error) {
			return nil, a.openForPage(transport.SessionFrom(ctx), name, kind, args.Options)
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

func (a *App) openForPage(s *transport.Session, command, kind string,
	options json.RawMessage) error {
	o, err := a.newWindow(options)
	if err != nil {
		return badArguments(command, err)
	}
	if o, err = o.withDefaults(a.origins); err != nil {
		return err
	}
	if err := a.mayShow(o.URL); err != nil {
		return badArguments(command, err)
	}
	w, err := a.reserve(o)
	switch {
	case errors.Is(err, errTaken):
		return &transport.Error{
			Code: CodeLabelTaken, Message: fmt.Sprintf("a %s with label `%s` already exists", kind,
				o.Label),
		}
	case errors.Is(err, errNoParent):
		return &transport.Error{Code: CodeNoWindow, Message: "window not found"}
	case err != nil:
		return err
	}
	a.post(func() {
		if err := a.build(w, func(w *Window) error { return w.open(o) }); err != nil {
			a.log.Error("webview: failed to open a window for a page", "window", o.Label, "opener",
				s.Label(), "error", err)
		}
	})
	return nil
}

// newWindow reads the options. One that is unknown is logged loglimit.Once.
func (a *App) newWindow(options json.RawMessage) (WindowOptions, error) {
	var all map[string]json.RawMessage
	var n newWindowOptions
	if err := json.Unmarshal(options, &all); err != nil {
		return WindowOptions{}, fmt.Errorf("options: %w", err)
	}
	for name := range all {
		if knownOptions[strings.ToLower(name)] {
			continue
		}
		if shown, first := a.logged.First(name); first {
			a.log.Warn("webview: an option of a window that a page opens is not known here",
				"option", shown)
		}
	}
	if err := json.Unmarshal(options, &n); err != nil {
		return WindowOptions{}, fmt.Errorf("options: %w", err)
	}
	o := WindowOptions{
		Label: n.Label, URL: n.URL, Title: n.Title, Parent: n.Parent,
		Width: round(n.Width), Height: round(n.Height),
		Center: n.Center, Maximized: n.Maximized, Fullscreen: n.Fullscreen,
		AlwaysOnTop: n.AlwaysOnTop,
		Fixed:       no(n.Resizable), Hidden: no(n.Visible), NoFocus: no(n.Focus),
		Undecorated: no(n.Decorations),
	}
	if n.X != nil && n.Y != nil {
		o.Position = &image.Point{X: round(*n.X), Y: round(*n.Y)}
	}
	return o, nil
}

func no(option *bool) bool { return option != nil && !*option }

// mayShow says whether a page may open a window on that URL: the app's own pages, and the web's.
func (a *App) mayShow(uri string) error {
	if a.origins.Own(uri) != "" {
		return nil
	}
	if origin.IsWeb(uri) || uri == "about:blank" {
		return nil
	}
	return fmt.Errorf("a page can't open a window on the URL %.100q", uri)
}
