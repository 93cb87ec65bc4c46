//go:build linux && cgo

#include <jsc/jsc.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// Whose document asks. WebKit tells of no dialog or permission which frame wants it. So a script in
// a world of its own, which no page can touch, runs in every document before any script of its
// page, and tells whether it is of the app's origins. What it tells comes before what the document
// asks for: both are messages of one web process. They are handled in their order, except for those
// for which the page waits: such a one may be handled first, unless WebKit keeps it from that. So
// who must not err looks behind all that have come.

// The numbers of documents/watch.js.
enum { OVER = 10, PRINT, FOREIGN, START, PRESSED, PRESSED_ELSEWHERE, CLICKED };

static void on_told(WebKitUserContentManager *m, WebKitJavascriptResult *r, gpointer data) {
	(void)m;
	tr_view *v = data;
	tr_documents *d = &v->documents;
	int what = jsc_value_to_int32(webkit_javascript_result_get_js_value(r));
	switch (what) {
	case OVER: d->announced = 0; break;
	case PRINT: goPrint(v->handle); break;
	case FOREIGN: d->foreign = 1; break;
	case START: *d = (tr_documents){0}; break;
	case PRESSED:
	case PRESSED_ELSEWHERE: d->elsewhere = what == PRESSED_ELSEWHERE; break;
	case CLICKED: v->clicked = g_get_monotonic_time(); break;
	default: d->announced = what;
	}
}

// Documents without scripts, as in a sandbox, hear nothing of what the user does in them. So
// whatever the user does is taken for done elsewhere, until a document of ours says that it was
// done in it.
static gboolean on_event(GtkWidget *w, GdkEvent *e, gpointer data) {
	(void)w;
	tr_documents *d = &((tr_view *)data)->documents;
	if (e->type == GDK_KEY_PRESS) {
		// WebKit has a key that no page takes come once more, as it was.
		if (e->key.time == d->key_at && e->key.hardware_keycode == d->key) return FALSE;
		d->key_at = e->key.time;
		d->key = e->key.hardware_keycode;
	}
	if (e->type == GDK_KEY_PRESS || e->type == GDK_BUTTON_PRESS || e->type == GDK_TOUCH_BEGIN)
		d->elsewhere = 1;
	return FALSE;
}

static void add(WebKitUserContentManager *m, const char *script, const char *in_world) {
	WebKitUserScript *s = in_world
		? webkit_user_script_new_for_world(script, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
			  WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, in_world, NULL, NULL)
		: webkit_user_script_new(script, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
			  WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, NULL, NULL);
	webkit_user_content_manager_add_script(m, s);
	webkit_user_script_unref(s);
}

void tr_documents_watch(tr_view *v, const char *watch, const char *dialogs) {
	WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(v->view);
	tr_messages_add(v, TR_DOCUMENT, G_CALLBACK(on_told));
	g_signal_connect(v->view, "event", G_CALLBACK(on_event), v);
	add(m, watch, TR_WORLD);
	add(m, dialogs, NULL);
}

static gboolean on_soon(gpointer handle) {
	goSoon((uintptr_t)handle);
	return G_SOURCE_REMOVE;
}

void tr_soon(uintptr_t handle) {
	g_idle_add_full(TR_BEHIND_MESSAGES, on_soon, (gpointer)handle, NULL);
}

int tr_foreign(tr_view *v) { return v->documents.foreign; }

int tr_announced(tr_view *v, int kind) {
	int own = v->documents.announced == kind;
	v->documents.announced = 0;
	return own;
}

// What documents say to this process by WebKit's messages. WebKit takes a message's value apart on
// the main thread before anybody is asked: an array of a million objects keeps it for ten seconds.
// So pages have no message handler, in no frame: handlers are in a world of our own, TR_WORLD,
// where only our scripts are, which let short texts through. See webview/page_scripts.go.

#define EXTERNAL "external" // webview_go's handler
static const char external[] = EXTERNAL;

// All handlers that there are.
static const char *const handlers[TR_HANDLERS] = {
	[TR_EXTERNAL] = EXTERNAL,
	[TR_LAST_WORDS] = "tailrace",
	[TR_PAGE_ERROR] = "tailraceErrors",
	[TR_DOCUMENT] = "tailraceDocument",
};

const char *tr_message_handler(int which) {
	return which >= 0 && which < TR_HANDLERS ? handlers[which] : NULL;
}

static const char received[] = "script-message-received";

