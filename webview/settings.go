package webview

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
