#include <gtk/gtk.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <webkit2/webkit2.h>

#include "bare.h"
#include "_cgo_export.h"

#define CANNED 64
#define TIMES 200000

static struct {
	const void *p;
	gsize n;
	const char *type;
} canned[CANNED];
static int64_t times[TIMES];
static int ntimes;

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void bare_can(int i, const void *p, size_t n, const char *type) {
	canned[i].p = p;
	canned[i].n = n;
	canned[i].type = type;
}

void bare_reset(void) { ntimes = 0; }
int bare_count(void) { return ntimes; }
int64_t bare_time(int i) { return times[i]; }

static void answer(WebKitURISchemeRequest *r, const void *p, gsize n, const char *type) {
	GBytes *b = g_bytes_new_static(p, n);
	GInputStream *s = g_memory_input_stream_new_from_bytes(b);
	WebKitURISchemeResponse *resp = webkit_uri_scheme_response_new(s, n);
	webkit_uri_scheme_response_set_content_type(resp, type);
	webkit_uri_scheme_response_set_status(resp, 200, NULL);
	webkit_uri_scheme_request_finish_with_response(r, resp);
	g_bytes_unref(b);
	g_object_unref(s);
	g_object_unref(resp);
}

static void drain(WebKitURISchemeRequest *r) {
	static char scratch[1 << 20];
	GInputStream *in = webkit_uri_scheme_request_get_http_body(r);
	if (!in) return;
	while (g_input_stream_read(in, scratch, sizeof scratch, NULL, NULL) > 0) {
	}
	g_object_unref(in);
}

// /c/<i> answers with canned content i; /t/<i> too, and notes the time; /done?… ends a run.
static void on_request(WebKitURISchemeRequest *r, gpointer unused) {
	(void)unused;
	const char *path = webkit_uri_scheme_request_get_path(r);
	if (strncmp(path, "/done", 5) == 0) {
		goBareDone((char *)webkit_uri_scheme_request_get_uri(r));
		answer(r, "", 0, "text/plain");
		return;
	}
	if (path[1] == 't') {
		if (ntimes < TIMES) times[ntimes++] = now();
		drain(r);
	}
	int i = atoi(path + 3);
	answer(r, canned[i].p, canned[i].n, canned[i].type);
}

void bare_serve(void *context) {
	webkit_web_context_register_uri_scheme(context, "bare", on_request, NULL, NULL);
	webkit_security_manager_register_uri_scheme_as_secure(
		webkit_web_context_get_security_manager(context), "bare");
}

void bare_register(void *window) {
	bare_serve(webkit_web_view_get_context(WEBKIT_WEB_VIEW(gtk_bin_get_child(GTK_BIN(window)))));
}
