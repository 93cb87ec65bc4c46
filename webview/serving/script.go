package serving

import (
	"encoding/json"

	"github.com/tailrace-go/tailrace/client"
)

// ScriptOptions are what a document's script is made from.
type ScriptOptions struct {
	// Label is that of the window, Words the name of the event of its pages' last words; "": they
	// are said by requests.
	Label, Words string
	// Internals makes what the npm package @tauri-apps/api runs on, Global window.__TAURI__.
	Internals, Global bool
}

// Mark is what the client leaves in a window as it begins.
const Mark = "__tailrace"

// Script gives the script that connects a page of the app's origins in a window.
//
// WebKit runs it in every document of the window, foreign ones, and once more in the same realm
// when a document writes itself anew. So a page may have replaced all built-ins before. Whether the
// script does anything is decided by operators alone, on properties that no page can replace or
// shadow: window, top and location are not configurable, nor is what the client leaves as a mark.
// Before that nothing is called, and no function is made whose text or arguments a page could get.
// A document of our address in a sandbox is marked, too, before its first script: later it could
// say that it has our origin.
func (p *Pages) Script(o ScriptOptions) string {
	g := p.origins
	config, err := json.Marshal(map[string]any{
		"base": g.Name(), "origins": g.List(), "label": o.Label, "words": o.Words,
	})
	if err != nil {
		panic(err) // strings always encode
	}
	script := wrapped(client.Injected, config)
	if o.Internals {
		script += wrapped(client.Internals, config)
	}
	if o.Global {
		script += wrapped(client.Global, config)
	}
	return `if (window === window.top && !("` + Mark + `" in window) && ` + g.OwnAddress() +
		") {\nif " + g.OwnDocument() + " {\n" + script +
		"} else Object.defineProperty(window, '" + Mark + "', { value: false });\n}\n"
}

// wrapped gives a script of the client with its configuration.
func wrapped(source, config []byte) string {
	return "(function(TAILRACE_CONFIG){" + string(source) + "\n})(" + string(config) + ");\n"
}
