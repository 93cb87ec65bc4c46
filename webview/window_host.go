package webview

import (
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// open makes the window's view, and begins to load its first page. Main thread only.
func (w *Window) open(o WindowOptions) error {
	v := w.viewOptions()
	v.Title, v.Width, v.Height, v.Position = shownTitle(o.Title), o.Width, o.Height, o.Position
	v.Fixed, v.Center, v.Undecorated = o.Fixed, o.Center, o.Undecorated
	v.NoFocus, v.Hidden = o.NoFocus, o.Hidden
	if p := w.app.Window(o.Parent); p != nil {
		v.Parent = p.native
	}
	for _, f := range []struct {
		on   bool
		flag view.Flag
	}{
		{o.Maximized, view.Maximized},
		{o.Fullscreen, view.Fullscreen},
		{o.AlwaysOnTop, view.AlwaysOnTop},
	} {
		if f.on {
			v.Flags = append(v.Flags, f.flag)
		}
	}
	if err := w.native.Open((*host)(w), v); err != nil {
		return err
	}
	w.load(o.URL)
	return nil
}

// viewOptions gives what the view of any window begins with.
func (w *Window) viewOptions() view.Options {
	page := w.app.pages.Script(serving.ScriptOptions{
		Label: w.label, Words: w.pages.words, Internals: w.app.options.Tauri,
		Global: w.app.options.GlobalTauri,
	})
	o := view.Options{
		Settings: map[string]bool{}, Logger: w.app.log,
		Scripts: view.Scripts{
			Page: []string{page}, Messages: w.messageScript(),
			Watch:   w.app.origins.ForDocuments(watchScript),
			Dialogs: w.app.origins.ForDocuments(dialogsScript),
			Bound:   w.boundScript(),
		},
	}
	if w.app.options.Debug {
		o.Scripts.Page = append(o.Scripts.Page, w.rejectionScript())
	}
	for name, v := range settings {
		switch {
		case v == settingOff:
			o.Settings[name] = false
		case v == settingDebug && !w.life.attached:
			o.Settings[name] = w.app.options.Debug
		}
	}
	return o
}

// closeNative closes the window: at once if it is ours, else by destroying it, which tells us. Main
// thread only.
func (w *Window) closeNative() {
	switch {
	case w.native.Own():
		w.shut("window closed")
	case w.native.IsOpen():
		if keeping.closes(w) {
			w.native.End()
		}
		w.native.Destroy()
	}
}

// host is a Window as its view sees it.
type host Window

var _ view.Host = (*host)(nil)

func (h *host) window() *Window { return (*Window)(h) }

// Shut implements view.Host.
func (h *host) Shut() { h.window().shut("window closed") }

// CloseAsked implements view.Host.
func (h *host) CloseAsked() { h.window().Close() }

// Changed implements view.Host.
func (h *host) Changed() { h.window().changed() }

// FocusChanged implements view.Host.
func (h *host) FocusChanged(in bool) { h.window().focusChanged(in) }

// LoadChanged implements view.Host.
func (h *host) LoadChanged(e view.LoadEvent, uri string) { h.window().loadChanged(e, uri) }

// LoadFailed implements view.Host.
func (h *host) LoadFailed(uri, message string) (page string, stays bool) {
	return h.window().loadFailed(uri, message)
}

// ProcessEnded implements view.Host.
func (h *host) ProcessEnded(reason int) { h.window().processEnded(reason) }

// Leads implements view.Host.
func (h *host) Leads(l view.Lead, settle func(view.Verdict)) view.Verdict {
	return h.window().leads(l, settle)
}

// Navigates implements view.Host.
func (h *host) Navigates(timer uint32, url int) { h.window().navigates(timer, url) }

// LeftToOthers implements view.Host.
func (h *host) LeftToOthers(back bool) view.Decision { return h.window().leaveToOthers(back) }

// Request implements view.Host.
func (h *host) Request(in *view.Request, to view.Responder) { h.window().request(in, to) }

// LastWords implements view.Host.
func (h *host) LastWords(text []byte) { h.window().served.LastWords(text) }

// PageError implements view.Host.
func (h *host) PageError(text string) { h.window().pageError(text) }

// Dialog implements view.Host.
func (h *host) Dialog(
	k view.DialogKind, message, text string, question int64,
) view.DialogAction {
	d := Dialog{Window: h.window(), Kind: DialogKind(k), Message: message, Default: text}
	return view.DialogAction(h.window().dialog(d, question))
}

// DialogRefused implements view.Host.
func (h *host) DialogRefused(k view.DialogKind) { h.window().dialogRefused(DialogKind(k)) }

// Prints implements view.Host.
func (h *host) Prints() { h.window().prints() }

// PrintFailed implements view.Host.
func (h *host) PrintFailed(message string) {
	h.app.log.Warn("webview: failed to print", "window", h.label, "error", message)
}

// Permission implements view.Host.
func (h *host) Permission(
	k view.PermissionKind, name string, settle func(allow bool),
) view.Verdict {
	return h.window().permission(PermissionKind(k), name, settle)
}

// AsksPermissions implements view.Host.
func (h *host) AsksPermissions() bool { return h.app.options.OnPermission != nil }

// Authenticates implements view.Host.
func (h *host) Authenticates(origin string, proxy bool) bool {
	return h.window().authenticates(origin, proxy)
}

// Refused implements view.Host.
func (h *host) Refused(what string) {
	h.window().refuseAny(what + ": the user's last click or key was in no document of the app's " +
		"origins")
}

// MenuHas implements view.Host.
func (h *host) MenuHas(m view.MenuItems) bool {
	if m == view.MenuWindows {
		return h.app.options.OnNewWindow != nil
	}
	return h.app.options.OnDownload != nil
}

// Download implements view.Host.
func (h *host) Download(uri string, d view.Download) view.DownloadHost {
	if begun := h.window().begin(uri, d); begun != nil {
		return (*downloadHost)(begun)
	}
	return nil
}
