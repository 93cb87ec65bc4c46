package webview

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// Messages of documents to this process. WebKit makes a JavaScript value of each on the UI thread
// before anybody can refuse it, so no page has a message handler. A script in a world of ours hears
// events of the main frame's document, if that is of the app's own origins, and posts their text:
//
//   - last words, which a page says as it is being left, by an event whose name only the client
//     has been told
//   - calls of functions that the maker of an attached window has added by webview_go's Bind
//
// The texts are bounded, each and all together. The script runs before all scripts of the page,
// which can't touch its world.

// MaxBoundCall bounds a call from a page of a window that was attached to a function of
// webview_go's Bind: its JSON, with the function's name, in UTF-16 code units. A longer one throws.
const MaxBoundCall = 1 << 20

// messageCost is what a message counts for, besides its length, of what a document may say.
const messageCost = 4 << 10

// boundEvent is the event by which a page calls functions of webview_go's Bind.
const boundEvent = "tailrace.external"

// newWordsEvent gives a name that pages can't guess.
func newWordsEvent() string { return "tailrace." + rand.Text() }

// wordsMost bounds a text of last words, in characters: a session's id, a word and a body.
func wordsMost(o transport.Options) int { return o.MaxBatch + bodySlack + 256 }

// ownDocument is a condition in JavaScript, of operators only, since a page may have replaced what
// else there is: the document is of one of the app's own origins.
func (g origins) ownDocument() string {
	var all []string
	for _, o := range g.list() {
		text, err := json.Marshal(o)
		if err != nil {
			panic(err) // strings always encode
		}
		all = append(all, "location.protocol + '//' + location.host === "+string(text))
	}
	return strings.Join(all, " || ")
}

// messageScript is the script in the world of ours.
func (w *Window) messageScript() string {
	o := w.app.engine.Options()
	script := fmt.Sprintf(`(() => {
if (!(%s)) return;
const handlers = webkit.messageHandlers, all = %d;
let left = all;
addEventListener('pageshow', (e) => { if (e.isTrusted) left = all; }, true);
const hear = (name, handler, most) => addEventListener(name, (e) => {
	const text = e.detail;
	if (typeof text !== 'string' || text.length > most || text.length + %d > left) return;
	left -= text.length + %[3]d;
	handler.postMessage(text);
	e.preventDefault();
}, true);
hear(%q, handlers.tailrace, %d);
`, w.app.origins.ownDocument(), o.SessionBytes, messageCost, w.words, wordsMost(o))
	if w.attached {
		script += fmt.Sprintf("hear(%q, handlers.external, %d);\n", boundEvent, MaxBoundCall)
	}
	return script + "})()"
}

// boundScript is for pages of windows that were attached: webview_go's functions call
// window.external.invoke.
func (w *Window) boundScript() string {
	return fmt.Sprintf(`(() => {
if (!(%s)) return;
const { apply } = Reflect, { dispatchEvent } = window, Event = CustomEvent;
window.external = {
	invoke(call) {
		const e = new Event(%q, { detail: '' + call, cancelable: true });
		if (apply(dispatchEvent, window, [e]))
			throw new RangeError('a call of a bound function is over its bound, %d characters, ' +
				'or this page has made too many');
	},
};
})()`, w.app.origins.ownDocument(), boundEvent, MaxBoundCall)
}
