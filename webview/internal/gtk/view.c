//go:build linux && cgo

#include "gtk.h"

#include <gtk/gtk.h>
#include <stdlib.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

void *tr_web_view(void *window) {
	if (!window || !GTK_IS_BIN(window)) return NULL;
	GtkWidget *child = gtk_bin_get_child(GTK_BIN(window));
	return child && WEBKIT_IS_WEB_VIEW(child) ? child : NULL;
}

int tr_view_loaded(void *window) {
	return webkit_web_view_get_uri(WEBKIT_WEB_VIEW(tr_web_view(window))) != NULL;
}

static const char *active_uri(tr_view *v) {
	const char *u = webkit_web_view_get_uri(v->view);
	return u ? u : "";
}

static void on_load_changed(WebKitWebView *w, WebKitLoadEvent e, gpointer data) {
	(void)w;
	tr_view *v = data;
	goLoadChanged(v->handle, (int)e, (char *)active_uri(v));
}

// A load that was given up, for another one or by the page's own choice, has not failed. What has
// is told by a page of Go's, if it has one.
static gboolean on_load_failed(
	WebKitWebView *w, WebKitLoadEvent e, const char *uri, GError *error, gpointer data) {
	(void)e;
	if (error->domain == WEBKIT_POLICY_ERROR || error->domain == WEBKIT_PLUGIN_ERROR ||
		g_error_matches(error, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED))
		return FALSE;
	char *page = goLoadFailed(((tr_view *)data)->handle, (char *)uri, error->message);
	if (!page) return FALSE;
	if (*page) webkit_web_view_load_alternate_html(w, page, uri, NULL);
	free(page);
	return TRUE;
}

// What is shown is no page of the app, but has its URL: so WebKit's item of the history says, as
// pages may come back from WebKit's cache without an answer that would.
static const char apart[] = "tailrace-apart";

static void mark(WebKitBackForwardListItem *item, int set) {
	if (item) g_object_set_data(G_OBJECT(item), apart, set ? GINT_TO_POINTER(1) : NULL);
}

// A document without scripts can lead to places in itself, which have items of their own.
static void on_history(
	WebKitBackForwardList *l, WebKitBackForwardListItem *added, gpointer removed, gpointer data) {
	(void)l;
	(void)removed;
	mark(added, ((tr_view *)data)->apart);
}

void tr_view_set_apart(tr_view *v, int set) {
	v->apart = set;
	WebKitBackForwardList *l = webkit_web_view_get_back_forward_list(v->view);
	mark(webkit_back_forward_list_get_current_item(l), set);
}

int tr_view_was_apart(tr_view *v) {
	WebKitBackForwardListItem *item =
		webkit_back_forward_list_get_current_item(webkit_web_view_get_back_forward_list(v->view));
	return item && g_object_get_data(G_OBJECT(item), apart) != NULL;
}

static void on_terminated(WebKitWebView *w, WebKitWebProcessTerminationReason r, gpointer data) {
	(void)w;
	tr_asked_end(data);
	goProcessEnded(((tr_view *)data)->handle, (int)r);
}

static void on_destroy(GtkWidget *w, gpointer data) {
	(void)w;
	goDestroyed(((tr_view *)data)->handle);
}

tr_view *tr_view_attach(void *window, uintptr_t handle) {
	tr_view *v = g_new0(tr_view, 1);
	v->view = g_object_ref(WEBKIT_WEB_VIEW(tr_web_view(window)));
	v->window = g_object_ref(GTK_WIDGET(window));
	v->handle = handle;
	g_object_set_data(G_OBJECT(v->view), TR_VIEW_KEY, v);
	g_signal_connect(v->view, "load-changed", G_CALLBACK(on_load_changed), v);
	g_signal_connect(v->view, "load-failed", G_CALLBACK(on_load_failed), v);
	g_signal_connect(v->view, "web-process-terminated", G_CALLBACK(on_terminated), v);
	g_signal_connect(v->view, "destroy", G_CALLBACK(on_destroy), v);
	g_signal_connect(
		webkit_web_view_get_back_forward_list(v->view), "changed", G_CALLBACK(on_history), v);
	tr_window_connect(v);
	tr_dialogs_connect(v);
	tr_policy_connect(v);
	tr_requests_connect(v);
	tr_download_connect(v);
	return v;
}

// Nobody is asked any more: a page that wants to be asked
// before it is left is answered that it may be.
static gboolean on_last_dialog(WebKitWebView *w, WebKitScriptDialog *d, gpointer data) {
	(void)w;
	(void)data;
	if (webkit_script_dialog_get_dialog_type(d) == WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM)
		webkit_script_dialog_confirm_set_confirmed(d, TRUE);
	return TRUE;
}

