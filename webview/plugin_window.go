package webview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// windowGetters answer from a window's state.
var windowGetters = map[string]func(State) any{
	"title":            func(s State) any { return s.Title },
	"theme":            func(s State) any { return themeName(s.Dark) },
	"scale_factor":     func(s State) any { return s.Scale },
	"inner_size":       func(s State) any { return s.physicalSize(s.Size) },
	"outer_size":       func(s State) any { return s.physicalSize(s.OuterSize) },
	"inner_position":   func(s State) any { return s.physicalPosition(s.InnerPosition) },
	"outer_position":   func(s State) any { return s.physicalPosition(s.Position) },
	"is_visible":       func(s State) any { return s.Visible },
	"is_focused":       func(s State) any { return s.Focused },
	"is_minimized":     func(s State) any { return s.Minimized },
	"is_maximized":     func(s State) any { return s.Maximized },
	"is_fullscreen":    func(s State) any { return s.Fullscreen },
	"is_resizable":     func(s State) any { return s.Resizable },
	"is_decorated":     func(s State) any { return s.Decorated },
	"is_closable":      func(s State) any { return s.Closable },
	"is_enabled":       func(s State) any { return s.Enabled },
	"is_always_on_top": func(s State) any { return s.AlwaysOnTop },
	"is_maximizable":   func(State) any { return true }, // GTK can't forbid these two
	"is_minimizable":   func(State) any { return true },
}

