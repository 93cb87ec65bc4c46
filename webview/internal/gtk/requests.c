//go:build linux && cgo

#include <string.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// What else WebKit asks its embedder about on behalf of a page. docs/webkit.md has the table of all
// signals.

static void forget(tr_permission *p) {
	if (p->prev)
		p->prev->next = p->next;
	else
		p->view->permissions = p->next;
	if (p->next) p->next->prev = p->prev;
	p->prev = p->next = NULL;
	p->view = NULL;
	g_clear_object(&p->request);
}

static void settle(WebKitPermissionRequest *r, int allow) {
	if (allow)
		webkit_permission_request_allow(r);
	else
		webkit_permission_request_deny(r);
}

static int kind_of(WebKitPermissionRequest *r) {
	if (WEBKIT_IS_GEOLOCATION_PERMISSION_REQUEST(r)) return TR_GEOLOCATION;
	if (WEBKIT_IS_NOTIFICATION_PERMISSION_REQUEST(r)) return TR_NOTIFICATIONS;
	if (WEBKIT_IS_POINTER_LOCK_PERMISSION_REQUEST(r)) return TR_POINTER_LOCK;
	if (WEBKIT_IS_DEVICE_INFO_PERMISSION_REQUEST(r)) return TR_DEVICES;
	if (WEBKIT_IS_WEBSITE_DATA_ACCESS_PERMISSION_REQUEST(r)) return TR_STORAGE;
	if (WEBKIT_IS_USER_MEDIA_PERMISSION_REQUEST(r)) {
		WebKitUserMediaPermissionRequest *m = WEBKIT_USER_MEDIA_PERMISSION_REQUEST(r);
#if WEBKIT_CHECK_VERSION(2, 34, 0)
		if (webkit_user_media_permission_is_for_display_device(m)) return TR_SCREEN;
#endif
		int audio = webkit_user_media_permission_is_for_audio_device(m);
		int video = webkit_user_media_permission_is_for_video_device(m);
		return audio && video ? TR_CAMERA_MICROPHONE : video ? TR_CAMERA : TR_MICROPHONE;
	}
#if WEBKIT_CHECK_VERSION(2, 42, 0)
	if (WEBKIT_IS_CLIPBOARD_PERMISSION_REQUEST(r)) return TR_CLIPBOARD;
#endif
	return TR_OTHER_PERMISSION;
}

static gboolean on_permission(WebKitWebView *w, WebKitPermissionRequest *r, gpointer data) {
	(void)w;
	tr_view *v = data;
	tr_permission *p = g_new0(tr_permission, 1);
	p->request = g_object_ref(r);
	p->view = v;
	p->next = v->permissions;
	if (p->next) p->next->prev = p;
	v->permissions = p;
	// It may be a type of which we know nothing.
	int verdict = goPermission(v->handle, kind_of(r), (char *)G_OBJECT_TYPE_NAME(r), p);
	if (verdict == TR_HOLD) return TRUE;
	forget(p);
	g_free(p);
	settle(r, 0);
	return TRUE;
}

void tr_permit(tr_permission *p, int allow) {
	if (p->request) {
		settle(p->request, allow);
		forget(p);
	}
	g_free(p);
}

// Without a function of the app nothing is allowed, and else the answer is the app's, when it is
// asked.
static gboolean on_permission_state(
	WebKitWebView *w, WebKitPermissionStateQuery *q, gpointer data) {
	(void)w;
	webkit_permission_state_query_finish(q,
		goAsksPermissions(((tr_view *)data)->handle) ? WEBKIT_PERMISSION_STATE_PROMPT
													 : WEBKIT_PERMISSION_STATE_DENIED);
	return TRUE;
}

static gboolean on_notification(WebKitWebView *w, WebKitNotification *n, gpointer data) {
	(void)w;
	(void)n;
	return !goAsksPermissions(((tr_view *)data)->handle);
}

static gboolean on_authenticate(WebKitWebView *w, WebKitAuthenticationRequest *r, gpointer data) {
	(void)w;
	WebKitSecurityOrigin *o = webkit_authentication_request_get_security_origin(r);
	char *origin = o ? webkit_security_origin_to_string(o) : NULL;
	if (o) webkit_security_origin_unref(o);
	int shows = goAuthenticates(((tr_view *)data)->handle, origin ? origin : (char *)"",
		webkit_authentication_request_is_for_proxy(r));
	g_free(origin);
	if (shows) return FALSE;
	webkit_authentication_request_authenticate(r, NULL); // the page gets the server's refusal
	return TRUE;
}

