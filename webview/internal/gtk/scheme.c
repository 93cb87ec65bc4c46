//go:build linux && cgo

#include <gio/gunixinputstream.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// read_body reads at most limit bytes into a buffer that is kept for the next
// request. Returns the length, or what it is instead.
static int64_t read_body(WebKitURISchemeRequest *r, int64_t limit, const void **body) {
	static char *scratch;
	static int64_t capacity;
	int unreadable = 0;
	GInputStream *in = tr_http_body(r, &unreadable);
	if (!in) return unreadable ? TR_UNREADABLE : 0;
	if (capacity < limit + 1) {
		g_free(scratch);
		capacity = limit + 1;
		scratch = g_malloc(capacity);
	}
	gsize n = 0;
	gboolean ok = g_input_stream_read_all(in, scratch, limit + 1, &n, NULL, NULL);
	g_object_unref(in);
	if (!ok) return 0; // An empty body is refused as one that was cut.
	if ((int64_t)n > limit) return TR_TOO_LONG;
	*body = scratch;
	return n;
}

// add_header adds a pair to the headers that the Go side gets.
static void add_header(const char *name, const char *value, gpointer all) {
	g_string_append_len(all, name, strlen(name) + 1);
	g_string_append_len(all, value, strlen(value) + 1);
}

static void add_length(const char *name, const char *value, gpointer all) {
	*(gsize *)all += strlen(name) + strlen(value);
}

static void on_request(WebKitURISchemeRequest *request, gpointer unused) {
	(void)unused;
	WebKitWebView *w = webkit_uri_scheme_request_get_web_view(request);
	tr_view *v = w ? g_object_get_data(G_OBJECT(w), TR_VIEW_KEY) : NULL;
	if (!v) {
		GError *e = g_error_new_literal(
			G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "not a window of this app");
		webkit_uri_scheme_request_finish_error(request, e);
		g_error_free(e);
		return;
	}
	const char *active = webkit_web_view_get_uri(w);
	tr_incoming in = {
		.method = webkit_uri_scheme_request_get_http_method(request),
		.uri = webkit_uri_scheme_request_get_uri(request),
		.active = active ? active : "",
	};
	SoupMessageHeaders *h = webkit_uri_scheme_request_get_http_headers(request);
	if (h) {
		in.origin = soup_message_headers_get_list(h, "Origin"); // all of them: two are none of ours
		in.version = soup_message_headers_get_one(h, "Tailrace-Version");
		in.session = soup_message_headers_get_one(h, "Tailrace-Session");
		in.memory = soup_message_headers_get_one(h, "Tailrace-Memory");
	}
	// The client's requests have our header, which is checked again with the rest of it. Their
	// bodies are read here.
	GString *headers = NULL;
	if (!in.version ||
		!g_str_has_prefix(webkit_uri_scheme_request_get_path(request), "/.tailrace/")) {
		headers = g_string_new(NULL);
		gsize length = 0;
		if (h) soup_message_headers_foreach(h, add_length, &length);
		in.head_too_long = length > TR_MAX_HEAD;
		if (h && !in.head_too_long) soup_message_headers_foreach(h, add_header, headers);
		in.headers = headers->str;
		in.headers_len = headers->len;
	} else if (v->limit > 0)
		in.body_len = read_body(request, v->limit, &in.body);
	tr_request *r = g_new0(tr_request, 1);
	r->request = request;
	r->origin = g_strdup(in.origin);
	tr_view_hold(v, r);
	goRequest(v->handle, &in, r);
	if (headers) g_string_free(headers, TRUE);
}

void tr_register_scheme(tr_view *v) {
	WebKitWebContext *c = webkit_web_view_get_context(v->view);
	if (g_object_get_data(G_OBJECT(c), TR_VIEW_KEY)) return; // once a context
	g_object_set_data(G_OBJECT(c), TR_VIEW_KEY, c);
	webkit_web_context_register_uri_scheme(c, "tailrace", on_request, NULL, NULL);
	WebKitSecurityManager *s = webkit_web_context_get_security_manager(c);
	webkit_security_manager_register_uri_scheme_as_secure(s, "tailrace");
	webkit_security_manager_register_uri_scheme_as_cors_enabled(s, "tailrace");
}

