//go:build linux && cgo

#include <jsc/jsc.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "gtk_types.h"

// What documents say to this process by WebKit's messages. WebKit takes a message's value apart on
// the main thread before anybody is asked: an array of a million objects keeps it for ten seconds.
// So pages have no message handler, in no frame: handlers are in a world of our own, TR_WORLD,
// where only our scripts are, which let short texts through. See messages.go.

#define EXTERNAL "external"  // webview_go's handler
static const char external[] = EXTERNAL;

// All handlers that there are.
static const char *const handlers[TR_HANDLERS] = {
    [TR_EXTERNAL] = EXTERNAL,           [TR_LAST_WORDS] = "tailrace",
    [TR_PAGE_ERROR] = "tailraceErrors", [TR_DOCUMENT] = "tailraceDocument",
};

const char *tr_message_handler(int which) {
  return which >= 0 && which < TR_HANDLERS ? handlers[which] : NULL;
}

static const char received[] = "script-message-received";

void tr_messages_clear(void *window) {
  WebKitUserContentManager *m =
      webkit_web_view_get_user_content_manager(WEBKIT_WEB_VIEW(tr_web_view(window)));
  gulong id = g_signal_handler_find(
      m, G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DETAIL,
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
  webkit_user_content_manager_register_script_message_handler_in_world(m, handlers[which],
                                                                       TR_WORLD);
}

void tr_messages_hear(tr_view *v, const char *script) {
  WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(v->view);
  tr_messages_add(v, TR_LAST_WORDS, G_CALLBACK(on_last_words));
  tr_messages_add(v, TR_PAGE_ERROR, G_CALLBACK(on_page_error));
  WebKitUserScript *s = webkit_user_script_new_for_world(
      script, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME, WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START,
      TR_WORLD, NULL, NULL);
  webkit_user_content_manager_add_script(m, s);
  webkit_user_script_unref(s);
}
