package webview

import (
	"encoding/json"

	"github.com/tailrace-go/tailrace/transport"
)

// onlyOne are the commands for windows with several webviews, or with one that does not fill its
// window.
var onlyOne = []string{
	"create_webview", "reparent", "webview_close", "webview_show", "webview_hide",
	"set_webview_size", "set_webview_position", "set_webview_auto_resize",
}

// webviewRef is how get_all_webviews names a webview.
type webviewRef struct {
	WindowLabel string `json:"windowLabel"`
	Label       string `json:"label"`
}

func registerWebview(a *App) {
	const prefix = "plugin:webview|"
	lister(a, prefix+"get_all_webviews", func(label string) webviewRef {
		return webviewRef{label, label}
	})
	getter(a, prefix+"webview_position", func(*Window) (physicalPosition, error) {
		return physicalPosition{}, nil // in its window
	})
	getter(a, prefix+"webview_size", func(w *Window) (physicalSize, error) {
		s, err := w.State()
		return s.physicalSize(s.Size), err
	})
	action(a, prefix+"set_webview_focus", func(w *Window) {
		w.post(func() { w.native.FocusPage() })
	})
	setter(a, prefix+"set_webview_zoom", (*Window).SetZoom)
	optional(a, prefix+"set_webview_background_color", (*Window).setPageBackground)
	for _, name := range onlyOne {
		optional(a, prefix+name, func(*Window, *json.RawMessage) error {
			return &transport.Error{
				Code: CodeNotProvided,
				Message: prefix + name + " is not provided: a window has one webview, which " +
					"fills it",
			}
		})
	}
}
