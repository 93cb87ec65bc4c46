package webview

import (
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// PermissionKind is what a page wants to have.
type PermissionKind int

// The kinds.
const (
	// PermissionOther is one that this package has no name for; see Permission.Name.
	PermissionOther            PermissionKind = iota
	PermissionGeolocation                     // where the user is
	PermissionNotifications                   // to show notifications
	PermissionCamera                          // getUserMedia of video
	PermissionMicrophone                      // getUserMedia of audio
	PermissionCameraMicrophone                // getUserMedia of both
	PermissionScreen                          // getDisplayMedia
	PermissionDevices                         // enumerateDevices: cameras and microphones by name
	PermissionPointerLock                     // to hide the user's pointer and keep it
	PermissionStorage                         // cookies of another site in a frame
	PermissionClipboard                       // to read what the user has copied
)

// Permission is what a page asks for.
type Permission struct {
	// Window is the page's window.
	Window *Window
	// Kind says what.
	Kind PermissionKind
	// Name is WebKit's name of the request's type, "WebKitGeolocationPermissionRequest".
	Name string
	// Foreign says that it may be a document of another origin that asks: one is or was in the page
	// since it was loaded, in a frame, or is the page itself. WebKit does not tell which frame it
	// is. When it is false, a document of ours asks.
	Foreign bool
}

// permission is told what a page asks for; settle gets the answer, if the verdict is to hold it.
// Main thread only.
func (w *Window) permission(k PermissionKind, name string, settle func(allow bool)) view.Verdict {
	p := Permission{Window: w, Kind: k, Name: name, Foreign: w.native.Foreign()}
	if w.app.options.OnPermission == nil {
		w.denied("a permission (there is no Options.OnPermission)", p)
		return view.Refuse
	}
	asked := askApp(w, "OnPermission", false, func() bool { return w.app.options.OnPermission(p) },
		func(allow bool) {
			if !allow {
				w.denied("a permission", p)
			}
			settle(allow)
		})
	if !asked {
		w.denied("one permission too many", p)
		return view.Refuse
	}
	return view.Hold
}

func (w *Window) denied(what string, p Permission) {
	w.app.log.Warn("webview: refused "+what, "window", w.label, "permission", p.Name, "foreign",
		p.Foreign)
}

// authenticates says whether WebKit asks the user for a password. origin is the server's, as WebKit
// has it. Main thread only.
func (w *Window) authenticates(origin string, proxy bool) bool {
	if !proxy && w.app.origins.FromDev(origin) {
		return true
	}
	w.refuseAny("to ask the user for a password", "origin", loglimit.Short(origin), "proxy", proxy)
	return false
}

// refuseAny logs what was refused. Main thread only.
func (w *Window) refuseAny(what string, args ...any) {
	w.app.log.Warn("webview: refused "+what, append([]any{"window", w.label}, args...)...)
}
