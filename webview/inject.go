package webview

import (
	"encoding/json"
	"strings"

	"github.com/tailrace-go/tailrace/client"
)

// script gives the script that connects a page of our origins in the window.
//
// WebKit runs it in every document of the window, foreign ones, and once more in the same realm
// when a document writes itself anew. So a page may have replaced all built-ins before. Whether the
// script does anything is decided by operators alone, on properties that no page can replace or
// shadow: window, top and location are not configurable, nor is what the client leaves as a mark.
// Before that nothing is called, and no function is made whose text or arguments a page could get.
func (a *App) script(w *Window) string {
	config := literal(map[string]any{
		"base": Origin, "origins": a.origins.list(), "label": w.label, "words": w.words,
	})
	var ours []string
	for _, o := range a.origins.list() {
		// A custom scheme's location.origin may be "null".
		ours = append(ours, `location.protocol + "//" + location.host === `+literal(o))
	}
	script := wrapped(client.Injected, config)
	if a.options.Tauri {
		script += wrapped(client.Internals, config)
	}
	if a.options.GlobalTauri {
		script += wrapped(client.Global, config)
	}
	return `if (window === window.top && !("__tailrace" in window) && (` + strings.Join(ours, " || ") +
		")) {\n" + script + "}\n"
}

// wrapped gives a script of the client with its configuration.
func wrapped(source []byte, config string) string {
	return "(function(TAILRACE_CONFIG){" + string(source) + "\n})(" + config + ");\n"
}

// literal gives strings, and what is made of them, as JavaScript.
func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}
