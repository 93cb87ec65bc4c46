package tauri

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// windowGetters answer from a window's state.
var windowGetters = map[string]func(view.State) any{
	"title":            func(s view.State) any { return s.Title },
	"theme":            func(s view.State) any { return ThemeName(s.Dark) },
	"scale_factor":     func(s view.State) any { return s.Scale },
	"inner_size":       func(s view.State) any { return SizeOf(s.Size, s.Scale) },
	"outer_size":       func(s view.State) any { return SizeOf(s.OuterSize, s.Scale) },
	"inner_position":   func(s view.State) any { return PositionOf(s.InnerPosition, s.Scale) },
	"outer_position":   func(s view.State) any { return PositionOf(s.Position, s.Scale) },
	"is_visible":       func(s view.State) any { return s.Visible },
	"is_focused":       func(s view.State) any { return s.Focused },
	"is_minimized":     func(s view.State) any { return s.Minimized },
	"is_maximized":     func(s view.State) any { return s.Maximized },
	"is_fullscreen":    func(s view.State) any { return s.Fullscreen },
	"is_resizable":     func(s view.State) any { return s.Resizable },
	"is_decorated":     func(s view.State) any { return s.Decorated },
	"is_closable":      func(s view.State) any { return s.Closable },
	"is_enabled":       func(s view.State) any { return s.Enabled },
	"is_always_on_top": func(s view.State) any { return s.AlwaysOnTop },
	"is_maximizable":   func(view.State) any { return true }, // GTK can't forbid these two
	"is_minimizable":   func(view.State) any { return true },
}

// windowActions take no value.
var windowActions = map[string]func(Window){
	"show":                     Window.Show,
	"hide":                     Window.Hide,
	"close":                    Window.Close,
	"destroy":                  Window.Destroy,
	"refuse_close":             Window.RefuseClose, // ours: the page was asked, and stays open
	"set_focus":                Window.Focus,
	"center":                   Window.Center,
	"minimize":                 Window.Minimize,
	"unminimize":               Window.Unminimize,
	"maximize":                 Window.Maximize,
	"unmaximize":               Window.Unmaximize,
	"toggle_maximize":          Window.ToggleMaximize,
	"internal_toggle_maximize": Window.ToggleMaximize,
	"start_dragging":           func(w Window) { w.Drag(view.EdgeNone) },
}

// windowFlags are set to true or false.
var windowFlags = map[string]view.Flag{
	"set_resizable":                 view.Resizable,
	"set_decorations":               view.Decorated,
	"set_closable":                  view.Closable,
	"set_enabled":                   view.Enabled,
	"set_focusable":                 view.Focusable,
	"set_always_on_top":             view.AlwaysOnTop,
	"set_always_on_bottom":          view.AlwaysBelow,
	"set_fullscreen":                view.Fullscreen,
	"set_simple_fullscreen":         view.Fullscreen,
	"set_skip_taskbar":              view.SkipTaskbar,
	"set_visible_on_all_workspaces": view.Everywhere,
	"set_ignore_cursor_events":      view.IgnoresPointer,
}

