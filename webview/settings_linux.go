//go:build linux && cgo

package webview

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"strings"
	"unsafe"
)

// applySettings sets what this package decides. Before the first page.
func (n *nativeWindow) applySettings(w *Window) {
	for name, v := range settings {
		switch {
		case v == settingOff:
			n.setSetting(name, false)
		case v == settingDebug && !w.attached:
			n.setSetting(name, w.app.options.Debug)
		}
	}
}

// setSetting sets a property of the view's WebKitSettings, if that WebKit has it.
func (n *nativeWindow) setSetting(name string, on bool) {
	key, value := C.CString(name), C.CString(settingText(on))
	defer C.free(unsafe.Pointer(key))
	defer C.free(unsafe.Pointer(value))
	C.tr_setting_set(n.window, key, value)
}

// nativeSettings gives all properties of a window's WebKitSettings as text; nil: of new ones. For
// tests.
func nativeSettings(window unsafe.Pointer) map[string]string {
	list := C.tr_settings_list(window)
	defer C.free(unsafe.Pointer(list)) // g_free is free
	all := map[string]string{}
	for line := range strings.Lines(C.GoString(list)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all
}

func settingText(on bool) string {
	if on {
		return "TRUE"
	}
	return "FALSE"
}
