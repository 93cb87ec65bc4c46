//go:build linux && cgo

#include <libsoup/soup.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// Where pages lead: the questions of WebKit.

// How long a click counts. WebKit's own flag is asked, too.
static const int64_t counts = 2 * G_USEC_PER_SEC;

// WebKit tells of no frame whether it is the main one until the answer is there. So our script in
// the main frame's document, documents/watch.js, tells when the user has clicked into it, or
// pressed a key there. What it says comes before the question about a navigation that the click has
// begun.
static int by_user(tr_view *v, WebKitNavigationAction *a) {
	return webkit_navigation_action_is_user_gesture(a) && v->clicked &&
		g_get_monotonic_time() - v->clicked < counts;
}

static int shows(tr_view *v, const char *uri) {
	return g_strcmp0(webkit_web_view_get_uri(v->view), uri) == 0;
}

static int in_history(tr_view *v, const char *uri) {
	WebKitBackForwardList *l = webkit_web_view_get_back_forward_list(v->view);
	GList *pages = g_list_concat(
		webkit_back_forward_list_get_back_list(l), webkit_back_forward_list_get_forward_list(l));
	int found = 0;
	for (GList *p = pages; p; p = p->next)
		if (g_strcmp0(webkit_back_forward_list_item_get_uri(p->data), uri) == 0) found = 1;
	g_list_free(pages);
	return found;
}

static int is_back(WebKitNavigationAction *a) {
	return webkit_navigation_action_get_navigation_type(a) == WEBKIT_NAVIGATION_TYPE_BACK_FORWARD;
}

static int is_link(WebKitNavigationAction *a) {
	return webkit_navigation_action_get_navigation_type(a) == WEBKIT_NAVIGATION_TYPE_LINK_CLICKED;
}

static const char *uri_of(WebKitURIRequest *r) {
	const char *u = r ? webkit_uri_request_get_uri(r) : NULL;
	return u ? u : "";
}

static void release(tr_decision *d) {
	if (d->prev)
		d->prev->next = d->next;
	else
		d->view->undecided = d->next;
	if (d->next) d->next->prev = d->prev;
	d->prev = d->next = NULL;
	d->view = NULL;
	g_clear_object(&d->decision);
}

static void settle(WebKitPolicyDecision *d, int verdict) {
	if (verdict == TR_ALLOW)
		webkit_policy_decision_use(d);
	else if (verdict == TR_DOWNLOAD)
		webkit_policy_decision_download(d);
	else
		webkit_policy_decision_ignore(d);
}

// A decision is with others when a handler of the program's own may make it, which this package is
// not told. What Go has noted of it ends with the decision: nobody can make it any more then.
static const char with_others[] = "tailrace-with-others";

static void ended(gpointer handle) { goDecisionEnded((uintptr_t)handle); }

static void leave_to_others(tr_view *v, WebKitPolicyDecision *d, int back) {
	gpointer noted = (gpointer)goLeftToOthers(v->handle, back);
	g_object_set_data_full(G_OBJECT(d), with_others, noted, ended);
}

static void before_response(tr_view *v, WebKitResponsePolicyDecision *r) {
	if (webkit_response_policy_decision_is_main_frame_main_resource(r))
		leave_to_others(v, WEBKIT_POLICY_DECISION(r), 0);
}

static void before_navigation(tr_view *v, WebKitNavigationPolicyDecision *n) {
	WebKitNavigationAction *a = webkit_navigation_policy_decision_get_navigation_action(n);
	const char *uri = uri_of(webkit_navigation_action_get_request(a));
	unsigned timer = tr_navigation_timer();
	if (v->left == TR_LEAVING && strcmp(uri, "about:blank") == 0)
		v->left = TR_LEFT;
	else if (timer)
		goNavigates(v->handle, timer, strlen(uri));
	if (is_back(a)) leave_to_others(v, WEBKIT_POLICY_DECISION(n), 1);
}

// Runs for each decision of any view, before all handlers. One that comes before ours may end the
// emission.
static gboolean before_handlers(
	GSignalInvocationHint *hint, guint n, const GValue *values, gpointer data) {
	(void)hint;
	(void)n;
	(void)data;
	tr_view *v = g_object_get_data(g_value_get_object(&values[0]), TR_VIEW_KEY);
	WebKitPolicyDecision *d = g_value_get_object(&values[1]);
	if (!v || !d) return TRUE;
	switch (g_value_get_enum(&values[2])) {
	case WEBKIT_POLICY_DECISION_TYPE_RESPONSE:
		before_response(v, WEBKIT_RESPONSE_POLICY_DECISION(d));
		break;
	case WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION:
		before_navigation(v, WEBKIT_NAVIGATION_POLICY_DECISION(d));
	}
	return TRUE;
}

static gboolean ask(tr_view *v, WebKitPolicyDecision *decision, tr_lead *l) {
	tr_decision *d = g_new0(tr_decision, 1);
	d->decision = g_object_ref(decision);
	d->back = l->back;
	d->view = v;
	d->next = v->undecided;
	if (d->next) d->next->prev = d;
	v->undecided = d;
	int verdict = goLeads(v->handle, l, d);
	if (verdict == TR_HOLD) return TRUE;
	release(d);
	g_free(d);
	if (verdict == TR_ALLOW && l->back) leave_to_others(v, decision, 1);
	// WebKit's own handler makes a download of a link that has the attribute.
	if (verdict == TR_ALLOW) return FALSE;
	settle(decision, verdict);
	return TRUE;
}

