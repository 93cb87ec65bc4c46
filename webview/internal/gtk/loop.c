//go:build linux && cgo

#define _GNU_SOURCE // gettid
#include "gtk.h"

#include <gtk/gtk.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "_cgo_export.h"

// The queue to the main thread. One source with a ready time serves it: waking
// costs no allocation, and many pushes make one wake-up. (Not g_idle_add per
// push, which allocates a source each; not webview_dispatch, which runs at a
// priority that starves painting.)
typedef struct item {
	struct item *next;
	void (*run)(void *);
	void *data;
} item;

static GMutex lock; // guards head, tail
static item *head, *tail;
static GSource *source;

// Items that run in one dispatch, before other sources get their turn.
enum { ITEMS_A_TURN = 64 };

static item *pop(void) {
	g_mutex_lock(&lock);
	item *i = head;
	if (i) {
		head = i->next;
		if (!head) tail = NULL;
	}
	g_mutex_unlock(&lock);
	return i;
}

static gboolean dispatch(GSource *s, GSourceFunc f, gpointer d) {
	(void)f;
	(void)d;
	// First the ready time, then the items: a push that finds the queue empty
	// after this sets it again, so that none is left behind.
	g_source_set_ready_time(s, -1);
	for (int n = 0; n < ITEMS_A_TURN; n++) {
		item *i = pop();
		if (!i) return G_SOURCE_CONTINUE;
		void (*run)(void *) = i->run;
		void *data = i->data;
		g_free(i);
		run(data);
	}
	g_source_set_ready_time(s, 0);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs funcs = {NULL, NULL, dispatch, NULL, NULL, NULL};

static GSource *queue_source(void) {
	static gsize once;
	if (g_once_init_enter(&once)) {
		GSource *s = g_source_new(&funcs, sizeof(GSource));
		g_source_set_priority(s, G_PRIORITY_DEFAULT);
		// A nested loop inside an item (a dialog, webview_go's Destroy) serves the
		// items behind it.
		g_source_set_can_recurse(s, TRUE);
		g_source_attach(s, NULL);
		source = s;
		g_once_init_leave(&once, 1);
	}
	return source;
}

void tr_push(void (*run)(void *), void *data) {
	item *i = g_new(item, 1);
	i->next = NULL;
	i->run = run;
	i->data = data;
	g_mutex_lock(&lock);
	gboolean first = head == NULL;
	if (tail)
		tail->next = i;
	else
		head = i;
	tail = i;
	g_mutex_unlock(&lock);
	if (first) g_source_set_ready_time(queue_source(), 0);
}

static void run_tasks(void *unused) {
	(void)unused;
	goTasks(FALSE);
}

void tr_wake(void) { tr_push(run_tasks, NULL); }

static gboolean run_tasks_rested(gpointer unused) {
	(void)unused;
	goTasks(TRUE);
	return G_SOURCE_REMOVE;
}

void tr_wake_later(unsigned ms) {
	g_timeout_add_full(G_PRIORITY_DEFAULT, ms, run_tasks_rested, NULL, NULL);
}

static gboolean run_idled(gpointer unused) {
	(void)unused;
	goIdled();
	return G_SOURCE_REMOVE;
}

// GTK lays out and draws at higher priorities, and events come before these.
void tr_idle(void) { g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, run_idled, NULL, NULL); }

static gboolean run_later(gpointer handle) {
	goLater((uintptr_t)handle);
	return G_SOURCE_REMOVE;
}

void tr_later(uintptr_t handle) {
	g_idle_add_full(G_PRIORITY_LOW, run_later, (gpointer)handle, NULL);
}

int tr_is_navigation_timer(unsigned number) {
	GSource *s = g_main_context_find_source_by_id(NULL, number);
	const char *name = s ? g_source_get_name(s) : NULL;
	return name && strstr(name, "ProcessThrottlerTimedActivity");
}

// GLib lists no sources. They are numbered in the order in which they came.
unsigned tr_next_number(void) {
	GSource *last = g_idle_source_new();
	unsigned number = g_source_attach(last, NULL);
	g_source_destroy(last);
	g_source_unref(last);
	return number;
}

// It was the last source in all that was seen, except for what the app loads.
unsigned tr_navigation_timer(void) {
	enum { NEAR = 16 };
	static unsigned before;
	unsigned next = tr_next_number(), n = next - 1;
	while (n != before && next - n <= NEAR && !tr_is_navigation_timer(n))
		n--;
	unsigned found = n != before && next - n <= NEAR ? n : 0;
	before = next;
	return found;
}

int tr_on_main(void) {
	static __thread int main_thread; // 0: not asked yet; 1: yes; -1: no
	if (!main_thread) main_thread = getpid() == gettid() ? 1 : -1;
	return main_thread == 1;
}

int tr_init(void) { return gtk_init_check(NULL, NULL); }

void tr_main(void) { gtk_main(); }

void tr_main_quit(void) {
	if (gtk_main_level() > 0) gtk_main_quit();
}

void tr_turn(void) { g_main_context_iteration(NULL, TRUE); }

int tr_iterate(void) { return g_main_context_iteration(NULL, FALSE); }

void tr_lower(int tid) {
	int policy = sched_getscheduler(tid);
	if (policy < 0) return;
	policy &= ~SCHED_RESET_ON_FORK;
	if (policy != SCHED_RR && policy != SCHED_FIFO) return;
	struct sched_param p = {.sched_priority = 0};
	sched_setscheduler(tid, SCHED_OTHER, &p);
}
