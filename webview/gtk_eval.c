//go:build linux && cgo

#include <jsc/jsc.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "gtk_types.h"

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
    webkit_web_view_evaluate_javascript(v->view, script, (gssize)length, NULL, NULL, NULL,
                                        on_program, (gpointer)handle);
  else
    webkit_web_view_call_async_javascript_function(v->view, script, (gssize)length, NULL,
                                                   form == TR_ASIDE ? world : NULL, NULL, NULL,
                                                   on_function, (gpointer)handle);
}
