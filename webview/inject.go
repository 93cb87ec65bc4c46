package webview

import (
	"encoding/json"

	"github.com/tailrace-go/tailrace/client"
)

// script gives the script that connects a page of our origins in the window.
func (a *App) script(w *Window) string {
	config, err := json.Marshal(map[string]any{
		"base": Origin, "origins": a.origins.list(), "label": w.label, "words": w.words,
	})
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