typedef struct {
	tr_request *request;
	tr_answer answer;
} reply;

static void free_request(tr_request *r) {
	if (r->request) tr_view_release(r);
	g_free(r->origin);
	g_free(r);
}

// lent is a body that WebKit reads.
typedef struct {
	void *body;
	uintptr_t read;
} lent;

static void give_back(gpointer data) {
	lent *l = data;
	tr_buffer_give(l->body);
	if (l->read) goRead(l->read);
	g_free(l);
}

static GInputStream *lend(tr_answer *a) {
	lent *l = g_new(lent, 1);
	l->body = a->body;
	l->read = a->read;
	GBytes *b = g_bytes_new_with_free_func(a->body, a->length, give_back, l);
	GInputStream *s = g_memory_input_stream_new_from_bytes(b);
	g_bytes_unref(b);
	return s;
}

static void finish(void *data) {
	reply *p = data;
	tr_request *r = p->request;
	tr_answer *a = &p->answer;
	if (!r->request) { // The view went away.
		if (a->fd >= 0) close(a->fd);
		if (a->body) tr_buffer_give(a->body);
		if (a->read) goRead(a->read);
	} else if (a->status == 0) {
		GError *e = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "the answer is lost");
		webkit_uri_scheme_request_finish_error(r->request, e);
		g_error_free(e);
	} else {
		GInputStream *s;
		if (a->fd >= 0)
			s = g_unix_input_stream_new(a->fd, TRUE);
		else if (a->length > 0)
			s = lend(a);
		else {
			s = g_memory_input_stream_new();
			if (a->body) tr_buffer_give(a->body);
		}
		WebKitURISchemeResponse *resp = webkit_uri_scheme_response_new(s, a->length);
		webkit_uri_scheme_response_set_status(resp, a->status, NULL);
		if (a->content_type) webkit_uri_scheme_response_set_content_type(resp, a->content_type);
		SoupMessageHeaders *h = soup_message_headers_new(SOUP_MESSAGE_HEADERS_RESPONSE);
		if (a->headers) {
			for (const char *name = a->headers; *name;) {
				const char *value = name + strlen(name) + 1;
				soup_message_headers_append(h, name, value);
				name = value + strlen(value) + 1;
			}
		} else {
			soup_message_headers_append(h, "Content-Type", a->content_type);
			soup_message_headers_append(h, "X-Content-Type-Options", "nosniff");
			soup_message_headers_append(h, "Cache-Control", "no-store");
			if (a->status >= 400) // as Go's func noPage
				soup_message_headers_append(
					h, "Content-Security-Policy", "sandbox; default-src 'none'");
		}
		if (a->cors && r->origin) {
			soup_message_headers_replace(h, "Access-Control-Allow-Origin", r->origin);
			soup_message_headers_append(h, "Vary", "Origin");
		}
		webkit_uri_scheme_response_set_http_headers(resp, h);
		webkit_uri_scheme_request_finish_with_response(r->request, resp);
		g_object_unref(s);
		g_object_unref(resp);
	}
	if (a->headers) {
		free(a->content_type);
		free(a->headers);
	}
	if (a->fd < 0) free_request(r); // else tr_end does
	g_free(p);
}

void tr_reply(tr_request *r, tr_answer a) {
	reply *p = g_new(reply, 1);
	p->request = r;
	p->answer = a;
	if (tr_on_main())
		finish(p);
	else
		tr_push(finish, p);
}

static void end_whole(void *data) { free_request(data); }

static void end_failed(void *data) {
	tr_request *r = data;
	if (r->request) {
		GError *e = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "the answer was cut off");
		webkit_uri_scheme_request_finish_error(r->request, e);
		g_error_free(e);
	}
	free_request(r);
}

void tr_end(tr_request *r, int error) {
	void (*end)(void *) = error ? end_failed : end_whole;
	if (tr_on_main())
		end(r);
	else
		tr_push(end, r);
}