static gboolean on_response(tr_view *v, WebKitPolicyDecision *d) {
	WebKitResponsePolicyDecision *r = WEBKIT_RESPONSE_POLICY_DECISION(d);
	tr_lead l = {
		.kind = TR_RESPONSE,
		.uri = uri_of(webkit_response_policy_decision_get_request(r)),
		.main_frame = webkit_response_policy_decision_is_main_frame_main_resource(r),
		.download = !webkit_response_policy_decision_is_mime_type_supported(r),
	};
	// Go takes it apart: libsoup 2 ends the process when the file's name has a slash.
	WebKitURIResponse *response = webkit_response_policy_decision_get_response(r);
	SoupMessageHeaders *h = webkit_uri_response_get_http_headers(response);
	if (h) l.disposition = soup_message_headers_get_one(h, "Content-Disposition");
	return ask(v, d, &l);
}

static gboolean on_policy(
	WebKitWebView *w, WebKitPolicyDecision *d, WebKitPolicyDecisionType t, gpointer data) {
	(void)w;
	tr_view *v = data;
	gpointer noted = g_object_steal_data(G_OBJECT(d), with_others);
	if (noted) goDecisionIsOurs((uintptr_t)noted);
	if (t == WEBKIT_POLICY_DECISION_TYPE_RESPONSE) return on_response(v, d);
	WebKitNavigationAction *a = webkit_navigation_policy_decision_get_navigation_action(
		WEBKIT_NAVIGATION_POLICY_DECISION(d));
	WebKitURIRequest *r = webkit_navigation_action_get_request(a);
	const char *uri = uri_of(r);
	tr_lead l = {
		.kind = t == WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION ? TR_NEW_WINDOW : TR_NAVIGATION,
		.uri = uri,
		.method = webkit_uri_request_get_http_method(r),
		.gesture = by_user(v, a),
		.same = shows(v, uri),
		.redirect = webkit_navigation_action_is_redirect(a),
		.link = is_link(a),
		.back = is_back(a),
	};
	l.listed = l.back && in_history(v, uri);
	return ask(v, d, &l);
}

// window.open comes here without a question before.
static GtkWidget *on_create(WebKitWebView *w, WebKitNavigationAction *a, gpointer data) {
	(void)w;
	tr_view *v = data;
	WebKitURIRequest *r = webkit_navigation_action_get_request(a);
	tr_lead l = {
		.kind = TR_NEW_WINDOW,
		.uri = uri_of(r),
		.method = r ? webkit_uri_request_get_http_method(r) : NULL,
		.gesture = by_user(v, a),
	};
	goLeads(v->handle, &l, NULL);
	return NULL;
}

void tr_policy_connect(tr_view *v) {
	// It stays: without a view of ours it does nothing, and a window may be attached at any time.
	static gulong hook;
	if (!hook)
		hook = g_signal_add_emission_hook(
			g_signal_lookup("decide-policy", WEBKIT_TYPE_WEB_VIEW), 0, before_handlers, NULL, NULL);
	g_signal_connect(v->view, "decide-policy", G_CALLBACK(on_policy), v);
	g_signal_connect(v->view, "create", G_CALLBACK(on_create), v);
}

void tr_policy_end(tr_view *v) {
	g_signal_handlers_disconnect_by_data(webkit_web_view_get_user_content_manager(v->view), v);
	while (v->undecided) {
		webkit_policy_decision_ignore(v->undecided->decision);
		release(v->undecided);
	}
}

void tr_decide(tr_decision *d, int verdict) {
	if (d->decision) {
		if (verdict == TR_ALLOW && d->back) leave_to_others(d->view, d->decision, 1);
		settle(d->decision, verdict);
		release(d);
	}
	g_free(d);
}

struct tr_program_decision {
	WebKitPolicyDecision *decision; // a reference
};

static gboolean on_program_policy(
	WebKitWebView *w, WebKitPolicyDecision *d, WebKitPolicyDecisionType t, gpointer handle) {
	(void)w;
	const char *uri = t == WEBKIT_POLICY_DECISION_TYPE_RESPONSE
		? uri_of(webkit_response_policy_decision_get_request(WEBKIT_RESPONSE_POLICY_DECISION(d)))
		: uri_of(webkit_navigation_action_get_request(
			  webkit_navigation_policy_decision_get_navigation_action(
				  WEBKIT_NAVIGATION_POLICY_DECISION(d))));
	tr_program_decision *p = g_new0(tr_program_decision, 1);
	p->decision = g_object_ref(d);
	if (goProgramDecides((uintptr_t)handle, (char *)uri, t, p)) return TRUE;
	g_object_unref(d);
	g_free(p);
	return FALSE;
}

void tr_program_policy(void *window, uintptr_t handle) {
	g_signal_connect(
		tr_web_view(window), "decide-policy", G_CALLBACK(on_program_policy), (gpointer)handle);
}

void tr_program_decide(tr_program_decision *p, int verdict) {
	settle(p->decision, verdict);
	g_object_unref(p->decision);
	g_free(p);
}
