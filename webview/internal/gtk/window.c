//go:build linux && cgo

#include <gtk/gtk.h>
#include <string.h>
#include <webkit2/webkit2.h>
#ifdef GDK_WINDOWING_WAYLAND
#include <gdk/gdkwayland.h>
#endif

#include "_cgo_export.h"
#include "types.h"

static int on_wayland(GtkWidget *w) {
#ifdef GDK_WINDOWING_WAYLAND
	return GDK_IS_WAYLAND_DISPLAY(gtk_widget_get_display(w));
#else
	return 0;
#endif
}

void *tr_window_new(const char *title, int width, int height) {
	GtkWidget *w = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	gtk_window_set_title(GTK_WINDOW(w), title);
	gtk_window_set_default_size(GTK_WINDOW(w), width, height);
	return w;
}

void tr_window_place(void *window, int x, int y) { gtk_window_move(GTK_WINDOW(window), x, y); }

void tr_window_parent(void *window, void *parent) {
	gtk_window_set_transient_for(GTK_WINDOW(window), GTK_WINDOW(parent));
}

void tr_window_no_focus(void *window) { gtk_window_set_focus_on_map(GTK_WINDOW(window), FALSE); }

void tr_window_realize(void *window) { gtk_widget_realize(GTK_WIDGET(window)); }

void tr_window_show(void *window) {
	gtk_widget_grab_focus(tr_web_view(window));
	gtk_widget_show_all(window);
}

void tr_window_hide(void *window) { gtk_widget_hide(window); }

void tr_window_close(void *window) { gtk_window_close(GTK_WINDOW(window)); }

void tr_window_destroy(void *window) { gtk_widget_destroy(window); }

void tr_window_title(void *window, const char *title) {
	gtk_window_set_title(GTK_WINDOW(window), title);
}

// On Wayland GTK draws the frame, and a shadow around it, inside of the window. So what a window
// asks for and its bounds count both there, and a frame that comes or goes takes its room from the
// page, or leaves it to the page.

// drawn gives what the window has beside the page.
static void drawn(GtkWindow *w, int *width, int *height) {
	GdkWindow *g = gtk_widget_get_window(GTK_WIDGET(w));
	*width = *height = 0;
	if (!g || !on_wayland(GTK_WIDGET(w))) return;
	gtk_window_get_size(w, width, height);
	*width = gdk_window_get_width(g) - *width;
	*height = gdk_window_get_height(g) - *height;
}

// request_size has a window that is not resizable ask for the page's size, which then is its size.
static void request_size(GtkWindow *w, int width, int height) {
	int more_width, more_height;
	drawn(w, &more_width, &more_height);
	gtk_widget_set_size_request(GTK_WIDGET(w), width + more_width, height + more_height);
}

static const char bounds_key[] = "tailrace-bounds", size_key[] = "tailrace-size";

typedef struct {
	int min_width, min_height, max_width, max_height;
} bounds;

static void apply_bounds(GtkWindow *w) {
	bounds *b = g_object_get_data(G_OBJECT(w), bounds_key);
	int width, height;
	if (!b) return;
	drawn(w, &width, &height);
	GdkGeometry g = {
		.min_width = b->min_width ? b->min_width + width : 0,
		.min_height = b->min_height ? b->min_height + height : 0,
		.max_width = b->max_width ? b->max_width + width : G_MAXINT,
		.max_height = b->max_height ? b->max_height + height : G_MAXINT,
	};
	int hints = 0;
	if (b->min_width || b->min_height) hints |= GDK_HINT_MIN_SIZE;
	if (b->max_width || b->max_height) hints |= GDK_HINT_MAX_SIZE;
	gtk_window_set_geometry_hints(w, NULL, &g, hints);
}

void tr_window_bounds(void *window, int min_width, int min_height, int max_width, int max_height) {
	bounds *b = g_new(bounds, 1);
	*b = (bounds){min_width, min_height, max_width, max_height};
	g_object_set_data_full(window, bounds_key, b, g_free);
	apply_bounds(window);
}

static gboolean restore_size(gpointer window) {
	GdkRectangle *r = g_object_get_data(window, size_key);
	if (r) {
		apply_bounds(window);
		if (!gtk_window_get_resizable(window)) request_size(window, r->width, r->height);
		gtk_window_resize(window, r->width, r->height);
	}
	g_object_set_data(window, size_key, NULL);
	g_object_unref(window);
	return G_SOURCE_REMOVE;
}