func (c *commands) registerWindow() {
	const prefix = "plugin:window|"
	for name, get := range windowGetters {
		getter(c, prefix+name, func(w Window) (any, error) {
			s, err := w.State()
			return get(s), err
		})
	}
	for name, do := range windowActions {
		action(c, prefix+name, do)
	}
	for name, f := range windowFlags {
		setter(c, prefix+name, func(w Window, on bool) error { w.Set(f, on); return nil })
	}
	setter(c, prefix+"set_title", func(w Window, title string) error {
		w.SetTitle(title)
		return nil
	})
	setter(c, prefix+"set_size", resize)
	setter(c, prefix+"set_size_constraints", func(w Window, b sizeConstraints) error {
		return w.Bound(b.low, b.high)
	})
	optional(c, prefix+"set_min_size", func(w Window, u *unitSize) error {
		return w.Bound(bound(u).low, nil)
	})
	optional(c, prefix+"set_max_size", func(w Window, u *unitSize) error {
		return w.Bound(nil, bound(u).high)
	})
	setter(c, prefix+"set_position", place(Window.Place))
	setter(c, prefix+"set_cursor_position", place(Window.MovePointer))
	optional(c, prefix+"set_background_color", setBackground)
	optional(c, prefix+"request_user_attention", func(w Window, kind *any) error {
		w.Set(view.Urgent, kind != nil)
		return nil
	})
	optional(c, prefix+"set_theme", func(_ Window, name *string) error {
		return c.setTheme(name)
	})
	setter(c, prefix+"start_resize_dragging", func(w Window, direction string) error {
		e, ok := edges[direction]
		if !ok {
			return fmt.Errorf("webview: direction %.20q is unknown", direction)
		}
		w.Drag(e)
		return nil
	})
	lister(c, prefix+"get_all_windows", func(label string) string { return label })
	c.registerMonitors(prefix)
}

func (c *commands) registerMonitors(prefix string) {
	first := func(name string, is func(view.Monitor) bool) {
		getter(c, prefix+name, func(w Window) (*monitorJSON, error) { return monitor(w, is) })
	}
	first("current_monitor", func(m view.Monitor) bool { return m.Current })
	first("primary_monitor", func(m view.Monitor) bool { return m.Primary })
	getter(c, prefix+"available_monitors", func(w Window) ([]*monitorJSON, error) {
		all, err := w.Monitors()
		list := make([]*monitorJSON, len(all))
		for i, m := range all {
			list[i] = monitorOf(m)
		}
		return list, err
	})
	from := func(ctx context.Context, args aboutPoint) (*monitorJSON, error) {
		w, err := c.window(ctx, args.Label)
		if err != nil {
			return nil, err
		}
		return monitor(w, func(m view.Monitor) bool {
			at := image.Pt(round(args.X/m.Scale), round(args.Y/m.Scale))
			return at.In(m.Area)
		})
	}
	command(c, prefix+"monitor_from_point", from)
	getter(c, prefix+"cursor_position", func(w Window) (Position, error) {
		at, scale, err := w.Pointer()
		return PositionOf(at, scale), err
	})
}

// aboutPoint are the arguments of a command about a point on the screen.
type aboutPoint struct {
	X, Y  float64
	Label string
}

func (p aboutPoint) about() (about, error) { return about{window: p.Label}, nil }

// edges are the directions of start_resize_dragging.
var edges = map[string]view.Edge{
	"North": view.EdgeNorth, "NorthEast": view.EdgeNorthEast,
	"East": view.EdgeEast, "SouthEast": view.EdgeSouthEast,
	"South": view.EdgeSouth, "SouthWest": view.EdgeSouthWest,
	"West": view.EdgeWest, "NorthWest": view.EdgeNorthWest,
}

func resize(w Window, u unitSize) error {
	if u == (unitSize{}) {
		return errors.New("webview: the size must be in Logical or in Physical pixels")
	}
	return w.Resize(u.lengths)
}

// place has a window do something with a position.
func place(do func(Window, Lengths) error) func(Window, unitPosition) error {
	return func(w Window, u unitPosition) error {
		if u == (unitPosition{}) {
			return errors.New("webview: the position must be in Logical or in Physical pixels")
		}
		return do(w, u.logical)
	}
}

// setBackground changes what is seen before the page draws; without a colour it is white.
func setBackground(w Window, c *pageColor) error {
	if c == nil {
		c = &pageColor{0xff, 0xff, 0xff, 0xff}
	}
	w.SetBackground(color.NRGBA(*c))
	return nil
}

// monitor gives the first screen that is so, or null.
func monitor(w Window, is func(view.Monitor) bool) (*monitorJSON, error) {
	all, err := w.Monitors()
	for _, m := range all {
		if is(m) {
			return monitorOf(m), nil
		}
	}
	return nil, err
}
