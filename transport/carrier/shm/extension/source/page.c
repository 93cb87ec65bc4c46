#include "page.h"

#include <glib-unix.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "turn.h"

struct page {
	unsigned references;
	bool ended;

	struct link *link; /* as long as it is there, its descriptors are watched */
	guint control_source;
	struct turn turn; /* of the bell */
	/* The session of the newest offer, whether a link came of it or not. */
	char offered[TOKEN_MAX + 1];

	/* The document that waits for an offer, or has attached. While it is here, all three are
	 * protected or retained. */
	JSGlobalContextRef context;
	JSObjectRef functions, bell;
	bool attached;
	char awaited[TOKEN_MAX + 1];
};

struct page *page_new(void) {
	struct page *p = calloc(1, sizeof *p);
	return p ? page_retain(p) : NULL;
}

struct page *page_retain(struct page *p) {
	p->references++;
	return p;
}

void page_release(struct page *p) {
	if (--p->references == 0) free(p);
}

/* Gives the document back to the garbage collector. */
static void forget_document(struct page *p) {
	JSGlobalContextRef context = p->context;
	JSObjectRef functions = p->functions, bell = p->bell;
	p->context = NULL;
	p->functions = p->bell = NULL;
	p->attached = false;
	if (!context) return;
	JSValueUnprotect(context, bell);
	JSValueUnprotect(context, functions);
	JSGlobalContextRelease(context);
}

static void remember_document(
	struct page *p, JSContextRef context, JSObjectRef functions, JSObjectRef bell) {
	JSGlobalContextRef global = JSGlobalContextRetain(JSContextGetGlobalContext(context));
	JSValueProtect(global, functions);
	JSValueProtect(global, bell);
	forget_document(p);
	p->context = global;
	p->functions = functions;
	p->bell = bell;
}

static void end_link(struct page *p) {
	struct link *l = p->link;
	if (!l) return;
	p->link = NULL;
	turn_end(&p->turn);
	g_source_remove(p->control_source);
	link_close(l);
}

void page_leave(struct page *p) {
	end_link(p);
	forget_document(p);
}

void page_end(struct page *p) {
	page_leave(p);
	p->ended = true;
	page_release(p);
}

/* Calls the bell. What it throws is the document's own affair; afterwards p may have another
 * document, or another link. */
static void ring_document(struct page *p) {
	if (!p->context) return;
	JSGlobalContextRef context = JSGlobalContextRetain(p->context);
	JSObjectRef bell = p->bell;
	JSValueProtect(context, bell);
	/* A document whose link has ended may attach again in its bell: forget it first. */
	if (!p->link) forget_document(p);
	JSObjectCallAsFunction(context, bell, NULL, 0, NULL, NULL);
	JSValueUnprotect(context, bell);
	JSGlobalContextRelease(context);
}

/* A descriptor of the link is readable, or the other side is gone. */
static bool wake(struct page *p, bool bell) {
	bool alive = link_wake(p->link, bell);
	if (!alive) end_link(p);
	if (p->attached && (bell || !alive)) ring_document(p);
	return alive;
}

static bool on_bell(void *data) {
	struct page *p = page_retain(data);
	struct link *l = p->link;
	bool same = wake(p, true) && p->link == l;
	page_release(p);
	return same;
}

static gboolean on_control(gint fd, GIOCondition condition, gpointer data) {
	(void)fd, (void)condition;
	struct page *p = page_retain(data);
	bool alive = wake(p, false);
	page_release(p);
	return alive ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void attach(struct page *p) {
	p->attached = true;
	link_attached(p->link);
}

void page_offer(struct page *p, const char *token, const int fds[FD_COUNT]) {
	end_link(p);
	if (p->attached) forget_document(p);
	strncpy(p->offered, token, TOKEN_MAX);
	p->link = link_open(fds);
	if (p->link) {
		turn_start(&p->turn, p->link->bell, on_bell, p);
		p->control_source = g_unix_fd_add_full(
			G_PRIORITY_HIGH, p->link->control, G_IO_IN | G_IO_HUP | G_IO_ERR, on_control, p, NULL);
	}
	if (!p->context || strcmp(p->awaited, p->offered) != 0) return;
	if (p->link) attach(p);
	ring_document(p);
}

int64_t page_attach(struct page *p, JSContextRef context, JSObjectRef functions, const char *token,
	JSObjectRef bell) {
	if (p->ended) return GONE;
	bool offered = strcmp(p->offered, token) == 0;
	if (offered && (!p->link || (p->attached && p->functions != functions))) return GONE;
	if (p->attached && !offered) page_leave(p);
	bool again = p->attached;
	remember_document(p, context, functions, bell);
	strncpy(p->awaited, token, TOKEN_MAX);
	if (!offered) return 0;
	if (again)
		p->attached = true;
	else
		attach(p);
	return 1;
}

void page_detach(struct page *p, JSObjectRef functions) {
	if (p->functions != functions) return;
	if (p->attached) end_link(p);
	forget_document(p);
}

struct link *page_link(struct page *p, JSObjectRef functions) {
	return p->attached && p->functions == functions ? p->link : NULL;
}
