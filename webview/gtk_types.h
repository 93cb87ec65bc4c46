// The structs behind gtk.h, for the C files only: cgo needn't see WebKit's headers.
#ifndef TAILRACE_GTK_TYPES_H
#define TAILRACE_GTK_TYPES_H

#include <webkit2/webkit2.h>

#include "gtk.h"

#define TR_VIEW_KEY "tailrace-view"

// The world of our own scripts, which no page can touch.
#define TR_WORLD "tailrace"

struct tr_view {
  WebKitWebView *view;  // a reference
  GtkWidget *window;    // a reference
  uintptr_t handle;     // the Go Window's cgo.Handle
  int64_t limit;        // bytes that a request's body may have
  tr_request *held;     // list of the requests without an answer
  tr_decision *undecided;
  // When the user last clicked or pressed a key in the main frame's document, in us; 0: never.
  int64_t clicked;
  // The button that the user holds in the window, or 0, with where and when it was pressed.
  guint pressed, pressed_at;
  int pressed_x, pressed_y;
};

struct tr_decision {
  WebKitPolicyDecision *decision;  // a reference; NULL after its view went away
  tr_view *view;                   // NULL likewise
  tr_decision *prev, *next;        // in view->undecided
};

struct tr_request {
  WebKitURISchemeRequest *request;  // a reference; NULL after its view went away
  tr_view *view;                    // NULL likewise
  char *origin;                     // the Origin header, or NULL
  tr_request *prev, *next;          // in view->held
};

#endif
