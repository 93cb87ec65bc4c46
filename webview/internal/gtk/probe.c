//go:build linux && cgo

#include <gtk/gtk.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "types.h"

// What a user, a window manager or a program would do. For tests.

void tr_window_iconified(void *window, int on) {
	GdkWindow *g = gtk_widget_get_window(window);
	GdkAtom state = gdk_atom_intern_static_string("_NET_WM_STATE");
	GdkAtom hidden = gdk_atom_intern_static_string("_NET_WM_STATE_HIDDEN");
	if (on)
		gdk_property_change(g, state, gdk_atom_intern_static_string("ATOM"), 32,
			GDK_PROP_MODE_REPLACE, (guchar *)&hidden, 1);
	else
		gdk_property_delete(g, state);
}

void tr_window_blur(void *window) {
	GdkEvent *e = gdk_event_new(GDK_FOCUS_CHANGE);
	e->focus_change.window = g_object_ref(gtk_widget_get_window(window));
	gtk_main_do_event(e);
	gdk_event_free(e);
}

static gboolean on_program_destroys(gpointer window) {
	gtk_widget_destroy(window);
	return FALSE;
}

void tr_program_destroys(void *window, const char *signal) {
	static const char of_view[] = "view ";
	void *o = window;
	if (g_str_has_prefix(signal, of_view)) {
		o = tr_web_view(window);
		signal += strlen(of_view);
	}
	g_signal_connect_swapped(o, signal, G_CALLBACK(on_program_destroys), window);
}

void tr_view_button(tr_view *v, int x, int y, int button, int pressed) {
	GdkEvent *e = gdk_event_new(pressed ? GDK_BUTTON_PRESS : GDK_BUTTON_RELEASE);
	e->button.window = g_object_ref(gtk_widget_get_window(GTK_WIDGET(v->view)));
	e->button.time = (guint32)(g_get_monotonic_time() / 1000);
	e->button.x = x;
	e->button.y = y;
	e->button.button = button;
	e->button.state = pressed ? 0 : GDK_BUTTON1_MASK << (button - 1);
	GdkDisplay *display = gtk_widget_get_display(GTK_WIDGET(v->view));
	gdk_event_set_device(e, gdk_seat_get_pointer(gdk_display_get_default_seat(display)));
	gtk_main_do_event(e);
	gdk_event_free(e);
}

void tr_view_click(tr_view *v, int x, int y, int button) {
	tr_view_button(v, x, y, button, 1);
	tr_view_button(v, x, y, button, 0);
}

void tr_view_key(tr_view *v, unsigned value) {
	GdkDisplay *display = gtk_widget_get_display(GTK_WIDGET(v->view));
	GdkKeymapKey *keys = NULL;
	gint n = 0;
	if (!gdk_keymap_get_entries_for_keyval(gdk_keymap_get_for_display(display), value, &keys, &n))
		return;
	for (int pressed = 1; pressed >= 0; pressed--) {
		GdkEvent *e = gdk_event_new(pressed ? GDK_KEY_PRESS : GDK_KEY_RELEASE);
		e->key.window = g_object_ref(gtk_widget_get_window(v->window));
		e->key.time = (guint32)(g_get_monotonic_time() / 1000);
		e->key.keyval = value;
		e->key.hardware_keycode = (guint16)keys[0].keycode;
		gdk_event_set_device(e, gdk_seat_get_keyboard(gdk_display_get_default_seat(display)));
		gtk_main_do_event(e);
		gdk_event_free(e);
	}
	g_free(keys);
}