static void on_allocate(GtkWidget *page, GdkRectangle *allocation, gpointer window) {
	(void)allocation;
	g_signal_handlers_disconnect_by_func(page, on_allocate, window);
	g_idle_add(restore_size, g_object_ref(window));
}

// keep_size gives the page its size back as soon as it has got another one, on Wayland.
static void keep_size(GtkWindow *w, gboolean on) {
	GtkWidget *page = gtk_bin_get_child(GTK_BIN(w));
	if (!page || !on_wayland(GTK_WIDGET(w))) return;
	GdkWindow *g = gtk_widget_get_window(GTK_WIDGET(w));
	GdkWindowState filling = GDK_WINDOW_STATE_MAXIMIZED | GDK_WINDOW_STATE_FULLSCREEN;
	if (g && gdk_window_get_state(g) & filling) on = FALSE;
	g_signal_handlers_disconnect_by_func(page, on_allocate, w);
	GdkRectangle *r = on ? g_new0(GdkRectangle, 1) : NULL;
	g_object_set_data_full(G_OBJECT(w), size_key, r, g_free);
	if (!r) return;
	gtk_window_get_size(w, &r->width, &r->height);
	g_signal_connect(page, "size-allocate", G_CALLBACK(on_allocate), w);
}

void tr_window_size(void *window, int width, int height) {
	GtkWindow *w = GTK_WINDOW(window);
	if (!gtk_window_get_resizable(w)) request_size(w, width, height);
	keep_size(w, FALSE);
	gtk_window_resize(w, width, height);
}

// drawn_frame gives the window with the frame that GTK draws on Wayland, where the window's own
// place is not known. What GTK calls its position there is the width of the shadow around the
// frame, which does not count.
static void drawn_frame(GtkWidget *w, GdkRectangle *r) {
	int left = 0, top = 0, x = 0, y = 0;
	GtkWidget *page = gtk_bin_get_child(GTK_BIN(w));
	if (gtk_widget_get_mapped(w) && page && gtk_widget_translate_coordinates(page, w, 0, 0, &x, &y))
		gtk_window_get_position(GTK_WINDOW(w), &left, &top);
	int side = MAX(x - left, 0), title = MAX(y - top, 0);
	r->x = r->y = 0;
	r->width += 2 * side;
	r->height += title + side;
}

// outer_rectangle gives the window with its frame. Without a window manager there is no frame.
static void outer_rectangle(GtkWidget *w, GdkRectangle *r) {
	gtk_window_get_position(GTK_WINDOW(w), &r->x, &r->y);
	gtk_window_get_size(GTK_WINDOW(w), &r->width, &r->height);
	GdkWindow *g = gtk_widget_get_window(w);
	if (!g) return;
	if (on_wayland(w)) {
		drawn_frame(w, r);
		return;
	}
	GdkRectangle frame;
	gdk_window_get_frame_extents(g, &frame);
	if (frame.width >= r->width && frame.height >= r->height) {
		r->width = frame.width;
		r->height = frame.height;
	}
}

void tr_window_center(void *window) {
	GdkMonitor *m = tr_monitor_of(window);
	if (!m) return;
	GdkRectangle area, r;
	gdk_monitor_get_workarea(m, &area);
	outer_rectangle(window, &r);
	gtk_window_move(GTK_WINDOW(window), area.x + (area.width - r.width) / 2,
		area.y + (area.height - r.height) / 2);
}

void tr_window_focus(void *window) { gtk_window_present(GTK_WINDOW(window)); }

static void set_resizable(GtkWindow *w, gboolean on) {
	int width, height;
	gtk_window_get_size(w, &width, &height);
	if (!on) request_size(w, width, height);
	gtk_window_set_resizable(w, on);
	if (on) {
		gtk_widget_set_size_request(GTK_WIDGET(w), -1, -1);
		gtk_window_resize(w, width, height);
	}
}

static void set_decorated(GtkWindow *w, gboolean on) {
	if (on != gtk_window_get_decorated(w)) keep_size(w, TRUE);
	gtk_window_set_decorated(w, on);
}

