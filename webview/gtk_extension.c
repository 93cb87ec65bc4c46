//go:build linux && cgo

#include <gio/gunixfdlist.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "gtk_types.h"

static void on_initialize(WebKitWebContext *c, gpointer unused) {
  (void)unused;
  goExtend(c);
}

void tr_extension_connect(void) {
  static int connected;
  if (connected) return;
  connected = 1;
  g_signal_connect(webkit_web_context_get_default(), "initialize-web-extensions",
                   G_CALLBACK(on_initialize), NULL);
}

void tr_extension_set(void *context, const char *directory, char **origins, size_t n) {
  WebKitWebContext *c = context;
  webkit_web_context_set_web_extensions_directory(c, directory);
  webkit_web_context_set_web_extensions_initialization_user_data(
      c, g_variant_new("(@as)", g_variant_new_strv((const char *const *)origins, (gssize)n)));
}

char *tr_view_offer(tr_view *v, const char *session, const int *fds, size_t n) {
  GUnixFDList *list = g_unix_fd_list_new();
  for (size_t i = 0; i < n; i++) {
    GError *e = NULL;
    if (g_unix_fd_list_append(list, fds[i], &e) < 0) {  // of a duplicate
      char *text = g_strdup(e->message);
      g_error_free(e);
      g_object_unref(list);
      return text;
    }
  }
  WebKitUserMessage *m =
      webkit_user_message_new_with_fd_list("tailrace.offer", g_variant_new("(s)", session), list);
  g_object_unref(list);
  webkit_web_view_send_message_to_page(v->view, m, NULL, NULL, NULL);
  return NULL;
}