// windowActions take no value.
var windowActions = map[string]func(*Window){
	"show":                     (*Window).Show,
	"hide":                     (*Window).Hide,
	"close":                    (*Window).Close,
	"destroy":                  (*Window).Destroy,
	"refuse_close":             (*Window).pageRefused, // ours: the page was asked, and stays open
	"set_focus":                (*Window).Focus,
	"center":                   (*Window).Center,
	"minimize":                 (*Window).Minimize,
	"unminimize":               (*Window).Unminimize,
	"maximize":                 (*Window).Maximize,
	"unmaximize":               (*Window).Unmaximize,
	"toggle_maximize":          (*Window).toggleMaximize,
	"internal_toggle_maximize": (*Window).toggleMaximize,
	"start_dragging":           func(w *Window) { w.drag(view.EdgeNone) },
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

func registerWindow(a *App) {
	const prefix = "plugin:window|"
	for name, get := range windowGetters {
		getter(a, prefix+name, func(w *Window) (any, error) {
			s, err := w.State()
			return get(s), err
		})
	}
	for name, do := range windowActions {
		action(a, prefix+name, do)
	}
	for name, f := range windowFlags {
		setter(a, prefix+name, func(w *Window, on bool) error { w.set(f, on); return nil })
	}
	setter(a, prefix+"set_title", func(w *Window, title string) error {
		w.SetTitle(title)
		return nil
	})
	setter(a, prefix+"set_size", (*Window).setUnitSize)
	setter(a, prefix+"set_size_constraints", func(w *Window, c sizeConstraints) error {
		return w.setConstraints(c, true, true)
	})
	optional(a, prefix+"set_min_size", (*Window).setMinSize)
	optional(a, prefix+"set_max_size", (*Window).setMaxSize)
	setter(a, prefix+"set_position", (*Window).place)
	setter(a, prefix+"set_cursor_position", (*Window).movePointer)
	optional(a, prefix+"set_background_color", (*Window).setPageBackground)
	optional(a, prefix+"request_user_attention", func(w *Window, kind *any) error {
		w.set(view.Urgent, kind != nil)
		return nil
	})
	optional(a, prefix+"set_theme", func(_ *Window, name *string) error {
		return a.setThemeNamed(name)
	})
	setter(a, prefix+"start_resize_dragging", func(w *Window, direction string) error {
		e, ok := edges[direction]
		if !ok {
			return fmt.Errorf("webview: direction %.20q is unknown", direction)
		}
		w.drag(e)
		return nil
	})
	lister(a, prefix+"get_all_windows", func(label string) string { return label })
	registerMonitors(a, prefix)
}

func registerMonitors(a *App, prefix string) {
	first := func(name string, is func(view.Monitor) bool) {
		getter(a, prefix+name, func(w *Window) (*monitorJSON, error) { return w.monitor(is) })
	}
	first("current_monitor", func(m view.Monitor) bool { return m.Current })
	first("primary_monitor", func(m view.Monitor) bool { return m.Primary })
	getter(a, prefix+"available_monitors", func(w *Window) ([]*monitorJSON, error) {
		all, err := w.monitors()
		list := make([]*monitorJSON, len(all))
		for i, m := range all {
			list[i] = monitorOf(m)
		}
		return list, err
	})
	from := func(ctx context.Context, args aboutPoint) (*monitorJSON, error) {
		w, err := a.window(ctx, args.Label)
		if err != nil {
			return nil, err
		}
		return w.monitor(func(m view.Monitor) bool {
			at := image.Pt(round(args.X/m.Scale), round(args.Y/m.Scale))
			return at.In(m.Area)
		})
	}
	command(a, prefix+"monitor_from_point", from)
	getter(a, prefix+"cursor_position", func(w *Window) (at physicalPosition, err error) {
		err = w.read(func() { at = w.state().physicalPosition(w.app.platform.Pointer()) })
		return at, err
	})
}

// aboutPoint are the arguments of a command about a point on the screen.
type aboutPoint struct {
	X, Y  float64
	Label string
}

func (p aboutPoint) about() (about, error) { return about{window: p.Label}, nil }

// setThemeNamed is SetTheme for pages: null is the desktop's.
func (a *App) setThemeNamed(name *string) error {
	theme, err := themeOf(name)
	if err == nil {
		a.SetTheme(theme)
	}
	return err
}

// pageRefused notes that the page was asked to close its window and stays.
func (w *Window) pageRefused() { w.post(func() { w.unanswered = unanswered{} }) }

func (w *Window) toggleMaximize() {
	w.post(func() { w.native.Set(view.Maximized, !w.native.State().Maximized) })
}

func (w *Window) drag(e view.Edge) { w.post(func() { w.native.Drag(e) }) }

// scaled is change with the window's scale.
func (w *Window) scaled(kind any, f func(scale float64)) {
	w.change(kind, func() { f(w.native.State().Scale) })
}

func (w *Window) setUnitSize(u unitSize) error {
	if err := u.check(); err != nil {
		return err
	}
	w.scaled("size", func(scale float64) {
		w.resize(scale, max(1, u.width().logical(scale)), max(1, u.height().logical(scale)))
	})
	return nil
}

func (w *Window) setMinSize(u *unitSize) error {
	var c sizeConstraints
	if u != nil {
		c.MinWidth, c.MinHeight = u.width(), u.height()
	}
	return w.setConstraints(c, true, false)
}

func (w *Window) setMaxSize(u *unitSize) error {
	var c sizeConstraints
	if u != nil {
		c.MaxWidth, c.MaxHeight = u.width(), u.height()
	}
	return w.setConstraints(c, false, true)
}

// setConstraints changes the lower bounds of the size, the upper ones, or both.
func (w *Window) setConstraints(c sizeConstraints, low, high bool) error {
	if err := checkBounds(c.low(1), c.high(1)); err != nil {
		return err
	}
	w.post(func() {
		scale, l, h := w.native.State().Scale, w.low, w.high
		if low {
			l = c.low(scale)
		}
		if high {
			h = c.high(scale)
		}
		w.bound(scale, l, h)
	})
	return nil
}

var errPosition = errors.New("webview: the position must be in Logical or in Physical pixels")

// place moves the window.
func (w *Window) place(u unitPosition) error {
	if u == (unitPosition{}) {
		return errPosition
	}
	w.scaled("place", func(scale float64) {
		at := u.logical(scale)
		w.native.SetPosition(at.X, at.Y)
	})
	return nil
}

// movePointer moves the pointer, for a page. That is the user's: the window must have the keyboard,
// and it is not done again and again, so that nobody's pointer is held.
func (w *Window) movePointer(u unitPosition) error {
	if u == (unitPosition{}) {
		return errPosition
	}
	refused := &transport.Error{Code: CodeNoPointer}
	err := w.read(func() {
		s := w.native.State()
		switch {
		case !s.Focused:
			refused.Message = "the pointer can be moved only while the window has the keyboard"
		case !w.pointers.take():
			refused.Message = fmt.Sprintf("the pointer was moved %d times within %v: it is the "+
				"user's",
				allowanceBurst, allowanceBurst*allowanceEach)
		default:
			at := u.logical(s.Scale)
			w.native.SetPointer(at.X, at.Y)
			refused = nil
		}
	})
	if err == nil && refused != nil {
		return refused
	}
	return err
}

func (w *Window) setPageBackground(c *pageColor) error {
	if c == nil {
		c = &pageColor{0xff, 0xff, 0xff, 0xff}
	}
	w.SetBackground(color.NRGBA(*c))
	return nil
}

// monitors gives the screens.
func (w *Window) monitors() (all []view.Monitor, err error) {
	err = w.read(func() { all = w.native.Monitors() })
	return all, err
}

// monitor gives the first screen that is so, or null.
func (w *Window) monitor(is func(view.Monitor) bool) (*monitorJSON, error) {
	all, err := w.monitors()
	for _, m := range all {
		if is(m) {
			return monitorOf(m), nil
		}
	}
	return nil, err
}
