package webview

import "context"

// TauriVersion is the version of @tauri-apps/api whose commands are provided.
const TauriVersion = "2.12.5"

type noArgs struct{}

func registerApp(a *App) {
	const prefix = "plugin:app|"
	for name, value := range map[string]any{
		"version":                   a.options.Version,
		"name":                      a.options.Name,
		"identifier":                a.options.Identifier,
		"tauri_version":             TauriVersion,
		"supports_multiple_windows": true,
		"bundle_type":               nil, // the program is not in a package
		"default_window_icon":       nil, // there is none
	} {
		plain(a, prefix+name, func(context.Context, noArgs) (any, error) { return value, nil })
	}
	command(a, prefix+"set_app_theme", func(_ context.Context, args themeArgs) (any, error) {
		return nil, a.setThemeNamed(args.Theme)
	})
}

// themeArgs are about all windows.
type themeArgs struct{ Theme *string }

func (themeArgs) about() (about, error) { return about{}, nil }