void tr_view_leave(tr_view *v) {
	v->left = TR_LEAVING;
	tr_window_disconnect(v);
	tr_dialogs_end(v);
	g_signal_connect(v->view, "script-dialog", G_CALLBACK(on_last_dialog), v);
	webkit_web_view_load_uri(v->view, "about:blank");
}

void tr_view_detach(tr_view *v) {
	g_object_set_data(G_OBJECT(v->view), TR_VIEW_KEY, NULL);
	g_signal_handlers_disconnect_by_data(v->view, v);
	g_signal_handlers_disconnect_by_data(webkit_web_view_get_back_forward_list(v->view), v);
	tr_window_disconnect(v);
	tr_dialogs_end(v);
	tr_policy_end(v);
	tr_requests_end(v);
	while (v->held) {
		tr_request *r = v->held;
		GError *e = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "the window is closed");
		webkit_uri_scheme_request_finish_error(r->request, e);
		g_error_free(e);
		tr_view_release(r);
	}
}

void tr_view_free(tr_view *v) {
	g_object_unref(v->view);
	g_object_unref(v->window);
	g_free(v);
}

void tr_view_limit(tr_view *v, int64_t bytes) { v->limit = bytes; }

void tr_view_hold(tr_view *v, tr_request *r) {
	g_object_ref(r->request);
	r->view = v;
	r->next = v->held;
	if (r->next) r->next->prev = r;
	v->held = r;
}

// tr_view_release ends the request's hold of WebKit's object. The struct stays,
// for the Go side still has its pointer.
void tr_view_release(tr_request *r) {
	if (r->prev)
		r->prev->next = r->next;
	else
		r->view->held = r->next;
	if (r->next) r->next->prev = r->prev;
	r->prev = r->next = NULL;
	r->view = NULL;
	g_clear_object(&r->request);
}

void tr_view_load(tr_view *v, const char *uri) { webkit_web_view_load_uri(v->view, uri); }

void tr_view_reload(tr_view *v) { webkit_web_view_reload(v->view); }

void tr_view_zoom(tr_view *v, double factor) { webkit_web_view_set_zoom_level(v->view, factor); }

void tr_view_background(tr_view *v, double red, double green, double blue, double alpha) {
	GdkRGBA c = {red, green, blue, alpha};
	webkit_web_view_set_background_color(v->view, &c);
}

void tr_view_focus(tr_view *v) { gtk_widget_grab_focus(GTK_WIDGET(v->view)); }

void tr_view_kill(tr_view *v) { webkit_web_view_terminate_web_process(v->view); }

void tr_view_end(tr_view *v) {
	g_signal_handlers_disconnect_by_func(v->view, on_terminated, v);
	tr_asked_end(v);
	tr_view_kill(v);
}

static void on_snapshot(GObject *o, GAsyncResult *res, gpointer data) {
	GError *e = NULL;
	cairo_surface_t *s = webkit_web_view_get_snapshot_finish(WEBKIT_WEB_VIEW(o), res, &e);
	if (!s) {
		goSnapshot((uintptr_t)data, NULL, 0, 0, 0, e ? e->message : "no picture");
		g_clear_error(&e);
		return;
	}
	cairo_surface_t *image = cairo_surface_map_to_image(s, NULL);
	cairo_surface_flush(image);
	if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS)
		goSnapshot((uintptr_t)data, NULL, 0, 0, 0,
			(char *)cairo_status_to_string(cairo_surface_status(image)));
	else if (cairo_image_surface_get_format(image) != CAIRO_FORMAT_ARGB32 &&
		cairo_image_surface_get_format(image) != CAIRO_FORMAT_RGB24)
		goSnapshot((uintptr_t)data, NULL, 0, 0, 0, "the picture is in an unknown format");
	else
		goSnapshot((uintptr_t)data, cairo_image_surface_get_data(image),
			cairo_image_surface_get_width(image), cairo_image_surface_get_height(image),
			cairo_image_surface_get_stride(image), NULL);
	cairo_surface_unmap_image(s, image);
	cairo_surface_destroy(s);
}

void tr_view_snapshot(tr_view *v, uintptr_t handle) {
	webkit_web_view_get_snapshot(v->view, WEBKIT_SNAPSHOT_REGION_VISIBLE,
		WEBKIT_SNAPSHOT_OPTIONS_NONE, NULL, on_snapshot, (gpointer)handle);
}

static void on_pong(GObject *o, GAsyncResult *res, gpointer data) {
	webkit_web_view_can_execute_editing_command_finish(WEBKIT_WEB_VIEW(o), res, NULL);
	goPong((uintptr_t)data);
}

// What is asked does not matter. It is a question that the web process answers without a script,
// and messages to it are handled in their order.
void tr_view_ping(tr_view *v, uintptr_t handle) {
	webkit_web_view_can_execute_editing_command(
		v->view, WEBKIT_EDITING_COMMAND_COPY, NULL, on_pong, (gpointer)handle);
}