static void set_ignored(GtkWidget *w, gboolean on) {
	cairo_region_t *nothing = on ? cairo_region_create() : NULL;
	gtk_widget_input_shape_combine_region(w, nothing);
	if (nothing) cairo_region_destroy(nothing);
}

// What a hidden window is to be when it is shown. On X11 the window manager takes the state of a
// window that was hidden off it whenever it gets to that, and GDK then believes that the window is
// nothing of it, whatever was asked for meanwhile. GTK itself keeps it, where it can't be read.
static const char hidden_key[] = "tailrace-hidden";

static GdkWindowState gdk_state(void *window) {
	GdkWindow *g = gtk_widget_get_window(window);
	return g ? gdk_window_get_state(g) : 0;
}

static GdkWindowState window_state(void *window) {
	GdkWindowState hidden = GPOINTER_TO_UINT(g_object_get_data(window, hidden_key));
	return hidden ? hidden : gdk_state(window);
}

static void keep_state(void *window, GdkWindowState state) {
	state |= GDK_WINDOW_STATE_WITHDRAWN; // never 0, which stands for no state
	g_object_set_data(window, hidden_key, GUINT_TO_POINTER(state));
}

static void on_unmap(GtkWidget *w, gpointer data) {
	(void)data;
	keep_state(w, gdk_state(w));
}

static void on_map(GtkWidget *w, gpointer data) {
	(void)data;
	g_object_set_data(G_OBJECT(w), hidden_key, NULL);
}

// keep_wish notes what a call of GTK's has made of a hidden window.
static void keep_wish(void *window, unsigned flag, int on) {
	GdkWindowState hidden = GPOINTER_TO_UINT(g_object_get_data(window, hidden_key)), changed = 0;
	if (flag == TR_MINIMIZED) changed = GDK_WINDOW_STATE_ICONIFIED;
	if (flag == TR_MAXIMIZED) changed = GDK_WINDOW_STATE_MAXIMIZED;
	if (flag == TR_FULLSCREEN) changed = GDK_WINDOW_STATE_FULLSCREEN;
	if (flag == TR_ABOVE || (flag == TR_BELOW && on)) changed = GDK_WINDOW_STATE_ABOVE;
	if (hidden) keep_state(window, (hidden & ~changed) | (gdk_state(window) & changed));
}

void tr_window_set(void *window, unsigned flag, int on) {
	GtkWindow *w = GTK_WINDOW(window);
	switch (flag) {
	case TR_VISIBLE:
		if (on)
			tr_window_show(window);
		else
			gtk_widget_hide(window);
		break;
	case TR_MINIMIZED: on ? gtk_window_iconify(w) : gtk_window_deiconify(w); break;
	case TR_MAXIMIZED: on ? gtk_window_maximize(w) : gtk_window_unmaximize(w); break;
	case TR_FULLSCREEN: on ? gtk_window_fullscreen(w) : gtk_window_unfullscreen(w); break;
	case TR_RESIZABLE: set_resizable(w, on); break;
	case TR_DECORATED: set_decorated(w, on); break;
	case TR_CLOSABLE: gtk_window_set_deletable(w, on); break;
	case TR_ENABLED: gtk_widget_set_sensitive(window, on); break;
	case TR_FOCUSABLE: gtk_window_set_accept_focus(w, on); break;
	case TR_ABOVE: gtk_window_set_keep_above(w, on); break;
	case TR_BELOW: gtk_window_set_keep_below(w, on); break;
	case TR_SKIP_TASKBAR: gtk_window_set_skip_taskbar_hint(w, on); break;
	case TR_STICKY: on ? gtk_window_stick(w) : gtk_window_unstick(w); break;
	case TR_URGENT: gtk_window_set_urgency_hint(w, on); break;
	case TR_IGNORED: set_ignored(window, on); break;
	}
	keep_wish(window, flag, on);
}

static unsigned when(gboolean on, unsigned flag) { return on ? flag : 0; }

