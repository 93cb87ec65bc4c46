package webview

import (
	"github.com/tailrace-go/tailrace/client"
)

// script gives the script that connects a page of our origins in the window.
//
// WebKit runs it in every document of the window, foreign ones, and once more in the same realm
// when a document writes itself anew. So a page may have replaced all built-ins before. Whether the
// script does anything is decided by operators alone, on properties that no page can replace or
// shadow: window, top and location are not configurable, nor is what the client leaves as a mark.
// Before that nothing is called, and no function is made whose text or arguments a page could get.
// A document of our address in a sandbox is marked, too, before its first script: later it could
// say that it has our origin.
func (a *App) script(w *Window) string {
	config := literal(map[string]any{
		"base": Origin, "origins": a.origins.list(), "label": w.label, "words": w.words,
	})
	script := wrapped(client.Injected, config)
	if a.options.Tauri {
		script += wrapped(client.Internals, config)
	}
	if a.options.GlobalTauri {
		script += wrapped(client.Global, config)
	}
	return `if (window === window.top && !("` + mark + `" in window) && ` + a.origins.ownAddress() +
		") {\nif " + a.origins.ownDocument() + " {\n" + script +
		"} else Object.defineProperty(window, '" + mark + "', { value: false });\n}\n"
}

// mark is what the client leaves in a window as it begins.
const mark = "__tailrace"

// wrapped gives a script of the client with its configuration.
func wrapped(source []byte, config string) string {
	return "(function(TAILRACE_CONFIG){" + string(source) + "\n})(" + config + ");\n"
}
