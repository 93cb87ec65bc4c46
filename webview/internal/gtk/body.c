//go:build linux && cgo

#include <glib.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// WebKit resolves the blobs of a request's body while it makes the stream. Their registry is in
// another process, so it follows a null pointer (seen with 2.50), and any page could end the
// program by a fetch with a Blob. Nothing tells such a body from one of bytes before. So that one
// call is guarded on this thread: a fault in it gives no body. What WebKit had of its copy of the
// body is lost then: a few hundred bytes, and what stood before the blob.

static sigjmp_buf back;
static volatile sig_atomic_t guarded;
static pthread_t guarded_thread;
static struct sigaction before;

static void on_fault(int sig, siginfo_t *info, void *context) {
	// A fault, not a signal that somebody sent.
	if (guarded && info->si_code > 0 && pthread_equal(pthread_self(), guarded_thread))
		siglongjmp(back, 1);
	if (before.sa_flags & SA_SIGINFO) // of another thread, Go's or not
		before.sa_sigaction(sig, info, context);
	else if (before.sa_handler != SIG_IGN && before.sa_handler != SIG_DFL)
		before.sa_handler(sig);
	else
		signal(sig, SIG_DFL); // the instruction faults again
}

GInputStream *tr_http_body(void *request, int *unreadable) {
	struct sigaction guard;
	memset(&guard, 0, sizeof guard);
	guard.sa_sigaction = on_fault;
	guard.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigemptyset(&guard.sa_mask);
	GInputStream *volatile stream = NULL;
	guarded_thread = pthread_self();
	// First what is there, for other threads fault as soon as the guard is set.
	if (sigaction(SIGSEGV, NULL, &before) != 0 || sigaction(SIGSEGV, &guard, NULL) != 0)
		return NULL;
	if (sigsetjmp(back, 1) == 0) {
		guarded = 1;
		stream = webkit_uri_scheme_request_get_http_body(request);
	} else
		*unreadable = 1;
	guarded = 0;
	sigaction(SIGSEGV, &before, NULL);
	return stream;
}

void *tr_body_take(tr_request *r, int *unreadable) {
	return r->request ? tr_http_body(r->request, unreadable) : NULL;
}

// BODY_PIECE is what is read of a body in one turn.
enum { BODY_PIECE = 64 << 10 };

typedef struct {
	uintptr_t handle;
	char piece[BODY_PIECE];
} body_read;

static void on_read(GObject *o, GAsyncResult *res, gpointer data) {
	body_read *r = data;
	gssize n = g_input_stream_read_finish(G_INPUT_STREAM(o), res, NULL);
	goBody(r->handle, r->piece, n);
	g_free(r);
}

void tr_body_read(void *stream, uintptr_t handle) {
	body_read *r = g_new(body_read, 1);
	r->handle = handle;
	g_input_stream_read_async(stream, r->piece, BODY_PIECE, G_PRIORITY_DEFAULT, NULL, on_read, r);
}

void tr_body_close(void *stream) { g_object_unref(stream); }

// Memory of batches on their way to WebKit. A fresh block of a batch's size comes from
// mmap and costs a page fault for every 4 KB of it; blocks that go round cost none.

typedef struct block {
	struct block *next;
	size_t capacity;
} block;

enum {
	HEAD = 64,           // the struct, and alignment
	SMALLEST = 16 << 10, // smaller ones are malloc's business
	KEPT = 16            // blocks: as many as a few windows have in flight
};

static GMutex lock; // guards what follows
static block *free_blocks;
static int kept;

void *tr_buffer_take(size_t n) {
	if (n < SMALLEST) n = SMALLEST;
	block *b = NULL;
	g_mutex_lock(&lock);
	for (block **p = &free_blocks; *p; p = &(*p)->next) {
		if ((*p)->capacity >= n && (*p)->capacity <= 4 * n) {
			b = *p;
			*p = b->next;
			kept--;
			break;
		}
	}
	g_mutex_unlock(&lock);
	if (!b) {
		b = g_malloc(HEAD + n);
		b->capacity = n;
	}
	return (char *)b + HEAD;
}

void tr_buffer_give(void *p) {
	block *b = (block *)((char *)p - HEAD);
	block *old = b;
	g_mutex_lock(&lock);
	b->next = free_blocks;
	free_blocks = b;
	if (kept < KEPT) {
		kept++;
		old = NULL;
	} else {
		// The one that was given back first goes: sizes change with the traffic.
		block **last = &free_blocks;
		while ((*last)->next)
			last = &(*last)->next;
		old = *last;
		*last = NULL;
	}
	g_mutex_unlock(&lock);
	g_free(old);
}
