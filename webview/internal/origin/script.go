package origin

import (
	"encoding/json"
	"strings"
)

// Whether a document is the app's own is asked in scripts by operators alone, since a page may have
// replaced what else there is. Its location no document can replace, but one in a sandbox has the
// location of what it was loaded from. Its origin is right wherever a page runs no script: before
// its first one, and in a world of ours.

// OwnDocument is a condition: the document has an address of the app's own, and its origin. The
// client asks the same again: isOwn in client/src/inject.ts.
func (g Set) OwnDocument() string { return g.any(isOwn) }

// IsDocumentOf is OwnDocument for one of the app's origins, as List gives it: a script that is for
// one page is not for that of another origin, though both are ours.
func IsDocumentOf(origin string) string { return "(" + of(origin, isOwn) + ")" }

// OwnAddress is a condition: the document has an address of the app's own.
func (g Set) OwnAddress() string { return g.any(isAt) }

// ForDocuments puts into a script of all documents, in a world of ours, the condition that its
// document is of one of the app's own origins. Other than OwnDocument, it holds for srcdoc, blob:
// and empty frames of ours, too.
func (g Set) ForDocuments(script string) string {
	return strings.Replace(script, "OWN", g.any("origin === OWN"), 1)
}

const (
	// isAt compares the address. A custom scheme's location.origin may be "null".
	isAt = `location.protocol + "//" + location.host === OWN`
	// isOwn compares the document's origin, too, "null" in a sandbox.
	isOwn = isAt + " && origin === OWN"
)

// any gives a condition that holds if one does for an origin of ours, which is OWN in it.
func (g Set) any(condition string) string {
	var all []string
	for _, o := range g.List() {
		all = append(all, of(o, condition))
	}
	return "(" + strings.Join(all, " || ") + ")"
}

// of gives a condition for an origin, which is OWN in it.
func of(origin, condition string) string {
	text, err := json.Marshal(origin)
	if err != nil {
		panic(err) // strings always encode
	}
	return strings.ReplaceAll(condition, "OWN", string(text))
}
