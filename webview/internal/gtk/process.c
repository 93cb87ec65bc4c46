//go:build linux && cgo

#include <gio/gunixfdlist.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "_cgo_export.h"
#include "types.h"

// The signals of the program stay its own. Three libraries take some:
//
//   - JavaScriptCore suspends threads for garbage collection by SIGUSR1, says on stderr that it
//     takes it, and dies of one that somebody else sends. Here it has one that no program uses: the
//     C library's first real-time signal, which Go neither handles nor delivers. (Its variable
//     JSC_SIGNAL_FOR_GC would do, too, but each process of WebKit complains of it on stderr.)
//   - JavaScriptCore takes the signals of faults, and WebKit SIGXCPU, when the first script runs.
//     They hand on what is not theirs, but leave SA_ONSTACK out. Go then dies on a nil dereference
//     that a recover would have caught.
//   - GLib's sockets ignore SIGPIPE, which a program may want to be told of.

extern bool JSConfigureSignalForGC(int signal) __attribute__((weak));

static const char variable[] = "JSC_SIGNAL_FOR_GC";

static int suspending;
static const char *unusable; // what the variable said, which is no signal that can be handled

static int signal_of(const char *text) {
	char *end;
	long s = strtol(text, &end, 10);
	struct sigaction a;
	if (end == text || *end || s < 1 || s > SIGRTMAX || s == SIGKILL || s == SIGSTOP) return 0;
	return sigaction((int)s, NULL, &a) == 0 ? (int)s : 0; // the C library keeps two
}

// It must be told before it starts, whoever makes the first window. JavaScriptCore makes something
// of any text, so it doesn't see one that is no signal.
__attribute__((constructor)) static void choose_signal(void) {
	const char *text = getenv(variable);
	int chosen = text ? signal_of(text) : 0;
	if (text && !chosen) {
		if (*text) unusable = text;
		unsetenv(variable);
	}
	if (chosen)
		suspending = chosen;
	else if (JSConfigureSignalForGC && JSConfigureSignalForGC(SIGRTMIN))
		suspending = SIGRTMIN;
	else
		suspending = SIGUSR1;
}

int tr_suspending(void) { return suspending; }

const char *tr_unusable_signal(void) { return unusable; }

static int is_handler(const struct sigaction *a) {
	return (a->sa_flags & SA_SIGINFO) || (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN);
}

static struct sigaction pipe_action; // as it was before the first window
static int pipe_kept;

void tr_keep_signals(void) {
	if (!pipe_kept) pipe_kept = sigaction(SIGPIPE, NULL, &pipe_action) == 0;
}

void tr_fix_signals(int pipe_ignored) {
	struct sigaction a;
	for (int s = 1; s < NSIG; s++) {
		// An alternate stack freezes the suspending: JavaScriptCore waits until the thread is on
		// its own.
		if (s == suspending || sigaction(s, NULL, &a) != 0) continue;
		if (!is_handler(&a) || (a.sa_flags & SA_ONSTACK)) continue;
		a.sa_flags |= SA_ONSTACK;
		sigaction(s, &a, NULL);
	}
	if (!pipe_kept || pipe_ignored || !is_handler(&pipe_action)) return;
	if (sigaction(SIGPIPE, NULL, &a) == 0 && !is_handler(&a))
		sigaction(SIGPIPE, &pipe_action, NULL);
}

static void on_initialize(WebKitWebContext *c, gpointer unused) {
	(void)unused;
	goExtend(c);
}

void tr_extension_connect(void) {
	static int connected;
	if (connected) return;
	connected = 1;
	g_signal_connect(webkit_web_context_get_default(), "initialize-web-extensions",
		G_CALLBACK(on_initialize), NULL);
}

void tr_extension_set(void *context, const char *directory, char **origins, size_t n) {
	WebKitWebContext *c = context;
	webkit_web_context_set_web_extensions_directory(c, directory);
	webkit_web_context_set_web_extensions_initialization_user_data(
		c, g_variant_new("(@as)", g_variant_new_strv((const char *const *)origins, (gssize)n)));
}

char *tr_view_offer(tr_view *v, const char *session, const int *fds, size_t n) {
	GUnixFDList *list = g_unix_fd_list_new();
	for (size_t i = 0; i < n; i++) {
		GError *e = NULL;
		if (g_unix_fd_list_append(list, fds[i], &e) < 0) { // of a duplicate
			char *text = g_strdup(e->message);
			g_error_free(e);
			g_object_unref(list);
			return text;
		}
	}
	WebKitUserMessage *m =
		webkit_user_message_new_with_fd_list("tailrace.offer", g_variant_new("(s)", session), list);
	g_object_unref(list);
	webkit_web_view_send_message_to_page(v->view, m, NULL, NULL, NULL);
	return NULL;
}

// Properties of WebKitSettings by their names, as text, since older ones have not all of them.

static WebKitSettings *settings_of(void *window) {
	return webkit_web_view_get_settings(WEBKIT_WEB_VIEW(tr_web_view(window)));
}

void tr_setting_set(void *window, const char *name, const char *value) {
	GObject *s = G_OBJECT(settings_of(window));
	if (!g_object_class_find_property(G_OBJECT_GET_CLASS(s), name)) return;
	g_object_set(s, name, strcmp(value, "TRUE") == 0, NULL);
}

char *tr_settings_list(void *window) {
	GObject *s =
		window ? g_object_ref(G_OBJECT(settings_of(window))) : G_OBJECT(webkit_settings_new());
	GString *all = g_string_new(NULL);
	guint n = 0;
	GParamSpec **list = g_object_class_list_properties(G_OBJECT_GET_CLASS(s), &n);
	for (guint i = 0; i < n; i++) {
		GValue v = G_VALUE_INIT;
		g_value_init(&v, G_PARAM_SPEC_VALUE_TYPE(list[i]));
		g_object_get_property(s, list[i]->name, &v);
		char *text = g_strdup_value_contents(&v);
		g_string_append_printf(all, "%s=%s\n", list[i]->name, text);
		g_free(text);
		g_value_unset(&v);
	}
	g_free(list);
	g_object_unref(s);
	return g_string_free(all, FALSE);
}
