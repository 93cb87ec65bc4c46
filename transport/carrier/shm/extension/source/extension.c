/*
 * The web-process extension of Tailrace: for a page's main frame, and only for a
 * document of our own origins, it puts the functions of functions.h on the window;
 * a user message of the application brings the descriptors of a link.
 */
#include <gio/gunixfdlist.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <webkit2/webkit-web-extension.h>

#include "arguments.h"
#include "functions.h"
#include "origin.h"
#include "page.h"

#define PAGE_KEY "tailrace-page"
#define OFFER "tailrace.offer"

/* "scheme://host[:port]" each */
static char **origins;

/* The origin of ours that uri is of, or NULL. */
static const char *origin_of(const char *uri) {
	for (char **o = origins; *o; o++)
		if (origin_is(uri, *o)) return *o;
	return NULL;
}

/*
 * Whether the document says the same of itself. Its origin alone is not enough: a blob: of ours has
 * it, too, where no client runs that would take the functions away. Nor is its URI: a document in a
 * sandbox has it, but not the origin. No script has run yet that could have replaced the property.
 */
static bool has_origin(JSGlobalContextRef context, const char *origin) {
	JSStringRef key = JSStringCreateWithUTF8CString("origin");
	JSValueRef value = JSObjectGetProperty(context, JSContextGetGlobalObject(context), key, NULL);
	JSStringRelease(key);
	if (!value || !JSValueIsString(context, value)) return false;
	JSStringRef string = JSValueToStringCopy(context, value, NULL);
	bool same = string && JSStringIsEqualToUTF8CString(string, origin);
	if (string) JSStringRelease(string);
	return same;
}

static void window_object_cleared(
	WebKitScriptWorld *world, WebKitWebPage *web_page, WebKitFrame *frame, gpointer data) {
	(void)world, (void)data;
	struct page *p = g_object_get_data((GObject *)web_page, PAGE_KEY);
	if (!p || !webkit_frame_is_main_frame(frame)) return;
	page_leave(p);
	const char *origin = origin_of(webkit_frame_get_uri(frame));
	if (!origin) return;
	G_GNUC_BEGIN_IGNORE_DEPRECATIONS
	JSGlobalContextRef context = webkit_frame_get_javascript_global_context(frame);
	G_GNUC_END_IGNORE_DEPRECATIONS
	if (context && has_origin(context, origin)) functions_put(context, p);
}

static void take_offer(struct page *p, GVariant *parameters, GUnixFDList *list) {
	if (!parameters || !g_variant_is_of_type(parameters, (const GVariantType *)"(s)") || !list ||
		g_unix_fd_list_get_length(list) != FD_COUNT)
		return;
	const char *token;
	g_variant_get(parameters, "(&s)", &token);
	size_t n = strlen(token);
	if (n == 0 || n > TOKEN_MAX) return;
	int fds[FD_COUNT];
	for (int i = 0; i < FD_COUNT; i++) {
		fds[i] = g_unix_fd_list_get(list, i, NULL);
		if (fds[i] < 0) {
			while (i > 0)
				close(fds[--i]);
			return;
		}
	}
	page_offer(p, token, fds);
}

static gboolean user_message_received(
	WebKitWebPage *web_page, WebKitUserMessage *message, gpointer data) {
	(void)web_page;
	if (strcmp(webkit_user_message_get_name(message), OFFER) != 0) return FALSE;
	take_offer(data, webkit_user_message_get_parameters(message),
		webkit_user_message_get_fd_list(message));
	return TRUE;
}

static void end(gpointer page) { page_end(page); }

static void page_created(WebKitWebExtension *extension, WebKitWebPage *web_page, gpointer data) {
	(void)extension, (void)data;
	struct page *p = page_new();
	if (!p) return;
	g_object_set_data_full((GObject *)web_page, PAGE_KEY, p, end);
	g_signal_connect(web_page, "user-message-received", (GCallback)user_message_received, p);
}

__attribute__((visibility("default"))) void webkit_web_extension_initialize_with_user_data(
	WebKitWebExtension *extension, GVariant *data) {
	if (!data || !g_variant_is_of_type(data, (const GVariantType *)"(as)")) return;
	g_variant_get(data, "(^as)", &origins);
	g_signal_connect(extension, "page-created", (GCallback)page_created, NULL);
	g_signal_connect(webkit_script_world_get_default(), "window-object-cleared",
		(GCallback)window_object_cleared, NULL);
}
