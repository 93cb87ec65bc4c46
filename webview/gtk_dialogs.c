//go:build linux && cgo

#include <gtk/gtk.h>
#include <gtk/gtkunixprint.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "gtk_types.h"

// Dialogs end with their window. Those that WebKit draws into its view do so by themselves, and so
// do its menus. Two are windows of their own: the file chooser, which WebKit forgets, and the one
// for printing, which WebKit runs by a nested loop, so that neither the window's end nor that of
// the program's loop gets through. That one is made here, without such a loop.

static const char printing[] = "tailrace-print";  // the WebKitPrintOperation of a dialog

static void on_print_failed(WebKitPrintOperation *o, GError *e, gpointer unused) {
  (void)unused;
  WebKitWebView *w = NULL;
  g_object_get(o, "web-view", &w, NULL);
  tr_view *v = w ? g_object_get_data(G_OBJECT(w), TR_VIEW_KEY) : NULL;
  if (v) goPrintFailed(v->handle, e->message);
  g_clear_object(&w);
}

static void on_print_response(GtkDialog *d, int response, gpointer unused) {
  (void)unused;
  WebKitPrintOperation *o = g_object_get_data(G_OBJECT(d), printing);
  if (response == GTK_RESPONSE_OK) {
    GtkPrintSettings *s = gtk_print_unix_dialog_get_settings(GTK_PRINT_UNIX_DIALOG(d));
    webkit_print_operation_set_print_settings(o, s);
    g_object_unref(s);
    GtkPageSetup *page = gtk_print_unix_dialog_get_page_setup(GTK_PRINT_UNIX_DIALOG(d));
    webkit_print_operation_set_page_setup(o, page);
    g_signal_connect(o, "failed", G_CALLBACK(on_print_failed), NULL);
    g_signal_connect(g_object_ref(o), "finished", G_CALLBACK(g_object_unref), NULL);
    webkit_print_operation_print(o);
  }
  gtk_widget_destroy(GTK_WIDGET(d));
}

// In a sandbox the desktop's portal prints, which only WebKit's own code asks.
static int portal_prints(void) {
  return g_strcmp0(g_getenv("GTK_USE_PORTAL"), "1") == 0 ||
         g_file_test("/.flatpak-info", G_FILE_TEST_EXISTS);
}

static GtkWidget *print_dialog(tr_view *v);

static gboolean on_print(WebKitWebView *w, WebKitPrintOperation *unused, gpointer data) {
  (void)unused;  // It prints while the page waits for it.
  tr_view *v = data;
  if (portal_prints()) return FALSE;
  if (print_dialog(v)) return TRUE;  // one is open
  GtkWidget *d = gtk_print_unix_dialog_new(NULL, GTK_WINDOW(v->window));
  gtk_print_unix_dialog_set_embed_page_setup(GTK_PRINT_UNIX_DIALOG(d), TRUE);
  gtk_print_unix_dialog_set_manual_capabilities(
      GTK_PRINT_UNIX_DIALOG(d),
      GTK_PRINT_CAPABILITY_NUMBER_UP | GTK_PRINT_CAPABILITY_NUMBER_UP_LAYOUT |
          GTK_PRINT_CAPABILITY_PAGE_SET | GTK_PRINT_CAPABILITY_REVERSE |
          GTK_PRINT_CAPABILITY_COPIES | GTK_PRINT_CAPABILITY_COLLATE | GTK_PRINT_CAPABILITY_SCALE);
  g_object_set_data_full(G_OBJECT(d), printing, webkit_print_operation_new(w), g_object_unref);
  g_signal_connect(d, "response", G_CALLBACK(on_print_response), NULL);
  gtk_widget_show(d);
  return TRUE;
}

void tr_dialogs_connect(tr_view *v) { g_signal_connect(v->view, "print", G_CALLBACK(on_print), v); }

// next_dialog gives a dialog of the view's window, or NULL. What is above it and no dialog may be a
// window of the app.
static GtkWidget *next_dialog(tr_view *v, GType type) {
  GtkWidget *found = NULL;
  GList *all = gtk_window_list_toplevels();
  for (GList *l = all; l && !found; l = l->next)
    if (G_TYPE_CHECK_INSTANCE_TYPE(l->data, type) &&
        gtk_window_get_transient_for(l->data) == GTK_WINDOW(v->window))
      found = l->data;
  g_list_free(all);
  return found;
}

static GtkWidget *print_dialog(tr_view *v) { return next_dialog(v, GTK_TYPE_PRINT_UNIX_DIALOG); }

void tr_dialogs_end(tr_view *v) {
  for (GtkWidget *d; (d = next_dialog(v, GTK_TYPE_DIALOG));) {
    g_object_ref(d);
    // It is not found again, whatever its maker does with the answer.
    gtk_window_set_transient_for(GTK_WINDOW(d), NULL);
    gtk_dialog_response(GTK_DIALOG(d), GTK_RESPONSE_DELETE_EVENT);
    gtk_widget_hide(d);
    g_object_unref(d);
  }
}

int tr_toplevels(void) {
  int n = 0;
  GList *all = gtk_window_list_toplevels();
  for (GList *l = all; l; l = l->next) n += gtk_widget_get_visible(l->data);
  g_list_free(all);
  return n;
}

int tr_dialogs(tr_view *v) { return next_dialog(v, GTK_TYPE_DIALOG) != NULL; }