// WebKit wants a gesture of the user's for these. It was in a frame of another origin, if that was
// where the user did something last.
static gboolean on_file_chooser(WebKitWebView *w, WebKitFileChooserRequest *r, gpointer data) {
	(void)w;
	tr_view *v = data;
	if (!v->documents.elsewhere) return FALSE;
	goRefused(v->handle, (char *)"a file chooser");
	webkit_file_chooser_request_cancel(r);
	return TRUE;
}

static gboolean on_color_chooser(WebKitWebView *w, WebKitColorChooserRequest *r, gpointer data) {
	(void)w;
	tr_view *v = data;
	if (!v->documents.elsewhere) return FALSE;
	goRefused(v->handle, (char *)"a colour chooser");
	webkit_color_chooser_request_cancel(r);
	return TRUE;
}

enum { NEVER, ALWAYS, WITH_WINDOWS, WITH_DOWNLOADS, WITH_INSPECTOR };

// A newer WebKit's items are not shown until they are known.
static int shown_when(WebKitContextMenuAction a) {
	switch (a) {
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_LINK:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY_LINK_TO_CLIPBOARD:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY_IMAGE_TO_CLIPBOARD:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY_IMAGE_URL_TO_CLIPBOARD:
	case WEBKIT_CONTEXT_MENU_ACTION_GO_BACK:
	case WEBKIT_CONTEXT_MENU_ACTION_GO_FORWARD:
	case WEBKIT_CONTEXT_MENU_ACTION_STOP:
	case WEBKIT_CONTEXT_MENU_ACTION_RELOAD:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY:
	case WEBKIT_CONTEXT_MENU_ACTION_CUT:
	case WEBKIT_CONTEXT_MENU_ACTION_PASTE:
	case WEBKIT_CONTEXT_MENU_ACTION_DELETE:
	case WEBKIT_CONTEXT_MENU_ACTION_SELECT_ALL:
	case WEBKIT_CONTEXT_MENU_ACTION_INPUT_METHODS:
	case WEBKIT_CONTEXT_MENU_ACTION_UNICODE:
	case WEBKIT_CONTEXT_MENU_ACTION_SPELLING_GUESS:
	case WEBKIT_CONTEXT_MENU_ACTION_NO_GUESSES_FOUND:
	case WEBKIT_CONTEXT_MENU_ACTION_IGNORE_SPELLING:
	case WEBKIT_CONTEXT_MENU_ACTION_LEARN_SPELLING:
	case WEBKIT_CONTEXT_MENU_ACTION_IGNORE_GRAMMAR:
	case WEBKIT_CONTEXT_MENU_ACTION_FONT_MENU:
	case WEBKIT_CONTEXT_MENU_ACTION_BOLD:
	case WEBKIT_CONTEXT_MENU_ACTION_ITALIC:
	case WEBKIT_CONTEXT_MENU_ACTION_UNDERLINE:
	case WEBKIT_CONTEXT_MENU_ACTION_OUTLINE:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY_VIDEO_LINK_TO_CLIPBOARD:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY_AUDIO_LINK_TO_CLIPBOARD:
	case WEBKIT_CONTEXT_MENU_ACTION_TOGGLE_MEDIA_CONTROLS:
	case WEBKIT_CONTEXT_MENU_ACTION_TOGGLE_MEDIA_LOOP:
	case WEBKIT_CONTEXT_MENU_ACTION_ENTER_VIDEO_FULLSCREEN:
	case WEBKIT_CONTEXT_MENU_ACTION_MEDIA_PLAY:
	case WEBKIT_CONTEXT_MENU_ACTION_MEDIA_PAUSE:
	case WEBKIT_CONTEXT_MENU_ACTION_MEDIA_MUTE:
	case WEBKIT_CONTEXT_MENU_ACTION_INSERT_EMOJI:
#if WEBKIT_CHECK_VERSION(2, 20, 0)
	case WEBKIT_CONTEXT_MENU_ACTION_PASTE_AS_PLAIN_TEXT:
#endif
		return ALWAYS;
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_LINK_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_IMAGE_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_FRAME_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_VIDEO_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_AUDIO_IN_NEW_WINDOW: return WITH_WINDOWS;
	case WEBKIT_CONTEXT_MENU_ACTION_DOWNLOAD_LINK_TO_DISK:
	case WEBKIT_CONTEXT_MENU_ACTION_DOWNLOAD_IMAGE_TO_DISK:
	case WEBKIT_CONTEXT_MENU_ACTION_DOWNLOAD_VIDEO_TO_DISK:
	case WEBKIT_CONTEXT_MENU_ACTION_DOWNLOAD_AUDIO_TO_DISK: return WITH_DOWNLOADS;
	case WEBKIT_CONTEXT_MENU_ACTION_INSPECT_ELEMENT: return WITH_INSPECTOR;
	default: return NEVER;
	}
}

