//go:build linux && cgo

#include "gtk.h"

#include <glib.h>
#include <stdlib.h>

// Memory of batches on their way to WebKit. A fresh block of a batch's size comes from
// mmap and costs a page fault for every 4 KB of it; blocks that go round cost none.

typedef struct block {
  struct block *next;
  size_t capacity;
} block;

enum {
  HEAD = 64,           // the struct, and alignment
  SMALLEST = 16 << 10, // smaller ones are malloc's business
  KEPT = 16            // blocks: as many as a few windows have in flight
};

static GMutex lock;  // guards what follows
static block *free_blocks;
static int kept;

void *tr_buffer_take(size_t n) {
  if (n < SMALLEST) n = SMALLEST;
  block *b = NULL;
  g_mutex_lock(&lock);
  for (block **p = &free_blocks; *p; p = &(*p)->next) {
    if ((*p)->capacity >= n && (*p)->capacity <= 4 * n) {
      b = *p;
      *p = b->next;
      kept--;
      break;
    }
  }
  g_mutex_unlock(&lock);
  if (!b) {
    b = g_malloc(HEAD + n);
    b->capacity = n;
  }
  return (char *)b + HEAD;
}

void tr_buffer_give(void *p) {
  block *b = (block *)((char *)p - HEAD);
  block *old = b;
  g_mutex_lock(&lock);
  b->next = free_blocks;
  free_blocks = b;
  if (kept < KEPT) {
    kept++;
    old = NULL;
  } else {
    // The one that was given back first goes: sizes change with the traffic.
    block **last = &free_blocks;
    while ((*last)->next) last = &(*last)->next;
    old = *last;
    *last = NULL;
  }
  g_mutex_unlock(&lock);
  g_free(old);
}
