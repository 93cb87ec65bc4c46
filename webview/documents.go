package webview

import (
	_ "embed"
	"encoding/json"
)

var (
	//go:embed documents/watch.js
	watchScript string
	//go:embed documents/dialogs.js
	dialogsScript string
)

// literal gives strings, numbers, and what is made of them, as JavaScript.
func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return string(text)
}
