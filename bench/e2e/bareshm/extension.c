// The bare limit of shared memory: two functions on the page, one that says how much is ready in a
// mapped ring, and one that copies it into a buffer of the page. It checks nothing but sizes.
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <webkit2/webkit-web-extension.h>

#include "layout.h"

static struct bareshm *ring;
static int ring_up = -1; // Go's bell
static JSCContext *context;

// ready gives the number of bytes in the ring; 0: the bell will ring.
static double ready(void) {
	if (!ring) return 0;
	uint64_t head = atomic_load(&ring->head);
	uint64_t n = atomic_load(&ring->tail) - head;
	if (n == 0) {
		atomic_store(&ring->asleep, 1);
		n = atomic_load(&ring->tail) - head;
		if (n > 0) atomic_store(&ring->asleep, 0);
	}
	return (double)n;
}

// pull copies n bytes, which must be ready, to that place of the buffer.
static void pull(JSCValue *buffer, double place, double count) {
	gsize size = 0;
	char *to = jsc_value_array_buffer_get_data(buffer, &size);
	uint64_t at = (uint64_t)place, n = (uint64_t)count;
	if (!ring || !to || at > size || n > size - at || n > BARESHM_RING) return;
	uint64_t head = atomic_load(&ring->head);
	const char *data = (const char *)ring + BARESHM_DATA;
	uint64_t from = head % BARESHM_RING, first = MIN(n, BARESHM_RING - from);
	memcpy(to + at, data + from, first);
	memcpy(to + at + first, data, n - first);
	atomic_store(&ring->head, head + n);
	uint64_t wanted = atomic_load(&ring->wanted);
	if (wanted != 0 && head + n >= wanted &&
		atomic_compare_exchange_strong(&ring->wanted, &wanted, 0)) {
		uint64_t one = 1;
		if (write(ring_up, &one, sizeof one) < 0) g_warning("bareshm: failed to ring");
	}
}

static gboolean on_bell(gint fd, GIOCondition condition, gpointer unused) {
	(void)condition;
	(void)unused;
	uint64_t n;
	if (read(fd, &n, sizeof n) < 0) return G_SOURCE_CONTINUE;
	JSCValue *pump = jsc_context_get_value(context, "pump");
	JSCValue *result = jsc_value_function_call(pump, G_TYPE_NONE);
	g_clear_object(&result);
	g_object_unref(pump);
	return G_SOURCE_CONTINUE;
}

// The ring's memory, and the bells of the page and of Go.
static gboolean on_message(WebKitWebPage *page, WebKitUserMessage *message, gpointer unused) {
	(void)page;
	(void)unused;
	GUnixFDList *list = webkit_user_message_get_fd_list(message);
	if (!list || g_unix_fd_list_get_length(list) != 3) return FALSE;
	int memory = g_unix_fd_list_get(list, 0, NULL);
	int down = g_unix_fd_list_get(list, 1, NULL);
	ring_up = g_unix_fd_list_get(list, 2, NULL);
	void *p =
		mmap(NULL, BARESHM_DATA + BARESHM_RING, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	close(memory);
	if (p == MAP_FAILED) return FALSE;
	ring = p;
	g_unix_fd_add_full(G_PRIORITY_HIGH, down, G_IO_IN, on_bell, NULL, NULL);
	return TRUE;
}

static void on_cleared(
	WebKitScriptWorld *world, WebKitWebPage *page, WebKitFrame *frame, gpointer unused) {
	(void)page;
	(void)unused;
	if (!webkit_frame_is_main_frame(frame)) return;
	g_clear_object(&context);
	context = webkit_frame_get_js_context_for_script_world(frame, world);
	JSCValue *f =
		jsc_value_new_function(context, "ready", G_CALLBACK(ready), NULL, NULL, G_TYPE_DOUBLE, 0);
	jsc_context_set_value(context, "ready", f);
	g_object_unref(f);
	f = jsc_value_new_function(context, "pull", G_CALLBACK(pull), NULL, NULL, G_TYPE_NONE, 3,
		JSC_TYPE_VALUE, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
	jsc_context_set_value(context, "pull", f);
	g_object_unref(f);
}

static void on_page(WebKitWebExtension *extension, WebKitWebPage *page, gpointer unused) {
	(void)extension;
	(void)unused;
	g_signal_connect(page, "user-message-received", G_CALLBACK(on_message), NULL);
}

G_MODULE_EXPORT void webkit_web_extension_initialize(WebKitWebExtension *extension) {
	g_signal_connect(extension, "page-created", G_CALLBACK(on_page), NULL);
	g_signal_connect(
		webkit_script_world_get_default(), "window-object-cleared", G_CALLBACK(on_cleared), NULL);
}
