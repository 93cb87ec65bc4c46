// The GTK and WebKitGTK half of package gtk.
//
// Threads: every function here is called on the main thread, except those
// marked "any thread". A tr_view and a tr_request are touched on the main
// thread only; other threads just carry their pointers.
#ifndef TAILRACE_GTK_H
#define TAILRACE_GTK_H

#include <stddef.h>
#include <stdint.h>

// One web view that the app serves.
typedef struct tr_view tr_view;

// One request of a page that is not answered yet. The request of WebKit inside
// it goes away with its view; the struct lives until tr_reply.
typedef struct tr_request tr_request;

// A question of WebKit's about where a page leads that is not answered yet. As a tr_request, it
// lives until tr_decide.
typedef struct tr_decision tr_decision;

// A question that a program's own handler has, for tests. It lives until tr_program_decide.
typedef struct tr_program_decision tr_program_decision;

// A permission that a page has asked for. It lives until tr_permit.
typedef struct tr_permission tr_permission;

// A download.
typedef struct tr_download tr_download;

// Where a page leads. The memory is valid during the call of goLeads only.
enum { TR_NAVIGATION, TR_NEW_WINDOW, TR_RESPONSE };
typedef struct {
	int kind;
	const char *uri, *method;
	const char *disposition; // the header Content-Disposition of TR_RESPONSE, or NULL
	int gesture;             // the user clicked, or pressed a key, in the main frame's document
	// The view shows this URI already: what the app navigates to, and redirects of the main frame.
	int same;
	int redirect;   // the server redirects there
	int link;       // a link was clicked, by the user or a script
	int back;       // by the history, back or forth
	int listed;     // the history has it as a page
	int main_frame; // of TR_RESPONSE: the main frame's document
	int download;   // of TR_RESPONSE: it can't be shown
} tr_lead;
enum { TR_ALLOW, TR_REFUSE, TR_DOWNLOAD, TR_HOLD };

// What the Go side learns of a request. The memory is valid during the call
// of goRequest only. A header that is missing is NULL.
typedef struct {
	const char *method, *uri;
	const char *active; // the main frame's URI as the view shows it
	const char *origin, *version, *session, *memory;
	const void *body;
	int64_t body_len; // TR_TOO_LONG, TR_UNREADABLE
	// Of requests that are not the client's own, whose body is not read:
	const char *headers; // all of them, as tr_answer has them. NULL: the request is the client's
	size_t headers_len;
	int head_too_long; // the headers are longer than TR_MAX_HEAD, and not there
} tr_incoming;

enum {
	TR_TOO_LONG = -1,   // larger than the view's limit
	TR_UNREADABLE = -2, // WebKit can't read it
	TR_MAX_HEAD = 64 << 10,
};

// An answer. tr_reply takes body, which comes from tr_buffer_take, and headers, and with
// headers content_type, which come from malloc.
typedef struct {
	int status;         // 0: a network error
	int cors;           // repeat the request's Origin in Access-Control-Allow-Origin
	char *content_type; // NULL: none
	char *headers; // pairs of NUL-terminated name and value, then an empty name. NULL: a control
				   // answer's, with a static content_type
	void *body;
	int64_t length; // bytes of body, or of what comes from fd. -1: unknown
	// What goRead is called with when nobody needs the body any more, on any thread; 0: nothing.
	uintptr_t read;
	int fd; // the read end of a pipe, closed by the C side; -1: body counts
} tr_answer;

// Loop.
int tr_init(void);               // opens the display; 0: there is none
void tr_wake(void);              // any thread: goTasks is called on the main thread soon
void tr_wake_later(unsigned ms); // any thread: the same, after a while
void tr_idle(void);      // any thread: goIdled is called there when nothing more urgent is ready
void tr_main(void);      // runs gtk_main
void tr_main_quit(void); // ends the innermost gtk_main, if there is one
void tr_later(uintptr_t handle); // calls goLater when nothing of higher priority is queued
void tr_turn(void);              // one turn of the loop, which waits until there is something to do
int tr_iterate(void);            // one turn of the loop without waiting; 0: nothing to do