void tr_messages_clear(void *window) {
	WebKitUserContentManager *m =
		webkit_web_view_get_user_content_manager(WEBKIT_WEB_VIEW(tr_web_view(window)));
	gulong id = g_signal_handler_find(m, G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DETAIL,
		g_signal_lookup(received, WEBKIT_TYPE_USER_CONTENT_MANAGER), g_quark_from_string(external),
		NULL, NULL, NULL);
	if (id) g_signal_handler_disconnect(m, id);
	webkit_user_content_manager_unregister_script_message_handler(m, external);
	webkit_user_content_manager_remove_all_scripts(m);
}

void tr_messages_guard(void *window) {
	WebKitUserContentManager *m =
		webkit_web_view_get_user_content_manager(WEBKIT_WEB_VIEW(tr_web_view(window)));
	webkit_user_content_manager_unregister_script_message_handler(m, external);
	// The signal has the same name whatever the world is, so webview_go hears it.
	webkit_user_content_manager_register_script_message_handler_in_world(m, external, TR_WORLD);
}

// What a page says as it is being left: its requests don't outlive it, but for 64 KB, and its
// messages do.
static void on_last_words(WebKitUserContentManager *m, WebKitJavascriptResult *r, gpointer data) {
	(void)m;
	JSCValue *value = webkit_javascript_result_get_js_value(r);
	if (!jsc_value_is_string(value)) return;
	GBytes *text = jsc_value_to_string_as_bytes(value);
	gsize length = 0;
	const void *b = g_bytes_get_data(text, &length);
	if (length > 0) goLastWords(((tr_view *)data)->handle, (void *)b, length);
	g_bytes_unref(text);
}

static void on_page_error(WebKitUserContentManager *m, WebKitJavascriptResult *r, gpointer data) {
	(void)m;
	JSCValue *value = webkit_javascript_result_get_js_value(r);
	if (!jsc_value_is_string(value)) return;
	char *text = jsc_value_to_string(value);
	if (text) goPageError(((tr_view *)data)->handle, text);
	g_free(text);
}

void tr_messages_add(tr_view *v, int which, GCallback heard) {
	WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(v->view);
	char *signal = g_strconcat(received, "::", handlers[which], NULL);
	g_signal_connect(m, signal, heard, v);
	g_free(signal);
	webkit_user_content_manager_register_script_message_handler_in_world(
		m, handlers[which], TR_WORLD);
}

void tr_messages_hear(tr_view *v, const char *script) {
	WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(v->view);
	tr_messages_add(v, TR_LAST_WORDS, G_CALLBACK(on_last_words));
	tr_messages_add(v, TR_PAGE_ERROR, G_CALLBACK(on_page_error));
	WebKitUserScript *s =
		webkit_user_script_new_for_world(script, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME,
			WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, TR_WORLD, NULL, NULL);
	webkit_user_content_manager_add_script(m, s);
	webkit_user_script_unref(s);
}

// The world of TR_ASIDE.
static const char world[] = "tailrace-eval";

static void answer(JSCValue *value, GError *e, gpointer handle) {
	char *text = NULL;
	int result = TR_VALUE;
	if (e) {
		// Only the script's own errors have a page that can be told.
		result = g_error_matches(e, WEBKIT_JAVASCRIPT_ERROR, WEBKIT_JAVASCRIPT_ERROR_SCRIPT_FAILED)
			? TR_THROWN
			: g_error_matches(e, WEBKIT_JAVASCRIPT_ERROR, WEBKIT_JAVASCRIPT_ERROR_INVALID_RESULT)
			? TR_NO_JSON
			: TR_GONE;
		text = g_strdup(e->message);
		g_error_free(e);
	} else if (jsc_value_is_undefined(value)) {
		text = g_strdup("null");
	} else {
		text = jsc_value_to_json(value, 0);
		if (!text) result = TR_NO_JSON;
	}
	goEvaluated((uintptr_t)handle, result, text);
	g_free(text);
	if (value) g_object_unref(value);
}

static void on_program(GObject *o, GAsyncResult *r, gpointer handle) {
	GError *e = NULL;
	JSCValue *v = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(o), r, &e);
	answer(v, e, handle);
}

static void on_function(GObject *o, GAsyncResult *r, gpointer handle) {
	GError *e = NULL;
	JSCValue *v = webkit_web_view_call_async_javascript_function_finish(WEBKIT_WEB_VIEW(o), r, &e);
	answer(v, e, handle);
}

void tr_view_eval(tr_view *v, const char *script, size_t length, int form, uintptr_t handle) {
	if (form == TR_PROGRAM)
		webkit_web_view_evaluate_javascript(
			v->view, script, (gssize)length, NULL, NULL, NULL, on_program, (gpointer)handle);
	else
		webkit_web_view_call_async_javascript_function(v->view, script, (gssize)length, NULL,
			form == TR_ASIDE ? world : NULL, NULL, NULL, on_function, (gpointer)handle);
}
