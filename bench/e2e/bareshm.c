#define _GNU_SOURCE
#include <gio/gunixfdlist.h>
#include <gtk/gtk.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <webkit2/webkit2.h>

#include "bare.h"
#include "bareshm.h"
#include "bareshm/layout.h"

int shm_make(int fds[3]) {
	fds[0] = memfd_create("bareshm", MFD_CLOEXEC);
	if (fds[0] < 0 || ftruncate(fds[0], BARESHM_DATA + BARESHM_RING) < 0) return -1;
	for (int i = 1; i < 3; i++)
		if ((fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0) return -1;
	return 0;
}

static void on_extensions(WebKitWebContext *context, gpointer directory) {
	webkit_web_context_set_web_extensions_directory(context, directory);
}

void *shm_open_view(const char *directory, const char *uri) {
	WebKitWebContext *context = webkit_web_context_new();
	g_signal_connect_data(context, "initialize-web-extensions", G_CALLBACK(on_extensions),
		g_strdup(directory), (GClosureNotify)(void (*)(void))g_free, 0);
	bare_serve(context);
	GtkWidget *view = webkit_web_view_new_with_context(context);
	GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	gtk_window_set_default_size(GTK_WINDOW(window), 300, 200);
	gtk_container_add(GTK_CONTAINER(window), view);
	gtk_widget_show_all(window);
	webkit_web_view_load_uri(WEBKIT_WEB_VIEW(view), uri);
	return view;
}

int shm_offer(void *view, const int fds[3]) {
	GUnixFDList *list = g_unix_fd_list_new();
	int sent = 0;
	for (int i = 0; i < 3; i++)
		if (g_unix_fd_list_append(list, fds[i], NULL) >= 0) sent++;
	webkit_web_view_send_message_to_page(
		view, webkit_user_message_new_with_fd_list("ring", NULL, list), NULL, NULL, NULL);
	g_object_unref(list);
	return sent == 3 ? 0 : -1;
}

void shm_eval(void *view, const char *script) {
	webkit_web_view_evaluate_javascript(view, script, -1, NULL, NULL, NULL, NULL, NULL);
}

static struct bareshm *ring(uint8_t *memory) { return (struct bareshm *)memory; }

void shm_reset(uint8_t *memory) {
	atomic_store(&ring(memory)->head, 0);
	atomic_store(&ring(memory)->wanted, 0);
	atomic_store(&ring(memory)->tail, 0);
}

int shm_publish(uint8_t *memory, uint64_t tail) {
	atomic_store(&ring(memory)->tail, tail);
	return atomic_load(&ring(memory)->asleep) && atomic_exchange(&ring(memory)->asleep, 0);
}

uint64_t shm_head(uint8_t *memory) { return atomic_load(&ring(memory)->head); }

int shm_want(uint8_t *memory, uint64_t head) {
	atomic_store(&ring(memory)->wanted, head);
	if (atomic_load(&ring(memory)->head) < head) return 1;
	uint64_t wanted = head;
	// Whoever takes the wish back decides whether the bell rings.
	return !atomic_compare_exchange_strong(&ring(memory)->wanted, &wanted, 0);
}
