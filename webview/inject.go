package webview

import (
	"encoding/json"

	"github.com/tailrace-go/tailrace/client"
)

// script gives the script that connects a page of our origins in the window of that label.
func (a *App) script(label string) string {
	config, err := json.Marshal(map[string]any{"base": Origin, "origins": a.origins.list(), "label": label})
	if err != nil {
		panic(err) // strings always encode
	}
	script := wrapped(client.Injected, config)
	if a.options.Tauri {
		script += wrapped(client.Internals, config)
	}
	if a.options.GlobalTauri {
		script += wrapped(client.Global, config)
	}
	return script
}

// wrapped gives a script of the client with its configuration.
func wrapped(source, config []byte) string {
	return "(function(TAILRACE_CONFIG){" + string(source) + "\n})(" + string(config) + ");\n"
}
