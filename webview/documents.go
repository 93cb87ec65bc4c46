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

// Whether a document is the app's own is asked in scripts by operators alone, since a page may have
// replaced what else there is. Its location no document can replace, but one in a sandbox has the
// location of what it was loaded from. Its origin is right wherever a page runs no script: before
// its first one, and in a world of ours.

// ownDocument is a condition: the document has an address of the app's own, and its origin. The
// client asks the same again: isOwn in client/src/inject.ts.
func (g origins) ownDocument() string { return g.any(isOwn) }

// isDocumentOf is ownDocument for one of the app's origins, as list gives it: a script that is for
// one page is not for that of another origin, though both are ours.
func isDocumentOf(origin string) string { return "(" + of(origin, isOwn) + ")" }

// ownAddress is a condition: the document has an address of the app's own.
func (g origins) ownAddress() string { return g.any(isAt) }

// forDocuments puts into a script of all documents, in a world of ours, the condition that its
// document is of one of the app's own origins. Other than ownDocument, it holds for srcdoc, blob:
// and empty frames of ours, too.
func (g origins) forDocuments(script string) string {
	return strings.Replace(script, "OWN", g.any("origin === OWN"), 1)
}

const (
	// isAt compares the address. A custom scheme's location.origin may be "null".
	isAt = `location.protocol + "//" + location.host === OWN`
	// isOwn compares the document's origin, too, "null" in a sandbox.
	isOwn = isAt + " && origin === OWN"
)

// any gives a condition that holds if one does for an origin of ours, which is OWN in it.
func (g origins) any(condition string) string {
	var all []string
	for _, o := range g.list() {
		all = append(all, of(o, condition))
	}
	return "(" + strings.Join(all, " || ") + ")"
}

// of gives a condition for an origin, which is OWN in it.
func of(origin, condition string) string {
	return strings.ReplaceAll(condition, "OWN", literal(origin))
}

// literal gives strings, numbers, and what is made of them, as JavaScript.
func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return string(text)
}