// Windows. What is measured in pixels is measured in device-independent ones.
void *tr_window_new(const char *title, int width, int height);
void tr_window_place(void *window, int x, int y);
void tr_window_parent(void *window, void *parent);
void tr_window_no_focus(void *window); // when it is shown first
void tr_window_realize(void *window);  // gives a hidden window its state
void tr_window_show(void *window);
void tr_window_hide(void *window);
void tr_window_close(void *window);             // as if the user had closed it
void tr_window_iconified(void *window, int on); // as if the window manager had (de)iconified it
void tr_window_destroy(void *window);
void tr_window_title(void *window, const char *title);
void tr_window_size(void *window, int width, int height);
void tr_window_bounds(void *window, int min_width, int min_height, int max_width,
	int max_height); // 0: none
void tr_window_center(void *window);
void tr_window_focus(void *window);
// The pointer takes the window along, or an edge (GdkWindowEdge), until the user lets the button go
// that is pressed in it. Gives 0, and does nothing, when there is none, or it was used for that.
int tr_window_drag(tr_view *v, int edge);
void tr_set_pointer(void *window, int x, int y);
void tr_pointer(int *x, int *y); // on the screen
void tr_set_dark(int dark);      // all windows
void tr_reset_dark(void);        // as the desktop has it

// What is true or false of a window. Those after TR_DARK can be set and not read.
enum {
	TR_VISIBLE = 1 << 0,
	TR_MINIMIZED = 1 << 1,
	TR_MAXIMIZED = 1 << 2,
	TR_FULLSCREEN = 1 << 3,
	TR_RESIZABLE = 1 << 4,
	TR_DECORATED = 1 << 5,
	TR_CLOSABLE = 1 << 6,
	TR_ENABLED = 1 << 7,
	TR_ABOVE = 1 << 8,
	TR_FOCUSED = 1 << 9, // read only
	TR_DARK = 1 << 10,   // read only
	TR_FOCUSABLE = 1 << 11,
	TR_BELOW = 1 << 12,
	TR_SKIP_TASKBAR = 1 << 13,
	TR_STICKY = 1 << 14,
	TR_URGENT = 1 << 15,
	TR_IGNORED = 1 << 16, // by the pointer
};
void tr_window_set(void *window, unsigned flag, int on);

typedef struct {
	const char *title; // the window's; NULL: none
	unsigned flags;
	int x, y;             // of the frame, on the screen
	int inner_x, inner_y; // of the page
	int width, height;    // of the page
	int outer_width, outer_height;
	int scale; // physical pixels each
} tr_state;
void tr_window_state(void *window, tr_state *s);

typedef struct {
	int x, y, width, height;
} tr_rectangle;
typedef struct {
	const char *name; // the display's; NULL: none
	tr_rectangle area, work;
	int scale, primary, current;
} tr_monitor;
int tr_monitors(void *window, tr_monitor *list,
	int capacity); // window: whose monitor is current, or NULL

// Kinds of dialogs, and what becomes of them. The Go side's are the same.
enum { TR_ALERT = 1, TR_CONFIRM, TR_PROMPT, TR_BEFORE_UNLOAD, TR_PRINT };
enum { TR_DIALOG_SHOW, TR_DIALOG_ACCEPT, TR_DIALOG_REFUSE, TR_DIALOG_HOLD };

// Kinds of permissions. The Go side's are the same.
enum {
	TR_OTHER_PERMISSION,
	TR_GEOLOCATION,
	TR_NOTIFICATIONS,
	TR_CAMERA,
	TR_MICROPHONE,
	TR_CAMERA_MICROPHONE,
	TR_SCREEN,
	TR_DEVICES,
	TR_POINTER_LOCK,
	TR_STORAGE,
	TR_CLIPBOARD,
};
enum { TR_MENU_WINDOWS, TR_MENU_DOWNLOADS };

