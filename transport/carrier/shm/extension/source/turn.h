/*
 * The bell on the main loop. It goes before WebKit's own sources: a bell that
 * waits behind painting is late. But it may ring again as soon as it has been
 * answered, and sources of a lower priority would then never run. So after
 * TURN_MOST of bells that follow each other at once, it stands back until the
 * loop has nothing else to do, or for REST_MOST.
 */
#ifndef TAILRACE_TURN_H
#define TAILRACE_TURN_H

#include <glib.h>
#include <stdbool.h>

struct turn {
	int fd;
	bool (*ring)(void *);
	void *data;
	guint source, idle, timeout; /* either the source, or the other two */
	gint64 began, ended;         /* of the bells that follow each other, in microseconds */
};

/* ring(data) is called each time fd is readable, until turn_end. It says whether t is still there,
 * and has not been ended. */
void turn_start(struct turn *t, int fd, bool (*ring)(void *), void *data);
/* May be called inside ring. */
void turn_end(struct turn *t);

#endif
