package webview

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// Messages of documents to this process. WebKit makes a JavaScript value of each on the UI thread
// before anybody can refuse it, so no page has a message handler. A script in a world of ours hears
// events of the main frame's document, if that is of the app's own origins, and posts their text:
//
//   - last words, which a page says as it is being left, by an event whose name only the client
//     has been told
//   - errors that the page does not catch, with Options.Debug
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
func wordsMost(o transport.Options) int { return o.MaxBatch + serving.BodySlack + 256 }

// messageScript is the script in the world of ours.
func (w *Window) messageScript() string {
	o := w.app.engine.Options()
	script := fmt.Sprintf(`(() => {
'use strict';
if (!%s) return;
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
`, w.app.origins.OwnDocument(), o.SessionBytes, messageCost, w.pages.words, wordsMost(o))
	if w.app.options.Debug {
		script += fmt.Sprintf(errorScript, maxPageErrors, maxPageError, rejectionEvent)
	}
	if w.life.attached {
		script += fmt.Sprintf("hear(%q, handlers.external, %d);\n", boundEvent, MaxBoundCall)
	}
	return script + "})()"
}

// errorScript tells what a document of the app's own does not catch, with Options.Debug: in place
// of WebKit's writing of the whole console to the terminal, which any page and frame could fill,
// with escape sequences, too.
const errorScript = `let errors = %d;
const tell = (text) => {
	if (errors === 0) return;
	errors--;
	handlers.tailraceErrors.postMessage(text.slice(0, %d));
};
addEventListener('error', (e) => {
	if (e instanceof ErrorEvent) tell(e.message + ' (' + e.filename + ':' + e.lineno + ')');
}, true);
addEventListener(%q, (e) => {
	if (typeof e.detail === 'string') tell('unhandled rejection: ' + e.detail);
}, true);
`

// rejectionEvent is the event by which rejectionScript says that a promise was rejected.
const rejectionEvent = "tailrace.rejection"

// rejectionScript is for the world of pages with Options.Debug: others don't hear of rejections.
func (w *Window) rejectionScript() string {
	return fmt.Sprintf(`if %s (() => {
'use strict';
const { apply } = Reflect, { dispatchEvent } = window, Event = CustomEvent;
addEventListener('unhandledrejection', (e) => {
	let detail = 'what has no text';
	try { detail = '' + e.reason; } catch {}
	apply(dispatchEvent, window, [new Event(%q, { detail })]);
});
})()`, w.app.origins.OwnDocument(), rejectionEvent)
}

const (
	maxPageErrors = 1000 // of a document, that are told
	maxPageError  = 2048 // UTF-16 code units of one
)

// pageError logs what the script above has told. Main thread only.
func (w *Window) pageError(text string) {
	w.app.log.Warn("webview: the page has an error that it does not catch", "window", w.label,
		"error", visible(text))
}

// visible gives a text in which what could control a terminal is escaped as in a Go string.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

// boundScript is for pages of windows that were attached: webview_go's functions call
// window.external.invoke.
func (w *Window) boundScript() string {
	return fmt.Sprintf(`if (!(%q in window) && %s) (() => {
'use strict';
const { apply } = Reflect, { dispatchEvent } = window, Event = CustomEvent;
window.external = {
	invoke(call) {
		const e = new Event(%q, { detail: '' + call, cancelable: true });
		if (apply(dispatchEvent, window, [e]))
			throw new RangeError('a call of a bound function is over its bound, %d characters, ' +
				'or this page has made too many');
	},
};
})()`, serving.Mark, w.app.origins.OwnDocument(), boundEvent, MaxBoundCall)
}

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

// settingValue is what this package makes of a property of WebKitSettings.
type settingValue int

const (
	settingLeft  settingValue = iota // as WebKit has it
	settingOff                       // set to false
	settingDebug                     // set to Options.Debug; left in windows that were attached
)

// String is how docs/webkit.md says it.
func (v settingValue) String() string { return [...]string{"left", "off", "`Debug`"}[v] }

// settings are all properties of WebKitSettings. What could give a document of another origin more
// than a browser gives it is set, also where WebKit has it so: a newer WebKit, or webview_go, may
// not. What is left is how pages look, and what a browser gives to every page. docs/webkit.md has
// the reasons.
var settings = map[string]settingValue{
	"allow-file-access-from-file-urls":               settingOff,
	"allow-modal-dialogs":                            settingOff,
	"allow-top-navigation-to-data-urls":              settingOff,
	"allow-universal-access-from-file-urls":          settingOff,
	"auto-load-images":                               settingLeft,
	"cursive-font-family":                            settingLeft,
	"default-charset":                                settingLeft,
	"default-font-family":                            settingLeft,
	"default-font-size":                              settingLeft,
	"default-monospace-font-size":                    settingLeft,
	"disable-web-security":                           settingOff,
	"draw-compositing-indicators":                    settingLeft,
	"enable-2d-canvas-acceleration":                  settingLeft,
	"enable-accelerated-2d-canvas":                   settingLeft,
	"enable-back-forward-navigation-gestures":        settingLeft,
	"enable-caret-browsing":                          settingLeft,
	"enable-developer-extras":                        settingDebug,
	"enable-dns-prefetching":                         settingLeft,
	"enable-encrypted-media":                         settingOff,
	"enable-frame-flattening":                        settingLeft,
	"enable-fullscreen":                              settingLeft,
	"enable-html5-database":                          settingLeft,
	"enable-html5-local-storage":                     settingLeft,
	"enable-hyperlink-auditing":                      settingLeft,
	"enable-java":                                    settingLeft,
	"enable-javascript":                              settingLeft,
	"enable-javascript-markup":                       settingLeft,
	"enable-media":                                   settingLeft,
	"enable-media-capabilities":                      settingLeft,
	"enable-media-stream":                            settingLeft,
	"enable-mediasource":                             settingLeft,
	"enable-mock-capture-devices":                    settingOff,
	"enable-offline-web-application-cache":           settingLeft,
	"enable-page-cache":                              settingLeft,
	"enable-plugins":                                 settingLeft,
	"enable-private-browsing":                        settingLeft,
	"enable-resizable-text-areas":                    settingLeft,
	"enable-site-specific-quirks":                    settingLeft,
	"enable-smooth-scrolling":                        settingLeft,
	"enable-spatial-navigation":                      settingLeft,
	"enable-tabs-to-links":                           settingLeft,
	"enable-webaudio":                                settingLeft,
	"enable-webgl":                                   settingLeft,
	"enable-webrtc":                                  settingLeft,
	"enable-write-console-messages-to-stdout":        settingOff,
	"enable-xss-auditor":                             settingLeft,
	"fantasy-font-family":                            settingLeft,
	"hardware-acceleration-policy":                   settingLeft,
	"javascript-can-access-clipboard":                settingOff,
	"javascript-can-open-windows-automatically":      settingOff,
	"load-icons-ignoring-image-load-setting":         settingLeft,
	"media-content-types-requiring-hardware-support": settingLeft,
	"media-playback-allows-inline":                   settingLeft,
	"media-playback-requires-user-gesture":           settingLeft,
	"minimum-font-size":                              settingLeft,
	"monospace-font-family":                          settingLeft,
	"pictograph-font-family":                         settingLeft,
	"print-backgrounds":                              settingLeft,
	"sans-serif-font-family":                         settingLeft,
	"serif-font-family":                              settingLeft,
	"user-agent":                                     settingLeft,
	"webrtc-udp-ports-range":                         settingLeft,
	"zoom-text-only":                                 settingLeft,
}
