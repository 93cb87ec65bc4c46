package tauri

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

func (c *commands) registerWebview() {
	const prefix = "plugin:webview|"
	lister(c, prefix+"get_all_webviews", func(label string) webviewRef {
		return webviewRef{label, label}
	})
	getter(c, prefix+"webview_position", func(Window) (Position, error) {
		return Position{}, nil // in its window
	})
	getter(c, prefix+"webview_size", func(w Window) (Size, error) {
		s, err := w.State()
		return SizeOf(s.Size, s.Scale), err
	})
	action(c, prefix+"set_webview_focus", Window.FocusPage)
	setter(c, prefix+"set_webview_zoom", Window.SetZoom)
	optional(c, prefix+"set_webview_background_color", setBackground)
	for _, name := range onlyOne {
		optional(c, prefix+name, func(Window, *json.RawMessage) error {
			return &transport.Error{
				Code: CodeNotProvided,
				Message: prefix + name + " is not provided: a window has one webview, which " +
					"fills it",
			}
		})
	}
}
