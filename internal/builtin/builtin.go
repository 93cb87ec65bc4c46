// Package builtin is the table of the library's own commands: what each asks the policy for,
// whether it is ordered, and how long its arguments may be. The code that registers a command
// takes all of that from here, so that a command that is not in the table can't be registered.
// docs/commands.md is the same table for readers.
package builtin

import (
	"fmt"
	"maps"
	"slices"
)

// Need is a permission that a command needs.
type Need string

// The permissions. The label is that of the window that the call is about; without one it is the
// caller's own.
const (
	Own       Need = "command:<name>"
	Window    Need = "window:<label>"
	All       Need = "window:<label> of each open window"
	Created   Need = "window:<label of the new window>"
	Parent    Need = "window:<label of the parent>"
	Resume    Need = "resume:<channel>"
	Listen    Need = "listen:<event>"
	Emit      Need = "emit:<event>"
	Inspector Need = "to be the inspector's page"
)

// Bounds of the arguments, in bytes.
const (
	Short = 16 << 10  // a few values, a label or a name
	Long  = 64 << 10  // a title, paths, the options of a window
	Any   = 1<<31 - 1 // a payload of the app: transport.Options.MaxMessage is its bound
)

// Command is a row of the table.
type Command struct {
	// Needs are the permissions that a call needs, all of them.
	Needs []Need
	// Ordered says that calls are handled in their order: of all that changes something.
	Ordered bool
	// MaxArgs bounds the arguments in bytes.
	MaxArgs int
	// Price is what a call costs the main thread. Those of a page are done one after the other.
	Price Price
}

// Price is what a call costs the main thread.
type Price int

// The prices. Package webview has their bounds.
const (
	Nothing  Price = iota // the main thread has nothing to do with it
	Asking                // it asks the main thread for something
	Changing              // it changes a window
	Dear                  // it opens a window, or changes all
)

// Asks says that the command asks the policy by itself. One that does can still be denied by name.
func (c Command) Asks() bool { return !slices.Contains(c.Needs, Own) && !c.of(Inspector) }

func (c Command) of(n Need) bool { return slices.Contains(c.Needs, n) }

// Named gives the row of a command.
func Named(name string) Command {
	c, ok := commands[name]
	if !ok {
		panic(fmt.Sprintf("builtin: the command %q has no row in the table", name))
	}
	return c
}

// Names are the names of all commands, sorted.
func Names() []string { return slices.Sorted(maps.Keys(commands)) }

var commands = table()

func table() map[string]Command {
	all := map[string]Command{
		"plugin:tailrace|resume":   {Needs: []Need{Resume}, MaxArgs: Short},
		"plugin:inspector|watch":   {Needs: []Need{Inspector}, MaxArgs: Short},
		"plugin:event|listen":      {Needs: []Need{Listen}, Ordered: true, MaxArgs: Short},
		"plugin:event|unlisten":    {Ordered: true, MaxArgs: Short},
		"plugin:event|emit":        {Needs: []Need{Emit}, Ordered: true, MaxArgs: Any},
		"plugin:event|emit_to":     {Needs: []Need{Emit}, Ordered: true, MaxArgs: Any},
		"plugin:event|emit_bytes":  {Needs: []Need{Emit}, Ordered: true, MaxArgs: Any},
		"plugin:event|ready":       {Ordered: true, MaxArgs: Short},
		"plugin:event|ready_later": {Ordered: true, MaxArgs: Short},
		"plugin:app|set_app_theme": {
			Needs: []Need{Own, All}, Ordered: true, MaxArgs: Short, Price: Dear,
		},
		"plugin:resources|close": {Needs: []Need{Own}, MaxArgs: Short},
		"plugin:window|set_theme": {
			Needs: []Need{Window, All}, Ordered: true, MaxArgs: Short, Price: Dear,
		},
		"plugin:window|set_title": {
			Needs: []Need{Window}, Ordered: true, MaxArgs: Long, Price: Changing,
		},
		"plugin:window|create": {
			Needs: []Need{Created, Parent}, Ordered: true, MaxArgs: Long, Price: Dear,
		},
		"plugin:window|refuse_close": {
			Needs: []Need{Window}, Ordered: true, MaxArgs: Short, Price: Changing,
		},
		// The pointer is the user's, not the window's.
		"plugin:window|set_cursor_position": {
			Needs: []Need{Own, Window}, Ordered: true, MaxArgs: Short, Price: Changing,
		},
		"plugin:webview|create_webview_window": {
			Needs: []Need{Created, Parent}, Ordered: true, MaxArgs: Long, Price: Dear,
		},
	}
	rows := func(prefix string, c Command, names ...string) {
		for _, name := range names {
			all[prefix+name] = c
		}
	}
	rows("plugin:app|", Command{Needs: []Need{Own}, MaxArgs: Short},
		"version", "name", "identifier", "tauri_version", "supports_multiple_windows",
		"bundle_type",
		"default_window_icon")
	rows("plugin:path|", Command{Needs: []Need{Own}, MaxArgs: Long},
		"resolve_directory", "resolve", "normalize", "join", "dirname", "basename", "extname",
		"is_absolute")
	asks := Command{Needs: []Need{Window}, MaxArgs: Short, Price: Asking}
	rows("plugin:window|", asks,
		"title", "theme", "scale_factor", "inner_size", "outer_size", "inner_position",
		"outer_position", "is_visible", "is_focused", "is_minimized", "is_maximized",
		"is_fullscreen",
		"is_resizable", "is_decorated", "is_closable", "is_enabled", "is_always_on_top",
		"is_maximizable", "is_minimizable", "get_all_windows", "current_monitor", "primary_monitor",
		"available_monitors", "monitor_from_point", "cursor_position")
	rows("plugin:webview|", asks, "get_all_webviews", "webview_position", "webview_size")
	changes := Command{Needs: []Need{Window}, Ordered: true, MaxArgs: Short, Price: Changing}
	rows("plugin:window|", changes,
		"show", "hide", "close", "destroy", "set_focus", "center", "minimize", "unminimize",
		"maximize",
		"unmaximize", "toggle_maximize", "internal_toggle_maximize", "start_dragging",
		"start_resize_dragging", "set_resizable", "set_decorations", "set_closable", "set_enabled",
		"set_focusable", "set_always_on_top", "set_always_on_bottom", "set_fullscreen",
		"set_simple_fullscreen", "set_skip_taskbar", "set_visible_on_all_workspaces",
		"set_ignore_cursor_events", "set_size", "set_size_constraints", "set_min_size",
		"set_max_size",
		"set_position", "set_background_color", "request_user_attention")
	rows("plugin:webview|", changes,
		"set_webview_focus", "set_webview_zoom", "set_webview_background_color",
		// What is not provided, in a window with one webview that fills it.
		"create_webview", "reparent", "webview_close", "webview_show", "webview_hide",
		"set_webview_size", "set_webview_position", "set_webview_auto_resize")
	return all
}
