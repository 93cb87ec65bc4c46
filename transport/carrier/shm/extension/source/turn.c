#include "turn.h"

#include <glib-unix.h>

/* Microseconds. TURN_MOST is half a frame, as long as the page's own turn; at least a third of the
 * time is left to others. */
#define TURN_MOST 8000
#define REST_MOST 4000

/* What begins later than this after the end of the bell before it has left the loop time for
 * others. */
#define GAP_LEAST 100

static gboolean readable(gint fd, GIOCondition condition, gpointer data);

static void clear(guint *source) {
	if (*source) g_source_remove(*source);
	*source = 0;
}

static void listen(struct turn *t) {
	t->source = g_unix_fd_add_full(
		G_PRIORITY_HIGH, t->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, readable, t, NULL);
}

static gboolean rested(gpointer data) {
	struct turn *t = data;
	clear(&t->idle);
	clear(&t->timeout);
	t->began = t->ended = 0;
	listen(t);
	return G_SOURCE_REMOVE;
}

static void rest(struct turn *t) {
	clear(&t->source);
	t->idle = g_idle_add_full(G_PRIORITY_LOW, rested, t, NULL);
	t->timeout = g_timeout_add_full(G_PRIORITY_HIGH, REST_MOST / 1000, rested, t, NULL);
}

static gboolean readable(gint fd, GIOCondition condition, gpointer data) {
	(void)fd, (void)condition;
	struct turn *t = data;
	gint64 now = g_get_monotonic_time();
	if (now - t->ended >= GAP_LEAST) t->began = now;
	if (!t->ring(t->data)) return G_SOURCE_REMOVE;
	t->ended = g_get_monotonic_time();
	if (t->ended - t->began < TURN_MOST) return G_SOURCE_CONTINUE;
	rest(t);
	return G_SOURCE_REMOVE;
}

void turn_start(struct turn *t, int fd, bool (*ring)(void *), void *data) {
	*t = (struct turn){.fd = fd, .ring = ring, .data = data};
	listen(t);
}

void turn_end(struct turn *t) {
	clear(&t->source);
	clear(&t->idle);
	clear(&t->timeout);
}