// Views.
void *tr_web_view(void *window);  // NULL: the window holds no web view
int tr_view_loaded(void *window); // whether its web view has navigated already
tr_view *tr_view_attach(void *window, uintptr_t handle);
// Shows an empty document; the window tells nothing more.
void tr_view_leave(tr_view *v);
void tr_view_detach(tr_view *v);               // fails its held requests, disconnects the signals
void tr_view_free(tr_view *v);                 // after tr_view_detach
void tr_view_limit(tr_view *v, int64_t bytes); // the largest body that a request may have
void tr_view_load(tr_view *v, const char *uri);
void tr_view_reload(tr_view *v);
// Notes whether what is shown is no page of the app although it has its URL, and says whether
// that was noted when what has come back from the history was shown first.
void tr_view_set_apart(tr_view *v, int set);
int tr_view_was_apart(tr_view *v);
void tr_view_zoom(tr_view *v, double factor);
void tr_view_background(tr_view *v, double red, double green, double blue, double alpha);
void tr_view_focus(tr_view *v); // the page gets the window's key presses
void tr_view_kill(tr_view *v);  // ends the web process
void tr_view_end(tr_view *v);   // does so for a window that closes: goProcessEnded is not called
// Gives the number of the main loop's source that is WebKit's timer of the navigation that has just
// begun; 0: it has none.
unsigned tr_navigation_timer(void);
int tr_is_navigation_timer(unsigned number); // whether that source is there, and such a timer
unsigned tr_next_number(void);               // of the main loop's sources
// Has a handler of the program's own destroy the window inside a signal of its, or of its view's
// whose name begins with "view ". For tests.
void tr_program_destroys(void *window, const char *signal);
int tr_toplevels(void);            // how many windows GTK shows, dialogs and menus too, for tests
void tr_window_blur(void *window); // as if it lost the keyboard, for tests
void tr_view_button(tr_view *v, int x, int y, int button, int pressed); // for tests
void tr_view_click(tr_view *v, int x, int y, int button); // as the user would, for tests
void tr_view_key(tr_view *v, unsigned value);             // pressed and let go, for tests
int tr_dialogs(tr_view *v);       // how many dialogs the view's window has, for tests
int tr_shows_dialog(tr_view *v);  // a script's, for tests
int tr_dialog_height(tr_view *v); // that it wants, for tests
void tr_view_snapshot(tr_view *v, uintptr_t handle);
void tr_view_ping(tr_view *v,
	uintptr_t handle); // calls goPong when the web process has handled all before

// Native evaluation, whatever the page's Content-Security-Policy says. goEvaluated is called with
// the handle, one of the results and a text.
enum { TR_PROGRAM, TR_FUNCTION, TR_ASIDE }; // see view.EvalForm
enum { TR_VALUE, TR_THROWN, TR_NO_JSON, TR_GONE };
void tr_view_eval(tr_view *v, const char *script, size_t length, int form, uintptr_t handle);

// The extension of the web processes. goExtend is called with the context whenever one is about to
// start.
void tr_extension_connect(void); // before the first web view
void tr_extension_set(void *context, const char *directory, char **origins, size_t n);
// Hands duplicates of descriptors to the extension. Returns NULL, or what failed, for g_free.
char *tr_view_offer(tr_view *v, const char *session, const int *fds, size_t n);

// Memory for answers' bodies. Any thread.
void *tr_buffer_take(size_t n);
void tr_buffer_give(void *p);

// Requests.
void tr_register_scheme(tr_view *v);
void tr_reply(tr_request *r, tr_answer a); // any thread; exactly once a request
// Ends a request whose answer has an fd, before the other end of that is closed; error: the page's
// read fails. Any thread; exactly once a request of that kind.
void tr_end(tr_request *r, int error);

// A request's body. Main thread only. tr_body_take gives its stream, for tr_body_close, while the
// request has no answer. NULL: there is none, or, with unreadable set, one that WebKit can't read.
void *tr_body_take(tr_request *r, int *unreadable);
// Calls goBody once with what comes next; n: 0 at the end, -1 for an error.
void tr_body_read(void *stream, uintptr_t handle);
void tr_body_close(void *stream);

// Handlers of documents' messages: webview_go's, and ours. tr_message_handler gives the name of
// one, or NULL.
enum { TR_EXTERNAL, TR_LAST_WORDS, TR_PAGE_ERROR, TR_DOCUMENT, TR_HANDLERS };
const char *tr_message_handler(int which);

