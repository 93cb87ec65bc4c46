//go:build linux && cgo

#include <gtk/gtk.h>
#include <gtk/gtkunixprint.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// Dialogs end with their window. Those that WebKit draws into its view do so by themselves, and so
// do its menus. Two are windows of their own: the file chooser, which WebKit forgets, and the one
// for printing, which WebKit runs by a nested loop, so that neither the window's end nor that of
// the program's loop gets through. That one is made here, without such a loop.

// What a text may have at most, in bytes: watch.js has cut it before.
enum { LONGEST = 1 << 15 };

static int kind_of(WebKitScriptDialog *d) {
	switch (webkit_script_dialog_get_dialog_type(d)) {
	case WEBKIT_SCRIPT_DIALOG_ALERT: return TR_ALERT;
	case WEBKIT_SCRIPT_DIALOG_CONFIRM: return TR_CONFIRM;
	case WEBKIT_SCRIPT_DIALOG_PROMPT: return TR_PROMPT;
	default: return TR_BEFORE_UNLOAD;
	}
}

static void settle(WebKitScriptDialog *d, int accept, const char *text) {
	switch (kind_of(d)) {
	case TR_CONFIRM:
	case TR_BEFORE_UNLOAD: webkit_script_dialog_confirm_set_confirmed(d, accept); break;
	case TR_PROMPT:
		if (accept) webkit_script_dialog_prompt_set_text(d, text ? text : "");
	}
}

static int too_long(const char *s) { return s && strnlen(s, LONGEST + 1) > LONGEST; }

// decide says what becomes of a dialog.
static int decide(tr_view *v, WebKitScriptDialog *d, int kind) {
	const char *message = webkit_script_dialog_get_message(d), *text = NULL;
	if (kind == TR_PROMPT) text = webkit_script_dialog_prompt_get_default_text(d);
	if (tr_announced(v, kind) && !too_long(message) && !too_long(text))
		return goDialog(v->handle, kind, (char *)message, (char *)text, v->question);
	goDialogRefused(v->handle, kind);
	// No frame keeps the page that is there.
	return kind == TR_BEFORE_UNLOAD ? TR_DIALOG_ACCEPT : TR_DIALOG_REFUSE;
}

typedef struct {
	WebKitWebView *view; // a reference
	int64_t question;
} late;

static gboolean decide_late(gpointer data) {
	late *l = data;
	tr_view *v = g_object_get_data(G_OBJECT(l->view), TR_VIEW_KEY);
	if (v && v->asked && v->question == l->question) {
		int action = decide(v, v->asked, kind_of(v->asked));
		if (action != TR_DIALOG_HOLD) tr_dialog_answer(v, l->question, action, NULL);
	}
	g_object_unref(l->view);
	g_free(l);
	return G_SOURCE_REMOVE;
}

// WebKit ends a dialog that nobody has kept.
static gboolean on_script_dialog(WebKitWebView *w, WebKitScriptDialog *d, gpointer data) {
	tr_view *v = data;
	if (v->left) return FALSE; // on_last_dialog
	int kind = kind_of(d), action = TR_DIALOG_HOLD;
	v->question++;
	if (kind == TR_BEFORE_UNLOAD) {
		// WebKit sends alerts, confirms and prompts in their order, and this one may overtake what
		// announces it. That has come then, and waits.
		late *l = g_new(late, 1);
		*l = (late){g_object_ref(w), v->question};
		g_idle_add_full(TR_BEHIND_MESSAGES, decide_late, l, NULL);
	} else {
		action = decide(v, d, kind);
	}
	if (action == TR_DIALOG_SHOW) return FALSE;
	if (action == TR_DIALOG_HOLD) {
		tr_asked_end(v);
		v->asked = webkit_script_dialog_ref(d);
	}
	return TRUE;
}

void tr_asked_end(tr_view *v) {
	WebKitScriptDialog *d = v->asked;
	v->asked = NULL;
	if (!d) return;
	webkit_script_dialog_close(d);
	webkit_script_dialog_unref(d);
}

