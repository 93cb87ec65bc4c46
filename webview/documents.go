package webview

import (
	_ "embed"
	"encoding/json"
	"strings"
)

var (
	//go:embed documents/watch.js
	watchScript string
	//go:embed documents/dialogs.js
	dialogsScript string
)

// forDocuments puts into a script of all documents the condition that its document is of one of the
// app's own origins: by operators only, which no page can change. Other than ownDocument, it holds
// for srcdoc, blob: and empty frames of ours, too, and not for sandboxed ones.
func (g origins) forDocuments(script string) string {
	var own []string
	for _, o := range g.list() {
		literal, err := json.Marshal(o)
		if err != nil {
			panic(err) // strings always encode
		}
		own = append(own, "origin === "+string(literal))
	}
	return strings.Replace(script, "OWN", strings.Join(own, " || "), 1)
}
