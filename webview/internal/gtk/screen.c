//go:build linux && cgo

#include <gtk/gtk.h>

#include "types.h"

// What windows have of the desktop: monitors, the pointer, the theme.

GdkMonitor *tr_monitor_of(void *window) {
	GdkDisplay *d = gtk_widget_get_display(window);
	GdkWindow *g = gtk_widget_get_window(window);
	GdkMonitor *m =
		g ? gdk_display_get_monitor_at_window(d, g) : gdk_display_get_primary_monitor(d);
	return m ? m : gdk_display_get_monitor(d, 0);
}

static void copy_rectangle(tr_rectangle *to, const GdkRectangle *from) {
	*to = (tr_rectangle){from->x, from->y, from->width, from->height};
}

int tr_monitors(void *window, tr_monitor *list, int capacity) {
	GdkDisplay *d = gdk_display_get_default();
	int n = MIN(gdk_display_get_n_monitors(d), capacity);
	GdkMonitor *primary = gdk_display_get_primary_monitor(d);
	GdkMonitor *current = window ? tr_monitor_of(window) : NULL;
	for (int i = 0; i < n; i++) {
		GdkMonitor *m = gdk_display_get_monitor(d, i);
		GdkRectangle r;
		list[i].name = gdk_monitor_get_model(m);
		gdk_monitor_get_geometry(m, &r);
		copy_rectangle(&list[i].area, &r);
		gdk_monitor_get_workarea(m, &r);
		copy_rectangle(&list[i].work, &r);
		list[i].scale = gdk_monitor_get_scale_factor(m);
		list[i].primary = m == primary || (!primary && i == 0);
		list[i].current = m == current;
	}
	return n;
}

// pointer gives NULL where there is none.
static GdkDevice *pointer(void) {
	GdkSeat *seat = gdk_display_get_default_seat(gdk_display_get_default());
	return seat ? gdk_seat_get_pointer(seat) : NULL;
}

void tr_pointer(int *x, int *y) {
	GdkDevice *p = pointer();
	*x = *y = 0;
	if (p) gdk_device_get_position(p, NULL, x, y);
}

void tr_set_pointer(void *window, int x, int y) {
	int left = 0, top = 0;
	GdkWindow *g = gtk_widget_get_window(window);
	GdkDevice *p = pointer();
	if (g) gdk_window_get_origin(g, &left, &top);
	if (p) gdk_device_warp(p, gtk_widget_get_screen(window), left + x, top + y);
}

int tr_window_drag(tr_view *v, int edge) {
	if (!v->pressed) return 0;
	GtkWindow *w = GTK_WINDOW(v->window);
	if (edge < 0)
		gtk_window_begin_move_drag(w, v->pressed, v->pressed_x, v->pressed_y, v->pressed_at);
	else
		gtk_window_begin_resize_drag(
			w, (GdkWindowEdge)edge, v->pressed, v->pressed_x, v->pressed_y, v->pressed_at);
	v->pressed = 0;
	return 1;
}

int tr_is_dark(void) {
	GtkSettings *s = gtk_settings_get_default();
	gboolean dark = FALSE;
	char *name = NULL;
	g_object_get(s, "gtk-application-prefer-dark-theme", &dark, "gtk-theme-name", &name, NULL);
	if (name && (g_str_has_suffix(name, "-dark") || g_str_has_suffix(name, "-Dark"))) dark = TRUE;
	g_free(name);
	return dark;
}

void tr_set_dark(int dark) {
	GtkSettings *s = gtk_settings_get_default();
	gboolean is = FALSE;
	g_object_get(s, "gtk-application-prefer-dark-theme", &is, NULL);
	// GTK would read its whole theme again.
	if (!is != !dark) g_object_set(s, "gtk-application-prefer-dark-theme", dark, NULL);
}

void tr_reset_dark(void) {
	gtk_settings_reset_property(gtk_settings_get_default(), "gtk-application-prefer-dark-theme");
}