void tr_dialog_answer(tr_view *v, int64_t question, int action, const char *text) {
	if (!v->asked || v->question != question) return;
	if (action == TR_DIALOG_SHOW) {
		// As WebKit itself does for a signal that nobody takes. It keeps the dialog.
		WEBKIT_WEB_VIEW_GET_CLASS(v->view)->script_dialog(v->view, v->asked);
		webkit_script_dialog_unref(g_steal_pointer(&v->asked));
		return;
	}
	settle(v->asked, action == TR_DIALOG_ACCEPT, text);
	tr_asked_end(v);
}

static const char printing[] = "tailrace-print"; // the WebKitPrintOperation of a dialog

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

// A frame of any origin may get here, and so does execCommand. What our pages print comes by
// watch.js, and does not make them wait.
static gboolean on_print(WebKitWebView *w, WebKitPrintOperation *unused, gpointer data) {
	(void)w;
	(void)unused;
	goDialogRefused(((tr_view *)data)->handle, TR_PRINT);
	return TRUE;
}

void tr_print(tr_view *v) {
	if (portal_prints()) {
		WebKitPrintOperation *o = webkit_print_operation_new(v->view);
		webkit_print_operation_run_dialog(o, GTK_WINDOW(v->window));
		g_object_unref(o);
		return;
	}
	if (print_dialog(v)) return; // one is open
	GtkWidget *d = gtk_print_unix_dialog_new(NULL, GTK_WINDOW(v->window));
	gtk_print_unix_dialog_set_embed_page_setup(GTK_PRINT_UNIX_DIALOG(d), TRUE);
	gtk_print_unix_dialog_set_manual_capabilities(GTK_PRINT_UNIX_DIALOG(d),
		GTK_PRINT_CAPABILITY_NUMBER_UP | GTK_PRINT_CAPABILITY_NUMBER_UP_LAYOUT |
			GTK_PRINT_CAPABILITY_PAGE_SET | GTK_PRINT_CAPABILITY_REVERSE |
			GTK_PRINT_CAPABILITY_COPIES | GTK_PRINT_CAPABILITY_COLLATE |
			GTK_PRINT_CAPABILITY_SCALE);
	g_object_set_data_full(
		G_OBJECT(d), printing, webkit_print_operation_new(v->view), g_object_unref);
	g_signal_connect(d, "response", G_CALLBACK(on_print_response), NULL);
	gtk_widget_show(d);
}

void tr_dialogs_connect(tr_view *v) {
	g_signal_connect(v->view, "script-dialog", G_CALLBACK(on_script_dialog), v);
	g_signal_connect(v->view, "print", G_CALLBACK(on_print), v);
}

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
	if (v->asked) settle(v->asked, kind_of(v->asked) == TR_BEFORE_UNLOAD, NULL);
	tr_asked_end(v);
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
	for (GList *l = all; l; l = l->next)
		n += gtk_widget_get_visible(l->data);
	g_list_free(all);
	return n;
}

int tr_dialogs(tr_view *v) { return next_dialog(v, GTK_TYPE_DIALOG) != NULL; }

static void count(GtkWidget *w, gpointer n) {
	if (gtk_widget_get_visible(w)) ++*(int *)n;
}

int tr_shows_dialog(tr_view *v) {
	int n = 0;
	gtk_container_forall(GTK_CONTAINER(v->view), count, &n);
	return n > 0;
}

static void highest(GtkWidget *w, gpointer height) {
	int wants = 0;
	if (gtk_widget_get_visible(w)) gtk_widget_get_preferred_height(w, NULL, &wants);
	if (wants > *(int *)height) *(int *)height = wants;
}

int tr_dialog_height(tr_view *v) {
	int height = 0;
	gtk_container_forall(GTK_CONTAINER(v->view), highest, &height);
	return height;
}