// prune takes out what is not shown, and separators of nothing. It gives what is left.
static int prune(WebKitContextMenu *m, int shows, GString *names) {
	GList *all = g_list_copy(webkit_context_menu_get_items(m));
	WebKitContextMenuItem *separator = NULL; // the one behind which nothing was shown yet
	int left = 0;
	for (GList *l = all; l; l = l->next) {
		WebKitContextMenuItem *i = l->data;
		if (webkit_context_menu_item_is_separator(i)) {
			if (separator || !left)
				webkit_context_menu_remove(m, i);
			else
				separator = i;
			continue;
		}
		WebKitContextMenuAction a = webkit_context_menu_item_get_stock_action(i);
		if (!(shows & 1 << shown_when(a))) {
			webkit_context_menu_remove(m, i);
			continue;
		}
		g_string_append_printf(names, "%s%d", names->len ? " " : "", a);
		separator = NULL;
		left++;
	}
	if (separator) webkit_context_menu_remove(m, separator);
	g_list_free(all);
	return left;
}

static gboolean on_context_menu(
	WebKitWebView *w, WebKitContextMenu *m, GdkEvent *e, WebKitHitTestResult *h, gpointer data) {
	(void)e;
	(void)h;
	tr_view *v = data;
	int shows = 1 << ALWAYS;
	if (goMenuHas(v->handle, TR_MENU_WINDOWS)) shows |= 1 << WITH_WINDOWS;
	if (goMenuHas(v->handle, TR_MENU_DOWNLOADS)) shows |= 1 << WITH_DOWNLOADS;
	if (webkit_settings_get_enable_developer_extras(webkit_web_view_get_settings(w)))
		shows |= 1 << WITH_INSPECTOR;
	GString *names = g_string_new(NULL);
	int left = prune(m, shows, names);
	goMenu(v->handle, names->str);
	g_string_free(names, TRUE);
	return left == 0;
}

void tr_requests_connect(tr_view *v) {
	g_signal_connect(v->view, "permission-request", G_CALLBACK(on_permission), v);
	// Of newer ones than the oldest that we build with.
	if (g_signal_lookup("query-permission-state", WEBKIT_TYPE_WEB_VIEW))
		g_signal_connect(v->view, "query-permission-state", G_CALLBACK(on_permission_state), v);
	g_signal_connect(v->view, "show-notification", G_CALLBACK(on_notification), v);
	g_signal_connect(v->view, "authenticate", G_CALLBACK(on_authenticate), v);
	g_signal_connect(v->view, "run-file-chooser", G_CALLBACK(on_file_chooser), v);
	g_signal_connect(v->view, "run-color-chooser", G_CALLBACK(on_color_chooser), v);
	g_signal_connect(v->view, "context-menu", G_CALLBACK(on_context_menu), v);
}

void tr_requests_end(tr_view *v) {
	while (v->permissions) {
		webkit_permission_request_deny(v->permissions->request);
		forget(v->permissions);
	}
}

// For tests.

static void names_of(GType t, GString *s) {
	guint n = 0;
	gpointer class = g_type_class_ref(t);
	guint *ids = g_signal_list_ids(t, &n);
	for (guint i = 0; i < n; i++)
		g_string_append_printf(s, "%s::%s\n", g_type_name(t), g_signal_name(ids[i]));
	g_free(ids);
	g_type_class_unref(class);
}

char *tr_signals(void) {
	GString *s = g_string_new(NULL);
	GType types[] = {
		WEBKIT_TYPE_WEB_VIEW,
		WEBKIT_TYPE_WEB_CONTEXT,
		WEBKIT_TYPE_WEB_INSPECTOR,
		WEBKIT_TYPE_DOWNLOAD,
		WEBKIT_TYPE_USER_CONTENT_MANAGER,
		WEBKIT_TYPE_AUTOMATION_SESSION,
		WEBKIT_TYPE_PRINT_OPERATION,
		WEBKIT_TYPE_WEBSITE_DATA_MANAGER,
		WEBKIT_TYPE_GEOLOCATION_MANAGER,
		WEBKIT_TYPE_COOKIE_MANAGER,
		g_type_parent(WEBKIT_TYPE_WEB_VIEW),
	};
	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		names_of(types[i], s);
	return g_string_free(s, FALSE);
}

int tr_automation_allowed(tr_view *v) {
	return webkit_web_context_is_automation_allowed(webkit_web_view_get_context(v->view));
}
