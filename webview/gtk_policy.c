//go:build linux && cgo

#include <libsoup/soup.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "gtk_types.h"

// Where pages lead: the questions of WebKit.

// WebKit tells of no frame whether it is the main one until the answer is there. So a script in a
// world of its own, which no page can touch, tells when the user has clicked into the main frame's
// document, or pressed a key there. What it says comes before the question about a navigation that
// the click has begun.
static const char script[] =
    "for (const e of ['click', 'auxclick', 'keydown', 'submit'])"
    " addEventListener(e, (e) => {"
    " if (e.isTrusted) webkit.messageHandlers.tailraceGesture.postMessage(0)"
    " }, true)";

// How long a click counts. WebKit's own flag is asked, too.
static const int64_t counts = 2 * G_USEC_PER_SEC;

static void on_gesture(WebKitUserContentManager *m, WebKitJavascriptResult *r, gpointer data) {
  (void)m;
  (void)r;
  ((tr_view *)data)->clicked = g_get_monotonic_time();
}

static int by_user(tr_view *v, WebKitNavigationAction *a) {
  return webkit_navigation_action_is_user_gesture(a) && v->clicked &&
         g_get_monotonic_time() - v->clicked < counts;
}

static int shows(tr_view *v, const char *uri) {
  return g_strcmp0(webkit_web_view_get_uri(v->view), uri) == 0;
}

static int in_history(tr_view *v, const char *uri) {
  WebKitBackForwardList *l = webkit_web_view_get_back_forward_list(v->view);
  GList *pages = g_list_concat(webkit_back_forward_list_get_back_list(l),
                               webkit_back_forward_list_get_forward_list(l));
  int found = 0;
  for (GList *p = pages; p; p = p->next)
    if (g_strcmp0(webkit_back_forward_list_item_get_uri(p->data), uri) == 0) found = 1;
  g_list_free(pages);
  return found;
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

static gboolean ask(tr_view *v, WebKitPolicyDecision *decision, tr_lead *l) {
  tr_decision *d = g_new0(tr_decision, 1);
  d->decision = g_object_ref(decision);
  d->view = v;
  d->next = v->undecided;
  if (d->next) d->next->prev = d;
  v->undecided = d;
  int verdict = goLeads(v->handle, l, d);
  if (verdict == TR_HOLD) return TRUE;
  release(d);
  g_free(d);
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

static gboolean on_policy(WebKitWebView *w, WebKitPolicyDecision *d, WebKitPolicyDecisionType t,
                          gpointer data) {
  (void)w;
  tr_view *v = data;
  if (t == WEBKIT_POLICY_DECISION_TYPE_RESPONSE) return on_response(v, d);
  WebKitNavigationAction *a = webkit_navigation_policy_decision_get_navigation_action(
      WEBKIT_NAVIGATION_POLICY_DECISION(d));
  WebKitURIRequest *r = webkit_navigation_action_get_request(a);
  const char *uri = uri_of(r);
  WebKitNavigationType type = webkit_navigation_action_get_navigation_type(a);
  tr_lead l = {
      .kind = t == WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION ? TR_NEW_WINDOW : TR_NAVIGATION,
      .uri = uri,
      .method = webkit_uri_request_get_http_method(r),
      .gesture = by_user(v, a),
      .same = shows(v, uri),
      .redirect = webkit_navigation_action_is_redirect(a),
      .back = type == WEBKIT_NAVIGATION_TYPE_BACK_FORWARD,
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
  WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(v->view);
  tr_messages_add(v, TR_GESTURE, G_CALLBACK(on_gesture));
  WebKitUserScript *s = webkit_user_script_new_for_world(
      script, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME, WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START,
      TR_WORLD, NULL, NULL);
  webkit_user_content_manager_add_script(m, s);
  webkit_user_script_unref(s);
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
    settle(d->decision, verdict);
    release(d);
  }
  g_free(d);
}