void tr_window_state(void *window, tr_state *s) {
	GtkWindow *w = GTK_WINDOW(window);
	GdkWindow *g = gtk_widget_get_window(window);
	GdkWindowState state = window_state(window);
	s->title = gtk_window_get_title(w);
	s->flags = when(gtk_widget_get_visible(window), TR_VISIBLE) |
		when(gtk_window_is_active(w), TR_FOCUSED) |
		when(state & GDK_WINDOW_STATE_ICONIFIED, TR_MINIMIZED) |
		when(state & GDK_WINDOW_STATE_MAXIMIZED, TR_MAXIMIZED) |
		when(state & GDK_WINDOW_STATE_FULLSCREEN, TR_FULLSCREEN) |
		when(state & GDK_WINDOW_STATE_ABOVE, TR_ABOVE) |
		when(gtk_window_get_resizable(w), TR_RESIZABLE) |
		when(gtk_window_get_decorated(w), TR_DECORATED) |
		when(gtk_window_get_deletable(w), TR_CLOSABLE) |
		when(gtk_widget_get_sensitive(window), TR_ENABLED) | when(tr_is_dark(), TR_DARK);
	GdkRectangle r;
	outer_rectangle(window, &r);
	s->x = s->inner_x = r.x;
	s->y = s->inner_y = r.y;
	s->outer_width = r.width;
	s->outer_height = r.height;
	gtk_window_get_size(w, &s->width, &s->height);
	if (on_wayland(window)) { // as seen from the frame
		s->inner_x = (r.width - s->width) / 2;
		s->inner_y = r.height - s->height - s->inner_x;
	} else if (g) {
		gdk_window_get_origin(g, &s->inner_x, &s->inner_y);
	}
	s->scale = gtk_widget_get_scale_factor(window);
}

// What the window tells of itself.

static gboolean on_delete(GtkWidget *w, GdkEvent *e, gpointer data) {
	(void)w;
	(void)e;
	goCloseAsked(((tr_view *)data)->handle);
	return TRUE; // The Go side destroys it from the queue, not inside this signal.
}

static gboolean on_configure(GtkWidget *w, GdkEvent *e, gpointer data) {
	(void)e;
	(void)w;
	goChanged(((tr_view *)data)->handle);
	return FALSE;
}

static gboolean on_focus(GtkWidget *w, GdkEvent *e, gpointer data) {
	(void)w;
	if (!e->focus_change.in) ((tr_view *)data)->pressed = 0;
	goFocused(((tr_view *)data)->handle, e->focus_change.in);
	return FALSE;
}

// Who takes the pointer meanwhile gets the button's release. So a button counts once, and not
// beyond the window's focus.
static gboolean on_button(GtkWidget *page, GdkEvent *e, gpointer data) {
	(void)page;
	tr_view *v = data;
	if (e->type == GDK_BUTTON_RELEASE) v->pressed = 0;
	if (e->type != GDK_BUTTON_PRESS) return FALSE;
	v->pressed = e->button.button;
	v->pressed_at = e->button.time;
	v->pressed_x = (int)e->button.x_root;
	v->pressed_y = (int)e->button.y_root;
	return FALSE;
}

static void on_property(GObject *o, GParamSpec *p, gpointer data) {
	(void)o;
	(void)p;
	goChanged(((tr_view *)data)->handle);
}

void tr_window_connect(tr_view *v) {
	g_signal_connect(v->view, "button-press-event", G_CALLBACK(on_button), v);
	g_signal_connect(v->view, "button-release-event", G_CALLBACK(on_button), v);
	g_signal_connect(v->window, "delete-event", G_CALLBACK(on_delete), v);
	g_signal_connect(v->window, "configure-event", G_CALLBACK(on_configure), v);
	g_signal_connect(v->window, "focus-in-event", G_CALLBACK(on_focus), v);
	g_signal_connect(v->window, "focus-out-event", G_CALLBACK(on_focus), v);
	g_signal_connect(v->window, "notify::scale-factor", G_CALLBACK(on_property), v);
	g_signal_connect(v->window, "map", G_CALLBACK(on_map), v);
	g_signal_connect(v->window, "unmap", G_CALLBACK(on_unmap), v);
	GtkSettings *s = gtk_settings_get_default();
	g_signal_connect(s, "notify::gtk-application-prefer-dark-theme", G_CALLBACK(on_property), v);
	g_signal_connect(s, "notify::gtk-theme-name", G_CALLBACK(on_property), v);
}

void tr_window_disconnect(tr_view *v) {
	g_signal_handlers_disconnect_by_data(v->window, v);
	g_signal_handlers_disconnect_by_func(v->view, on_button, v);
	g_signal_handlers_disconnect_by_data(gtk_settings_get_default(), v);
}
