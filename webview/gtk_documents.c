//go:build linux && cgo

#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "gtk_types.h"

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
    case OVER:
      d->announced = 0;
      break;
    case PRINT:
      goPrint(v->handle);
      break;
    case FOREIGN:
      d->foreign = 1;
      break;
    case START:
      *d = (tr_documents){0};
      break;
    case PRESSED:
    case PRESSED_ELSEWHERE:
      d->elsewhere = what == PRESSED_ELSEWHERE;
      break;
    case CLICKED:
      v->clicked = g_get_monotonic_time();
      break;
    default:
      d->announced = what;
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
  WebKitUserScript *s =
      in_world ? webkit_user_script_new_for_world(script, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
                                                  WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START,
                                                  in_world, NULL, NULL)
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
