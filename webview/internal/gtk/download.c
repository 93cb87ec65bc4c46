//go:build linux && cgo

#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

struct tr_download {
	WebKitDownload *download; // a reference
	uintptr_t handle;         // the Go Download's cgo.Handle
	int named;                // goDestination was called
	int cancelled;
};

// A download is cancelled when its destination is asked for, or later, and once: WebKit dies of an
// answer about one that it has forgotten.
static gboolean on_unwanted(WebKitDownload *d, char *name, gpointer unused) {
	(void)name;
	(void)unused;
	webkit_download_cancel(d);
	return TRUE;
}

static void refuse(WebKitDownload *d) {
	g_signal_connect(d, "decide-destination", G_CALLBACK(on_unwanted), NULL);
}

static const char *uri_of(WebKitDownload *d) {
	const char *uri = webkit_uri_request_get_uri(webkit_download_get_request(d));
	return uri ? uri : "";
}

// A download of no window, as one is closed while it begins. If it is the program's own, the
// program says where to. Else WebKit would put the file into the user's folder.
static gboolean on_nobodys(WebKitDownload *d, char *name, gpointer unused) {
	g_signal_handlers_block_by_func(d, on_nobodys, NULL);
	guint signal = g_signal_lookup("decide-destination", WEBKIT_TYPE_DOWNLOAD);
	gboolean others = g_signal_has_handler_pending(d, signal, 0, FALSE);
	g_signal_handlers_unblock_by_func(d, on_nobodys, NULL);
	if (others || webkit_download_get_destination(d)) return FALSE;
	goNobodysDownload((char *)uri_of(d));
	return on_unwanted(d, name, unused);
}

static gboolean on_destination(WebKitDownload *d, char *name, gpointer data) {
	WebKitURIResponse *r = webkit_download_get_response(d);
	const char *type = r ? webkit_uri_response_get_mime_type(r) : NULL;
	((tr_download *)data)->named = 1;
	int64_t size = r ? (int64_t)webkit_uri_response_get_content_length(r) : 0;
	goDestination(((tr_download *)data)->handle, name, (char *)(type ? type : ""), size);
	return TRUE; // tr_download_to or tr_download_cancel follows.
}

static void on_received(WebKitDownload *d, guint64 n, gpointer data) {
	(void)d;
	goReceived(((tr_download *)data)->handle, (int64_t)n);
}

static void on_failed(WebKitDownload *d, GError *e, gpointer data) {
	(void)d;
	goDownloadFailed(((tr_download *)data)->handle, e->message);
}

static void drop(tr_download *d) {
	g_signal_handlers_disconnect_by_data(d->download, d);
	g_object_unref(d->download);
	g_free(d);
}

// It comes after "failed", too.
static void on_finished(WebKitDownload *d, gpointer data) {
	(void)d;
	tr_download *t = data;
	uintptr_t handle = t->handle;
	drop(t);
	goDownloaded(handle);
}

static void on_download(WebKitWebContext *c, WebKitDownload *d, gpointer unused) {
	(void)c;
	(void)unused;
	WebKitWebView *w = webkit_download_get_web_view(d);
	tr_view *v = w ? g_object_get_data(G_OBJECT(w), TR_VIEW_KEY) : NULL;
	if (!v) {
		g_signal_connect(d, "decide-destination", G_CALLBACK(on_nobodys), NULL);
		return;
	}
	tr_download *t = g_new0(tr_download, 1);
	t->handle = goDownload(v->handle, (char *)uri_of(d), t);
	if (!t->handle) {
		g_free(t);
		refuse(d);
		return;
	}
	t->download = g_object_ref(d);
	g_signal_connect(d, "decide-destination", G_CALLBACK(on_destination), t);
	g_signal_connect(d, "received-data", G_CALLBACK(on_received), t);
	g_signal_connect(d, "failed", G_CALLBACK(on_failed), t);
	g_signal_connect(d, "finished", G_CALLBACK(on_finished), t);
}

void tr_download_connect(tr_view *v) {
	static const char connected[] = "tailrace-downloads";
	WebKitWebContext *c = webkit_web_view_get_context(v->view);
	if (g_object_get_data(G_OBJECT(c), connected)) return; // once a context
	g_object_set_data(G_OBJECT(c), connected, c);
	g_signal_connect(c, "download-started", G_CALLBACK(on_download), NULL);
}

void tr_download_begin(tr_view *v, const char *uri) {
	g_object_unref(webkit_web_view_download_uri(v->view, uri));
}

void tr_download_cancel(tr_download *d) {
	if (d->cancelled) return;
	d->cancelled = 1;
	webkit_download_cancel(d->download);
}

void tr_download_to(tr_download *d, const char *path) {
	char *uri = g_filename_to_uri(path, NULL, NULL);
	if (uri)
		webkit_download_set_destination(d->download, uri);
	else
		tr_download_cancel(d);
	g_free(uri);
}

void tr_download_forget(tr_download *d) {
	WebKitDownload *w = g_object_ref(d->download);
	int named = d->named, cancelled = d->cancelled;
	drop(d);
	if (!named)
		refuse(w);
	else if (!cancelled)
		webkit_download_cancel(w);
	g_object_unref(w);
}

static void on_launched(GObject *o, GAsyncResult *r, gpointer handle) {
	(void)o;
	GError *e = NULL;
	g_app_info_launch_default_for_uri_finish(r, &e);
	goLaunched((uintptr_t)handle, e ? e->message : NULL);
	g_clear_error(&e);
}

void tr_launch(const char *uri, uintptr_t handle) {
	GdkAppLaunchContext *c = gdk_display_get_app_launch_context(gdk_display_get_default());
	g_app_info_launch_default_for_uri_async(
		uri, G_APP_LAUNCH_CONTEXT(c), NULL, on_launched, (gpointer)handle);
	g_object_unref(c);
}
