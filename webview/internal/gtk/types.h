// The structs behind gtk.h, for the C files only: cgo needn't see WebKit's headers.
#ifndef TAILRACE_GTK_TYPES_H
#define TAILRACE_GTK_TYPES_H

#include <webkit2/webkit2.h>

#include "gtk.h"

#define TR_VIEW_KEY "tailrace-view"

// The world of our own scripts, which no page can touch.
#define TR_WORLD "tailrace"

// The priority of what waits for all messages of web processes that have come.
enum { TR_BEHIND_MESSAGES = G_PRIORITY_DEFAULT_IDLE };

// What the page's documents have told about themselves, in documents/watch.js.
typedef struct {
	int announced;  // the kind of dialog that a document of the app's origins opens now, or 0
	int foreign;    // one of another origin is or was in the page
	int elsewhere;  // the last click or key was not in one of ours, as far as is known
	guint32 key_at; // when the last key was pressed, and which one
	guint16 key;
} tr_documents;

struct tr_view {
	WebKitWebView *view; // a reference
	GtkWidget *window;   // a reference
	uintptr_t handle;    // the Go Window's cgo.Handle
	int64_t limit;       // bytes that a request's body may have
	tr_request *held;    // list of the requests without an answer
	tr_decision *undecided;
	tr_permission *permissions; // those that are asked for
	int apart;                  // what is shown is no page of the app, but has its URL
	// When the user last clicked or pressed a key in the main frame's document, in us; 0: never.
	int64_t clicked;
	// The button that the user holds in the window, or 0, with where and when it was pressed.
	guint pressed, pressed_at;
	int pressed_x, pressed_y;
	tr_documents documents;
	// A script's dialog that the app is asked about: a reference, or NULL, and its number.
	WebKitScriptDialog *asked;
	int64_t question;
	int left; // tr_view_leave was called: TR_LEAVING, or TR_LEFT when it has begun
};

enum { TR_LEAVING = 1, TR_LEFT };

struct tr_decision {
	WebKitPolicyDecision *decision; // a reference; NULL after its view went away
	tr_view *view;                  // NULL likewise
	int back;                       // in the history
	tr_decision *prev, *next;       // in view->undecided
};

struct tr_permission {
	WebKitPermissionRequest *request; // a reference; NULL after its view went away
	tr_view *view;                    // NULL likewise
	tr_permission *prev, *next;       // in view->permissions
};

struct tr_request {
	WebKitURISchemeRequest *request; // a reference; NULL after its view went away
	tr_view *view;                   // NULL likewise
	char *origin;                    // the Origin header, or NULL
	tr_request *prev, *next;         // in view->held
};

// Has the handler TR_LAST_WORDS or one behind it in TR_WORLD, and heard called.
void tr_messages_add(tr_view *v, int which, GCallback heard);

// The monitor that shows most of a window, and whether the theme is a dark one.
GdkMonitor *tr_monitor_of(void *window);
int tr_is_dark(void);

#endif