// Messages of documents. Both of the first are for a window whose view has not loaded anything.
void tr_messages_clear(void *window); // takes what webview_go has added to the view away
void tr_messages_guard(void *window); // leaves webview_go's handler to our world alone
// Adds the script that posts in our world, and has goLastWords and goPageError told. Ended by
// tr_policy_end.
void tr_messages_hear(tr_view *v, const char *script);

// Settings of a window's view, by the names of WebKitSettings' properties. tr_setting_set sets one
// that is true or false, if it is there. tr_settings_list gives "name=value" lines of all, for
// free; NULL: of new settings.
void tr_setting_set(void *window, const char *name, const char *value);
char *tr_settings_list(void *window);

// Where pages lead. goLeads is asked, on the main thread, and may hold the question until
// tr_decide.
void tr_policy_connect(tr_view *v);
void tr_policy_end(tr_view *v);              // refuses what is undecided
void tr_decide(tr_decision *d, int verdict); // exactly once a question that is held; not TR_HOLD
// As if the program had a handler of its own, from now on: goProgramDecides is asked, and says
// whether it takes the question, for tr_program_decide. For tests.
void tr_program_policy(void *window, uintptr_t handle);
void tr_program_decide(tr_program_decision *p, int verdict);

// Downloads: goDownload is told of one, goDestination asks where to, goReceived and goDownloaded
// tell how it goes on. After goDownloaded it is gone.
void tr_download_connect(tr_view *v);
void tr_download_begin(tr_view *v, const char *uri); // for tests
void tr_download_to(tr_download *d, const char *path);
void tr_download_cancel(tr_download *d);
void tr_download_forget(tr_download *d); // cancels it, and tells nothing any more

void tr_launch(const char *uri, uintptr_t handle); // has the desktop open it; goLaunched tells

// Signals. tr_keep_signals remembers what the program has, before the first window. tr_fix_signals
// gives it back what libraries have taken since: pipe_ignored says that the program itself ignores
// SIGPIPE.
void tr_keep_signals(void);
void tr_fix_signals(int pipe_ignored);
int tr_suspending(void);              // the signal that JavaScriptCore keeps for itself
const char *tr_unusable_signal(void); // what JSC_SIGNAL_FOR_GC says and is not used, or NULL

// Ends the real-time scheduling of a thread, if it has that. Any thread.
void tr_lower(int tid);

// What WebKit asks on behalf of a page, see scripts.c, dialogs.c and requests.c.
// watch runs in every document, in a world of its own; dialogs in the world of the pages.
void tr_documents_watch(tr_view *v, const char *watch, const char *dialogs);
void tr_soon(uintptr_t handle); // calls goSoon behind all messages that have come
int tr_foreign(tr_view *v);     // a document of another origin is or was in the page
// Answers the question of that number; text: what is entered into a prompt. It may be over.
void tr_dialog_answer(tr_view *v, int64_t question, int action, const char *text);
void tr_print(tr_view *v); // opens the dialog for printing

void tr_requests_connect(tr_view *v);
void tr_requests_end(tr_view *v);            // denies what is asked for
void tr_permit(tr_permission *p, int allow); // exactly once a permission that goPermission holds
char *tr_signals(void);                      // what WebKit has, a line each, for tests
int tr_automation_allowed(tr_view *v);       // for tests

// Used between the C files.
void tr_asked_end(tr_view *v);          // ends the dialog that the app is asked about
int tr_announced(tr_view *v, int kind); // a document of ours opens such a dialog now; once
struct _GInputStream;
struct _GInputStream *tr_http_body(void *request, int *unreadable);
void tr_window_connect(tr_view *v);
void tr_window_disconnect(tr_view *v);
void tr_dialogs_connect(tr_view *v);
void tr_dialogs_end(tr_view *v);
void tr_view_hold(tr_view *v, tr_request *r);
void tr_view_release(tr_request *r);
void tr_push(void (*run)(void *), void *data); // any thread: run(data) on the main thread
int tr_on_main(void);

#endif
