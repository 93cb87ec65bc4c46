package tauri

import (
	"context"
	"fmt"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

type noArgs struct{}

func (c *commands) registerApp() {
	const prefix = "plugin:app|"
	for name, value := range map[string]any{
		"version":                   c.config.Version,
		"name":                      c.config.Name,
		"identifier":                c.config.Identifier,
		"tauri_version":             Version,
		"supports_multiple_windows": true,
		"bundle_type":               nil, // the program is not in a package
		"default_window_icon":       nil, // there is none
	} {
		plain(c, prefix+name, func(context.Context, noArgs) (any, error) { return value, nil })
	}
	command(c, prefix+"set_app_theme", func(_ context.Context, args themeArgs) (any, error) {
		return nil, c.setTheme(args.Theme)
	})
}

// themeArgs are about all windows.
type themeArgs struct{ Theme *string }

func (themeArgs) about() (about, error) { return about{}, nil }

// setTheme changes the look of all windows: nil is the desktop's.
func (c *commands) setTheme(name *string) error {
	theme, err := themeOf(name)
	if err == nil {
		c.app.SetTheme(theme)
	}
	return err
}

// ThemeName is what pages call a theme.
func ThemeName(dark bool) string {
	if dark {
		return "dark"
	}
	return "light"
}

func themeOf(name *string) (view.Theme, error) {
	switch {
	case name == nil:
		return view.ThemeSystem, nil
	case *name == "light":
		return view.ThemeLight, nil
	case *name == "dark":
		return view.ThemeDark, nil
	}
	return view.ThemeSystem, fmt.Errorf("webview: theme %q: must be light, dark or null", *name)
}
