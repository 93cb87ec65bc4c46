//go:build linux && cgo

#include <string.h>
#include <webkit2/webkit2.h>

#include "gtk_types.h"

// Properties of WebKitSettings by their names, as text, since older ones have not all of them.

static WebKitSettings *settings_of(void *window) {
  return webkit_web_view_get_settings(WEBKIT_WEB_VIEW(tr_web_view(window)));
}

void tr_setting_set(void *window, const char *name, const char *value) {
  GObject *s = G_OBJECT(settings_of(window));
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(s), name)) return;
  g_object_set(s, name, strcmp(value, "TRUE") == 0, NULL);
}

char *tr_settings_list(void *window) {
  GObject *s = window ? g_object_ref(G_OBJECT(settings_of(window)))
                      : G_OBJECT(webkit_settings_new());
  GString *all = g_string_new(NULL);
  guint n = 0;
  GParamSpec **list = g_object_class_list_properties(G_OBJECT_GET_CLASS(s), &n);
  for (guint i = 0; i < n; i++) {
    GValue v = G_VALUE_INIT;
    g_value_init(&v, G_PARAM_SPEC_VALUE_TYPE(list[i]));
    g_object_get_property(s, list[i]->name, &v);
    char *text = g_strdup_value_contents(&v);
    g_string_append_printf(all, "%s=%s\n", list[i]->name, text);
    g_free(text);
    g_value_unset(&v);
  }
  g_free(list);
  g_object_unref(s);
  return g_string_free(all, FALSE);
}
